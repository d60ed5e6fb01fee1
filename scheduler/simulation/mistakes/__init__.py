"""Mistakes made on purpose: each is refused with its own code and writes nothing."""
