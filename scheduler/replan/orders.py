"""What doors report of a disturbed day, and how they answer its proposals: frozen requests."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from scheduler.booking.orders import Code, Instant, Name, Request, Why
from scheduler.roster.orders import Span
from scheduler.vocabulary import AbsenceKind


class InspectorAway(Request):
    """An inspector is ill, late or held up: from a moment on, or between two."""

    kind: Literal["inspector_away"]
    badge: Code
    begins: Instant
    ends: Instant | None = None
    absence: AbsenceKind = AbsenceKind.SICK
    reason: Why

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.ends is not None and self.begins >= self.ends:
            raise ValueError("ends must be later than begins")
        return self


class SiteShut(Span):
    """A site cannot be worked at between two moments."""

    kind: Literal["site_closed"]
    site: Code
    reason: Why


class UrgentGoods(Request):
    """A request that waits for the office's word is to be inspected on this day, to begin by some time."""

    kind: Literal["urgent"]
    booking: Code
    latest: Instant


class Overrunning(Request):
    """A visit that runs will end later than planned."""

    kind: Literal["overrun"]
    booking: Code
    ends: Instant


class PartyLate(Request):
    """The party of a booking says that its goods are ready only later."""

    kind: Literal["party_late"]
    booking: Code
    ready_at: Instant


Occurrence = Annotated[
    InspectorAway | SiteShut | UrgentGoods | Overrunning | PartyLate, Field(discriminator="kind")
]
"""Something that disturbs a day."""


class ReplanOrder(Request):
    """What happened on one date of the office; nothing, where the day as it stands breaks a rule."""

    date: date
    causes: tuple[Occurrence, ...] = Field(max_length=10)


class Consent(Request):
    """Somebody agreed to the new time of a booking: who it was."""

    booking: Code
    given_by: Name


class Choice(Request):
    """The proposal that is to be applied, by its place in the list, and who agreed to what."""

    proposal: int = Field(default=1, ge=1, le=3)
    consents: tuple[Consent, ...] = Field(default=(), max_length=100)
