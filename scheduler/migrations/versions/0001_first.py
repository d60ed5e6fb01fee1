"""All tables, named constraints and triggers of the first release."""

from importlib.resources import files

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables, then the rules that span them."""
    for name in ("0001_tables.sql", "0001_rules.sql"):
        script = files("scheduler.migrations").joinpath("sql", name).read_text(encoding="utf-8")
        # the driver's own cursor: a percent sign in a script is no placeholder
        op.get_bind().connection.cursor().execute(script)
