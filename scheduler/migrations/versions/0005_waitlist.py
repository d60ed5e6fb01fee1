"""Whoever wants something earlier waits; many instructions are asked for at once."""

from scheduler.migrations.scripts import run_script

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the waitlist's entries, offers and looks, and batches with their items."""
    run_script("0005_waitlist.sql")
    run_script("0005_batch.sql")
