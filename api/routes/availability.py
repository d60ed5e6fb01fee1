"""Availability: the starts that can be kept now, and how many were left out for which reason."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.deps import Caller, Guard, facts_of, refused, say, window_of
from api.texts import tell
from scheduler import errors
from scheduler.access.policy import Action, Resource, Scope
from scheduler.booking.admission import admit, credit_of
from scheduler.booking.orders import Instant, InstructionRef, Order
from scheduler.promise.boards import boards_of
from scheduler.promise.reference import Reference
from scheduler.promise.rows import instant_of, local_date
from scheduler.promise.search import Demand, TrueStarts, answer, is_searched, read_question
from scheduler.promise.search import Question as Asked
from scheduler.rules.durations import LONGEST_MINUTES
from scheduler.vocabulary import CreditLevel, ReferenceKind

router = APIRouter(prefix="/availability", tags=["availability"])

_FEW = 4
"""Up to so many free starts of a day are told to strangers as `few`."""


ASKING = (
    errors.UnknownOffice,
    errors.UnknownSite,
    errors.UnknownInstruction,
    errors.InstructionNotOpen,
    errors.InstructionsDiffer,
    errors.SiteKindUnfit,
    errors.MalformedField,
)
"""The refusals of what is asked about."""


class Question(BaseModel):
    """What is asked: the instructions that are to be inspected, or any inspection of a type at a site."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    instruction: list[str] = Field(
        default=[],
        max_length=20,
        description="`kind:reference` of each instruction of the visit; without a kind, a declaration.",
        examples=[["declaration:010020261000000001"]],
    )
    office: str | None = Field(default=None, description="Office, with `site`, `type` and `minutes`.")
    site: str | None = None
    type: str | None = None
    minutes: int | None = Field(default=None, ge=5, le=LONGEST_MINUTES)
    first: date | None = Field(default=None, alias="from", description="First date; today if left out.")
    last: date | None = Field(
        default=None, alias="to", description="Last date, included; 14 days if left out."
    )
    must_finish_by: Instant | None = None
    priority: bool = Field(default=False, description="Apply for priority inspection.")
    thorough: bool | None = Field(
        default=None,
        description="Show every start that can be kept, also those for which crews of other bookings change;"
        " for 14 days at most; if left out, for up to three.",
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        named = [self.office, self.site, self.type, self.minutes]
        if self.instruction and any(part is not None for part in named):
            raise ValueError("give either instructions, or office, site, type and minutes")
        if not self.instruction and any(part is None for part in named):
            raise ValueError("give instructions, or office, site, type and minutes")
        return self


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Starts within opening hours that were not offered, and why."""

    reason: str
    count: int
    text: str


@dataclass(frozen=True, slots=True)
class FreeDay:
    """How much is free on a date."""

    date: date
    free: Literal["none", "few", "many"]


@dataclass(frozen=True, slots=True)
class Availability:
    """True starts in order, each with a crew behind it at this moment; nothing is kept by asking.

    Who has not signed in is told days only: `starts` is empty and `coarse` is true.
    """

    office: str
    site: str
    type: str
    minutes: int
    coarse: bool
    starts: tuple[datetime, ...]
    days: tuple[FreeDay, ...]
    left_out: tuple[LeftOut, ...]


@router.get(
    "",
    response_model=Availability,
    summary="True starts",
    responses=refused(*ASKING, errors.WindowTooLong, errors.PastTime),
)
def read(
    caller: Annotated[Caller, Depends(Guard(Resource.AVAILABILITY, Action.READ))],
    question: Annotated[Question, Query()],
) -> Response:
    """Asked by instructions, duration and rules are those of their booking."""
    first, last = window_of(caller, question.first, question.last)
    if last < local_date(caller.now):
        raise errors.PastTime(field="/to")
    first = max(first, local_date(caller.now))
    # who has not signed in is told days only: nothing is searched for that
    thorough = caller.scope is not Scope.COARSE and is_searched(
        (last - first).days + 1, wished=question.thorough
    )
    asked = ask(caller, question, first, last)
    found = answer(boards_of(caller.database), asked, thorough=thorough)
    return say(_view(caller, asked.facts, asked.demand, found, first, last))


def ask(caller: Caller, question: Question, first: date, last: date) -> Asked:
    """Read what a question is about, within the caller's scope: the office's days.

    Raises:
        UnknownOffice, UnknownSite, MalformedField, SiteKindUnfit, and the refusals of instructions.
    """
    facts, boards = facts_of(caller), boards_of(caller.database)
    with caller.database.snapshot() as session:
        if question.instruction:
            order = _order(question, first, last)
            demand = admit(session, actor=caller.actor, order=order, now=caller.now, reference=facts).demand
        else:
            credit = CreditLevel.REGULAR
            if caller.actor.enterprise is not None:
                credit = credit_of(session, caller.actor.enterprise, first)
            demand = _demand(question, facts, credit)
        if caller.scope is Scope.OFFICE and demand.office != caller.actor.office:
            raise errors.UnknownOffice(field="/office", office=question.office)
        return read_question(session, boards, demand=demand, first=first, last=last, now=caller.now)


def _order(question: Question, first: date, last: date) -> Order:
    named = tuple(_named(place, text) for place, text in enumerate(question.instruction))
    return Order(
        instructions=named,
        wished_from=instant_of(first, 0),
        wished_to=instant_of(last + timedelta(days=1), 0),
        apply_for_priority=question.priority,
        must_finish_by=question.must_finish_by,
    )


def _named(place: int, text: str) -> InstructionRef:
    kind, colon, reference = text.partition(":")
    if not colon:
        kind, reference = ReferenceKind.DECLARATION.value, text
    if kind not in set(ReferenceKind) or not 0 < len(reference.strip()) <= 60:  # noqa: PLR2004 - as InstructionRef
        raise errors.MalformedField(field=f"/instruction/{place}")
    return InstructionRef(kind=ReferenceKind(kind), reference=reference)


def _demand(question: Question, facts: Reference, credit: CreditLevel) -> Demand:
    assert question.office is not None  # noqa: S101 - the question's own check
    assert question.site is not None  # noqa: S101 - the question's own check
    assert question.minutes is not None  # noqa: S101 - the question's own check
    office = facts.office_by_code(question.office)
    site = facts.site_by_code(office.id, question.site)
    kind = next((each for each in facts.types.values() if each.code == question.type), None)
    if kind is None:
        raise errors.MalformedField(field="/type", value=question.type)
    if site.kind not in kind.site_kinds:
        raise errors.SiteKindUnfit(field="/site")
    return Demand(
        office=office.id,
        site=site.id,
        type=kind.id,
        minutes=question.minutes,
        credit=credit,
        must_finish_by=question.must_finish_by,
    )


def _view(  # noqa: PLR0917 - what the question was, and what was found
    caller: Caller, facts: Reference, demand: Demand, found: TrueStarts, first: date, last: date
) -> Availability:
    coarse = caller.scope is Scope.COARSE
    left_out = () if coarse else found.left_out.items()
    return Availability(
        office=facts.offices[demand.office].code,
        site=facts.sites[demand.site].code,
        type=facts.types[demand.type].code,
        minutes=demand.minutes,
        coarse=coarse,
        starts=() if coarse else found.starts,
        days=_days(found.starts, first, last),
        left_out=tuple(
            LeftOut(reason, count, tell("reason", reason, caller.language)) for reason, count in left_out
        ),
    )


def _days(starts: Sequence[datetime], first: date, last: date) -> tuple[FreeDay, ...]:
    free = Counter(local_date(start) for start in starts)
    days = [first + timedelta(days=k) for k in range((last - first).days + 1)]
    return tuple(
        FreeDay(day, "none" if not free[day] else "few" if free[day] <= _FEW else "many") for day in days
    )
