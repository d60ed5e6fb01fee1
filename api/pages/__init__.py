"""Pages that are rendered here, with or without a script."""
