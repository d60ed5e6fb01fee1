"""Cut-over: the appointments that exist become promises, a day's proved together.

Instructions are imported first. A row that finds no crew is listed with the reason and stays
*requested* for the office to answer; the same file again changes nothing.
"""

from datetime import datetime
from pathlib import Path

from scheduler.booking.cut_over import Appointment, TakenOver, take_over_appointments
from scheduler.booking.orders import InstructionRef, Order, RecipientOrder
from scheduler.database.connection import Database
from scheduler.intake.booking_rows import BOOKING_ROWS, BookingRow
from scheduler.intake.files import read_rows
from scheduler.intake.parse import parse
from scheduler.intake.report import Change, Rejected, Report
from scheduler.intake.store import Outcome, make_report, refused

_RENAMED = {"instructions": "references", "start": "starts_at", "recipients": "recipient_mobile"}
"""Columns by the names that the use case has for them."""


def import_bookings(database: Database, path: Path, *, now: datetime) -> Report:
    """Take over the appointments of a file; tell the rows not kept and those left *requested*.

    Raises:
        MalformedField, BodyTooLarge: the file as a whole cannot be read.
        Busy, DatabaseDown: days written so far stay; the same file again brings in the rest.
    """
    parsed, rejected = parse(read_rows(path), BOOKING_ROWS)
    appointments = [
        Appointment(one.number, _order(one.row)) for one in parsed if isinstance(one.row, BookingRow)
    ]
    taken = take_over_appointments(database, appointments, now=now)
    return make_report("bookings", [*rejected, *(_outcome(one) for one in taken)])


def _order(row: BookingRow) -> Order:
    told = row.recipient_mobile is not None
    return Order(
        instructions=tuple(InstructionRef(kind=row.kind, reference=one) for one in row.references),
        start=row.starts_at,
        attendee=row.attendee,
        recipients=(
            (RecipientOrder(name=row.recipient_name or row.attendee, mobile=row.recipient_mobile or ""),)
            if told
            else ()
        ),
    )


def _outcome(one: TakenOver) -> Outcome:
    if one.refusal is not None:
        return refused(one.number, one.refusal, _RENAMED)
    if one.requested is not None:
        values = {"booking": one.booking, "why": one.requested}
        return Rejected(one.number, "starts_at", "left_requested", values)
    return Change.UNCHANGED if one.known else Change.ADDED
