"""Whoever wants something earlier waits, and is offered times one party at a time."""

from scheduler.migrations.scripts import run_script

revision = "0005"
down_revision = "0003"


def upgrade() -> None:
    """Add the waitlist's entries, its offers, and which days were looked at."""
    run_script("0005_waitlist.sql")
