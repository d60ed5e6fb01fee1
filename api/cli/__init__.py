"""The command line: `inspection`."""

from api.cli.commands import main

__all__ = ["main"]
