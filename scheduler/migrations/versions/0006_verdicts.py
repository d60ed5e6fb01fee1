"""What the clock proved of starts is kept for long lists."""

from scheduler.migrations.scripts import run_script

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the table of verdicts."""
    run_script("0006_verdicts.sql")
