"""What lies in deploy/ fits the product, as far as that can be seen without the machines it is for."""
