"""Tables that more than one command prints."""

from collections.abc import Sequence

from api.cli.saying import show_table
from scheduler.queries.doctor import Finding


def show_findings(findings: Sequence[Finding]) -> None:
    """Print the doctor's table."""
    rows = [(one.invariant, one.question, one.count) for one in findings]
    show_table("Invariants (every count must be 0)", ("", "question", "count"), rows)
