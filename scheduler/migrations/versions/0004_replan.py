"""Disturbed days: proposals, delays that are said, visits that end earlier or later, what priority cost."""

from scheduler.migrations.scripts import run_script

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add what a re-plan and a running day keep."""
    run_script("0004_replan.sql")
