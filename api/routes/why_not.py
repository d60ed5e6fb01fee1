"""Why not at this time? Answered in words, without a word about other enterprises."""

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
from scheduler.booking.why_not import WhyNot, explain_start, show_to
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
class ElsewhereView:
    """A time that could be had at another office, on a rest day with a crew, or by asking for a rest day.

    `travel`: minutes from the site asked for; `answered_by`: when the office answers a request.
    """

    way: str
    text: str
    office: str
    site: str
    start: datetime
    travel: int | None
    answered_by: datetime | None


@dataclass(frozen=True, slots=True)
class WhyNotView:
    """Whether a start is possible, else the reason in words, ways out on the same day, and times elsewhere.

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
    elsewhere: tuple[ElsewhereView, ...]


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
    day = local_date(question.start)
    asked = ask(caller, question, day, day)
    boards = boards_of(caller.database)
    explained = explain_start(boards, asked, question.start)
    with caller.database.snapshot() as session:
        found = show_to(session, boards, asked, explained, actor=caller.actor, start=question.start)
    return say(_view(question.start, found, caller.language))


def _view(start: datetime, found: WhyNot, language: str) -> WhyNotView:
    return WhyNotView(
        start=start,
        possible=found.reason is None,
        reason=found.reason,
        text=_reason(found, language),
        bookings=found.bookings,
        own=found.own,
        qualifications=found.qualifications,
        ways=tuple(
            WayOutView(
                way=way.way,
                text=tell("way_out", way.way, language),
                start=way.start,
                booking=way.booking,
                qualifications=way.qualifications,
            )
            for way in found.ways
        ),
        elsewhere=tuple(
            ElsewhereView(
                way=one.way,
                text=tell("way_out", one.way, language),
                office=one.office,
                site=one.site,
                start=one.start,
                travel=one.travel,
                answered_by=one.answered_by,
            )
            for one in found.elsewhere
        ),
    )


def _reason(found: WhyNot, language: str) -> str:
    """The text of a search's reason, or of a rule's refusal."""
    reason = found.reason or "possible"
    context = "reason" if find_text("reason", reason, language) is not None else "detail"
    return tell(context, reason, language, found.numbers)
