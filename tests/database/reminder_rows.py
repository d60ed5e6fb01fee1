"""Bookings and texts as plain rows, and a gateway that answers what a test wants, for tests of texts."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.dialects.postgresql import Range
from sqlmodel import Session, col, select

from notifications.gateway import Accepted, Outcome, Outgoing
from notifications.variables import make_mark
from scheduler.booking.numbers import new_number
from scheduler.database.connection import Database
from scheduler.models import Booking, Event, Message, Recipient
from tests.factories import NOW, TODAY, TUESDAY, World, at

MOBILE, ANOTHER = "+8613800138000", "+8613800138001"
START = at(TUESDAY, 10)
_marks = itertools.count(100_000_000)  # far from those that the database draws


@dataclass
class ScriptedGateway:
    """Gives one answer after the other, then accepts; remembers what it was given."""

    answers: list[Outcome | Callable[[Outgoing], Outcome]] = field(default_factory=list)
    taken: list[Outgoing] = field(default_factory=list)

    def send(self, outgoing: Outgoing) -> Outcome:
        """Answer as scripted."""
        self.taken.append(outgoing)
        answer = self.answers.pop(0) if self.answers else Accepted(f"id-{outgoing.code}")
        return answer(outgoing) if callable(answer) else answer


def add_booking(session: Session, world: World, *, recipients: int = 1, **columns: object) -> Booking:
    """A request for Tuesday 10:00 with its event and recipients (Chinese first, then English)."""
    values: dict[str, object] = {
        "reference": new_number(),
        "state": "requested",
        "office": world.offices["north"],
        "date": TUESDAY,
        "site": world.sites["yard"],
        "type": world.types["standard"],
        "enterprise": world.enterprises[0],
        "made_by": world.enterprises[0],
        "wished_from": START,
        "wished_to": START + timedelta(hours=1),
        "planned_minutes": 30,
        "attendee": "示例陪同人",
        "channel": "portal",
        "request_reason": "rest_day",
        "answer_by": at(TODAY, 16, 30),
        "requested_at": NOW,
        "rules_version": 1,
    }
    booking = Booking(**{**values, **columns})
    session.add(booking)
    session.flush()
    assert booking.id is not None
    add_event(session, booking)
    people = [("示例甲", MOBILE, "zh_CN"), ("Example B", ANOTHER, "en")][:recipients]
    for position, (name, mobile, language) in enumerate(people, start=1):
        session.add(
            Recipient(booking=booking.id, position=position, name=name, mobile=mobile, language=language)
        )
    session.flush()
    return booking


def promised(start: datetime = START) -> dict[str, object]:
    """Columns of a confirmed booking; it has no crew, so the test's transaction must not commit."""
    return {
        "state": "confirmed",
        "date": start.date(),
        "promise_from": start,
        "promise_to": start,
        "planned_start": start,
        "occupied": Range(start, start + timedelta(minutes=30), bounds="[)"),
        "answer_by": None,
        "request_reason": None,
    }


def step(session: Session, booking: Booking, **columns: object) -> None:
    """The booking's next version with its event."""
    for name, value in columns.items():
        setattr(booking, name, value)
    booking.version += 1
    session.add(booking)
    session.flush()
    add_event(session, booking)


def add_event(session: Session, booking: Booking) -> None:
    """The event of the booking's version."""
    old = booking.version - 1 or None
    session.add(
        Event(
            at=NOW,
            kind="booking_changed",
            booking=booking.id,
            actor_role="system",
            channel="system",
            old_version=old,
            new_version=booking.version,
        )
    )
    session.flush()


def add_text(session: Session, booking: Booking | None = None, **columns: object) -> Message:
    """A text that is due now: of a booking, or for goods that wait to be booked."""
    values: dict[str, object] = {
        "booking": None if booking is None else booking.id,
        "booking_version": None if booking is None else booking.version,
        "kind": "instruction_ordered",
        "recipient": MOBILE,
        "language": "zh_CN",
        "variables": {"office": {"zh": "示例海关", "en": "Example Customs"}, "count": 2},
        "code": make_mark(next(_marks)),
        "due": NOW,
        "created_at": NOW,
    }
    message = Message(**{**values, **columns})
    session.add(message)
    session.flush()
    return message


def add_texts(database: Database, count: int = 1, **columns: object) -> list[int]:
    """Committed texts that are due now, in order."""
    with database.transaction() as session:
        return [message.id or 0 for message in [add_text(session, **columns) for _ in range(count)]]


def read_texts(database: Database) -> list[Message]:
    """All texts in the order in which they were written."""
    with database.snapshot() as session:
        return list(session.exec(select(Message).order_by(col(Message.id))).all())


def read_text(database: Database) -> Message:
    """The only text."""
    (message,) = read_texts(database)
    return message
