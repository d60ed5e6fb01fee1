"""What doors ask of the roster: frozen requests."""

from datetime import date
from typing import Self

from pydantic import model_validator

from scheduler.booking.orders import Code, Instant, Request, Why
from scheduler.rules.wall_clock import WallClock
from scheduler.vocabulary import AbsenceKind, DutyKind


class DutyOrder(Request):
    """A new duty on one local date; without places it starts and ends at the office's own."""

    badge: Code
    date: date
    begins: WallClock
    ends: WallClock
    kind: DutyKind = DutyKind.REGULAR
    start_site: Code | None = None
    end_site: Code | None = None


class DutyChange(Request):
    """Other hours for a duty, on its own date."""

    begins: WallClock
    ends: WallClock


class Span(Request):
    """A half-open interval of instants."""

    begins: Instant
    ends: Instant

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.begins >= self.ends:
            raise ValueError("ends must be later than begins")
        return self


class AbsenceOrder(Span):
    """Leave, sickness, mission or training of an inspector."""

    badge: Code
    kind: AbsenceKind
    reason: Why


class LoanOrder(Span):
    """An inspector works for another office over a period."""

    badge: Code
    office: Code
    reason: Why


class ClosureOrder(Span):
    """The office, one of its sites, or one of the site's docks takes no inspection."""

    site: Code | None = None
    dock: Code | None = None
    reason: Why
