"""The doors: JSON, pages and the command line; they say what the heart decides."""
