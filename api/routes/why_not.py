"""Why not at this time? Answered in words, without a word about other enterprises."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from api.deps import Caller, Guard, refused, say
from api.routes.availability import ASKING, Question, ask
from api.texts import find_text, tell
from scheduler.access.policy import Action, Resource
from scheduler.booking.orders import Instant
from scheduler.booking.why_not import WayOut, WhyNot, explain_start, visible_numbers
from scheduler.promise.boards import boards_of
from scheduler.promise.rows import local_date

router = APIRouter(prefix="/availability", tags=["availability"])


class TimeQuestion(Question):
    """What is asked: an inspection as for availability, at one start."""

    start: Instant = Field(description="The start that is wished.")


@dataclass(frozen=True, slots=True)
class WayOutView:
    """One change that makes the time possible. A booking has a number here only if you may see it."""

    way: str
    text: str
    start: datetime | None
    booking: str | None
    qualifications: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WhyNotView:
    """Whether a start is possible, else the reason in words, and ways out on the same day.

    `bookings` counts the promises that hold what the start needs; `own` are the numbers of those among them
    that you may see.
    """

    start: datetime
    possible: bool
    reason: str | None
    text: str
    bookings: int
    own: tuple[str, ...]
    qualifications: tuple[str, ...]
    ways: tuple[WayOutView, ...]


@router.get(
    "/why-not",
    response_model=WhyNotView,
    summary="Why not at this time",
    responses=refused(*ASKING),
)
def read(
    caller: Annotated[Caller, Depends(Guard(Resource.AVAILABILITY, Action.EXPLAIN))],
    question: Annotated[TimeQuestion, Query()],
) -> Response:
    """A start that is possible can be booked at this moment; asking keeps nothing."""
    day, boards = local_date(question.start), boards_of(caller.database)
    facts, asked = ask(caller, question, day, day)
    found = explain_start(boards, asked, facts=facts, start=question.start, now=caller.now)
    concerned = {*found.bookings, *(way.booking for way in found.ways if way.booking is not None)}
    with caller.database.snapshot() as session:
        numbers = visible_numbers(session, actor=caller.actor, bookings=concerned, now=caller.now)
    return say(_view(question.start, found, numbers, caller.language))


def _view(start: datetime, found: WhyNot, numbers: Mapping[int, str], language: str) -> WhyNotView:
    return WhyNotView(
        start=start,
        possible=found.reason is None,
        reason=found.reason,
        text=tell("why_not", "possible", language) if found.reason is None else _reason(found, language),
        bookings=len(found.bookings),
        own=tuple(sorted(numbers[one] for one in found.bookings if one in numbers)),
        qualifications=found.qualifications,
        ways=tuple(_way(way, numbers, language) for way in found.ways),
    )


def _reason(found: WhyNot, language: str) -> str:
    """The text of a rule's refusal, or of the search's reason."""
    assert found.reason is not None  # noqa: S101 - the caller looked
    context = "reason" if find_text("reason", found.reason, language) is not None else "detail"
    return tell(context, found.reason, language, found.numbers)


def _way(way: WayOut, numbers: Mapping[int, str], language: str) -> WayOutView:
    visible = way.booking is None or way.booking in numbers
    return WayOutView(
        way=way.way,
        text=tell("way_out", way.way, language),
        start=way.start if visible else None,
        booking=numbers.get(way.booking) if way.booking is not None else None,
        qualifications=way.qualifications,
    )
