"""A booking is written in one step, and a day is read as what changed since a version."""

from scheduler.migrations.scripts import run_script

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the log of changed crews and the functions that bookings are written and read with."""
    run_script("0002_one_step.sql")
