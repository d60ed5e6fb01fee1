"""Repeatable measurements: `python -m bench.NAME [--quick]` prints one JSON line last."""
