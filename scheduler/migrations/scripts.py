"""The SQL scripts of the migrations."""

from importlib.resources import files

from alembic import op


def run_script(name: str) -> None:
    """Run a script of the folder sql in the migration's transaction."""
    script = files("scheduler.migrations").joinpath("sql", name).read_text(encoding="utf-8")
    # the driver's own cursor: a percent sign in a script is no placeholder
    op.get_bind().connection.cursor().execute(script)
