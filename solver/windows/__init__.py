"""Visits promised as a window of starts: who goes where, in which order, when; alone or in timed pairs."""
