"""Reads: each is a function of a session, limited to what the actor may see."""
