"""What became of the rows of a file."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from scheduler.errors import Plain

REASONS = (
    "duplicate_row",
    "field_missing",
    "left_requested",
    "malformed_row",
    "unknown_district",
    "unknown_dock",
    "unknown_qualification",
    "unknown_record",
    "unknown_type",
)
"""Reasons that are no code of a refusal; every other reason is one of `scheduler.errors`."""


class Change(StrEnum):
    """What storing a row did."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was not kept: its number in the file, the column, the reason's code, plain values.

    CSV rows are numbered as lines, the header being 1; JSON rows from 1. The values never
    repeat what was sent: it may be a person's number.
    """

    row: int
    field: str | None
    reason: str
    values: Mapping[str, Plain] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """The counts of rows kept, and all that were rejected in the file's order."""

    kind: str
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: tuple[Rejected, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether every row was kept."""
        return not self.rejected


class RowRejectedError(Exception):
    """This row cannot be kept for a reason that only files have; one of REASONS."""

    def __init__(self, reason: str, *, field: str | None, **values: Plain) -> None:
        super().__init__(reason, field, values)
        self.reason = reason
        self.field = field
        self.values = values
