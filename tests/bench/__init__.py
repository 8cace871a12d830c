"""The benchmark itself: that it runs, and that it counts right."""
