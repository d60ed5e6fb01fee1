"""A booking is written in one step, and a day is read as what changed since a version."""

from importlib.resources import files

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the log of changed crews and the functions that bookings are written and read with."""
    script = files("scheduler.migrations").joinpath("sql", "0002_one_step.sql").read_text(encoding="utf-8")
    # the driver's own cursor: a percent sign in a script is no placeholder
    op.get_bind().connection.cursor().execute(script)
