"""Forms: the shapes of what people type. They know no database; choices are handed in."""
