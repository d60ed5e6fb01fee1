"""Rows of a bookings file: appointments that were agreed before this service ran."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from pydantic import Field

from scheduler.intake.fields import Codes, Instant, Mobile, RowModel, Text
from scheduler.vocabulary import ReferenceKind


class BookingRow(RowModel):
    """An appointment: the instructions inspected in one visit, its start, who attends and is told."""

    KEY = ("kind", "references")
    kind: ReferenceKind = ReferenceKind.DECLARATION
    references: Annotated[Codes, Field(min_length=1, max_length=20)]
    starts_at: Instant
    attendee: Annotated[Text, Field(max_length=60)]
    recipient_name: Annotated[Text, Field(max_length=60)] | None = None
    recipient_mobile: Mobile | None = None


BOOKING_ROWS: Mapping[str, type[RowModel]] = MappingProxyType({"booking": BookingRow})
"""The one record of the file."""
