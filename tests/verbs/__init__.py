"""What the platform does, on both databases."""
