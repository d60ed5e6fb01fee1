"""All tables, named constraints and triggers of the first release."""

from scheduler.migrations.scripts import run_script

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables, then the rules that span them."""
    run_script("0001_tables.sql")
    run_script("0001_rules.sql")
