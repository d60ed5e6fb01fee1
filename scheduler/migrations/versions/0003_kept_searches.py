"""Searches are kept with their questions and answers."""

from importlib.resources import files

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the table of searches."""
    folder = files("scheduler.migrations").joinpath("sql")
    script = folder.joinpath("0003_kept_searches.sql").read_text(encoding="utf-8")
    # the driver's own cursor: a percent sign in a script is no placeholder
    op.get_bind().connection.cursor().execute(script)
