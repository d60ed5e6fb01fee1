"""Searches are kept with their questions and answers."""

from scheduler.migrations.scripts import run_script

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the table of searches."""
    run_script("0003_kept_searches.sql")
