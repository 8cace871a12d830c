"""Many at once, on both databases: no place is given twice, and nobody is passed over."""
