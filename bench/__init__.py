"""The benchmark: `make bench`. It stands beside the product, and drives it from outside as people and programs do."""
