"""What people receive: read golden/*.txt first."""
