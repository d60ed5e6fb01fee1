"""Bookings: book, read, list, move, cancel; the office's word on requests and priority."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Query, Response
from fastapi.openapi.models import Example
from pydantic import Field

from api.deps import (
    Caller,
    Cursor,
    Guard,
    IfMatch,
    Key,
    Limit,
    OptionalKey,
    answer_with,
    facts_of,
    keeping,
    refused,
    reply,
    say,
    version_of,
    window_of,
    write,
)
from api.problems import LONGEST_WINDOW
from scheduler import errors
from scheduler.access.policy import Action, Resource
from scheduler.booking.book import book
from scheduler.booking.cancel import cancel
from scheduler.booking.late import report_late
from scheduler.booking.move import hold_move, move
from scheduler.booking.orders import Instant, Order, Request, Why
from scheduler.booking.ready import report_ready
from scheduler.database.idempotency import Answer, Show
from scheduler.models import Booking
from scheduler.promise.boards import boards_of
from scheduler.queries.booking_views import BookingView
from scheduler.queries.bookings import (
    BookingPage,
    Wanted,
    list_bookings,
    read_booking,
    view_booking,
)
from scheduler.vocabulary import BookingState

router = APIRouter(prefix="/bookings", tags=["bookings"])

RULES_OF_TIME = (
    errors.OffGrid,
    errors.PastTime,
    errors.BeyondHorizon,
    errors.ClosedDay,
    errors.SiteNotOpenYet,
    errors.TooShortNotice,
    errors.TooLateToFinish,
    errors.UnqualifiedDay,
    errors.NoPlace,
    errors.KeptForPriority,
    errors.WindowTooLong,
    errors.NaiveTime,
)
TO_ORDER = (
    errors.UnknownInstruction,
    errors.InstructionMissing,
    errors.InstructionNotOpen,
    errors.InstructionTaken,
    errors.AlreadyInspected,
    errors.InstructionsDiffer,
    errors.MalformedCode,
    errors.NotAMobile,
    errors.TooManyRecipients,
    errors.AttendeeMissing,
    errors.NoVisitNeeded,
    errors.FilingNumberMissing,
    errors.ApprovalMissing,
    errors.SiteKindUnfit,
    errors.UnknownOffice,
    errors.UnknownSite,
    errors.CapReached,
    errors.CreditExcluded,
    errors.NoAuthority,
    errors.UnknownField,
    errors.KeyMissing,
    errors.KeyReused,
    errors.KeyBusy,
)
CREATED = 201
_FIRST_LAST = date(2000, 1, 1)
TO_CHANGE = (errors.UnknownBooking, errors.StaleVersion, errors.VersionMissing, errors.WrongState)

ORDER_EXAMPLES: dict[str, Example] = {
    "exact": {
        "summary": "An exact start",
        "value": {
            "instructions": [{"kind": "declaration", "reference": "010020261000000001"}],
            "start": "2026-12-01T10:00:00+08:00",
            "attendee": "王五",
            "recipients": [{"name": "王五", "mobile": "13800138000"}],
        },
    },
    "flexible": {
        "summary": "Any time on these days: the earliest true start is fixed at once",
        "value": {
            "instructions": [{"reference": "010020261000000001"}],
            "wished_from": "2026-12-01T08:30:00+08:00",
            "wished_to": "2026-12-02T17:30:00+08:00",
            "attendee": "王五",
            "apply_for_priority": True,
        },
    },
}


class NewStart(Request):
    """The start that is wanted instead."""

    start: Instant = Field(examples=["2026-12-02T09:30:00+08:00"])


class Reason(Request):
    """Why; the other side reads it."""

    reason: Why


class Lateness(Request):
    """When the goods will be ready, and the start that is taken if the crew cannot wait."""

    ready_at: Instant = Field(examples=["2026-12-01T10:40:00+08:00"])
    start: Instant | None = None


class Readiness(Request):
    """When the goods are, were or will be ready; now, where nothing is said."""

    ready_at: Instant | None = None


def show_booking(caller: Caller, *, status: int = 200) -> Show[Booking]:
    """How a booking that was just written is said: its view, version and address."""
    boards = boards_of(caller.database)
    return lambda session, booking: _said(
        view_booking(
            session, actor=caller.actor, booking=booking.id, now=caller.now, facts=boards.latest(session)
        ),
        status,
    )


def _said(view: BookingView, status: int) -> Answer:
    location = f"/api/v1/bookings/{view.number}" if status == CREATED else None
    return answer_with(view, status=status, version=view.version, location=location)


@router.post(
    "",
    status_code=201,
    response_model=BookingView,
    summary="Book at once",
    responses=refused(*TO_ORDER, *RULES_OF_TIME),
)
def create(
    caller: Annotated[Caller, Depends(Guard(Resource.BOOKING, Action.CREATE))],
    order: Annotated[Order, Body(openapi_examples=ORDER_EXAMPLES)],
    key: Key,
) -> Response:
    """*Confirmed* with a crew behind it, or *requested* where the office answers (`next` says by when)."""
    keep = keeping(caller, key=key, body=order, show=show_booking(caller, status=201))
    return reply(book(caller.database, actor=caller.actor, order=order, now=caller.now, keep=keep))


@router.get("", response_model=BookingPage, summary="Bookings in your scope")
def read_all(  # noqa: PLR0917 - the filters of the query string
    caller: Annotated[Caller, Depends(Guard(Resource.BOOKING, Action.LIST))],
    first: Annotated[
        date | None, Query(alias="from", description="First date; with `to`, 62 days at most.")
    ] = None,
    last: Annotated[date | None, Query(alias="to", description="Last date, included.")] = None,
    state: Annotated[list[BookingState], Query(max_length=10)] = [],  # noqa: B006 - FastAPI copies it
    office: Annotated[str | None, Query(max_length=60)] = None,
    site: Annotated[str | None, Query(max_length=60)] = None,
    enterprise: Annotated[str | None, Query(max_length=60, description="USCC")] = None,
    instruction: Annotated[str | None, Query(max_length=60, description="Reference")] = None,
    after: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """By date, then by entry; follow `next` for more."""
    if first is not None or last is not None:
        first, last = window_of(caller, first or _before(last), last, days=LONGEST_WINDOW)
    wanted = Wanted(first, last, tuple(state), office, site, enterprise, instruction)
    facts = facts_of(caller)
    with caller.database.snapshot() as session:
        page = list_bookings(
            session, actor=caller.actor, wanted=wanted, after=after, limit=limit, now=caller.now, facts=facts
        )
    return say(page)


def _before(last: date | None) -> date | None:
    """The first date of the longest window that ends on a date."""
    return None if last is None else max(last, _FIRST_LAST) - timedelta(days=LONGEST_WINDOW - 1)


@router.get(
    "/{number}", response_model=BookingView, summary="One booking", responses=refused(errors.UnknownBooking)
)
def read_one(
    caller: Annotated[Caller, Depends(Guard(Resource.BOOKING, Action.READ))], number: str
) -> Response:
    """With its version as ETag; a foreign number is as unknown as one that does not exist."""
    facts = facts_of(caller)
    with caller.database.snapshot() as session:
        view = read_booking(session, actor=caller.actor, number=number, now=caller.now, facts=facts)
    return say(view, version=view.version)


@router.post(
    "/{number}/move",
    response_model=BookingView,
    summary="Move to another time",
    responses=refused(*TO_CHANGE, errors.TooLateToChange, errors.NeedsOfficeWord, *RULES_OF_TIME),
)
def move_one(
    caller: Annotated[Caller, Depends(Guard(Resource.BOOKING, Action.MOVE))],
    number: str,
    body: NewStart,
    if_match: IfMatch,
    key: OptionalKey = None,
) -> Response:
    """In one step; refused, the old promise stands. The number stays, the version steps."""
    version = version_of(if_match)
    said = move(
        caller.database,
        actor=caller.actor,
        reference=number,
        version=version,
        start=body.start,
        now=caller.now,
        keep=keeping(caller, key=key, body=body, show=show_booking(caller), version=version),
    )
    return reply(said)


@router.post(
    "/{number}/hold-move",
    status_code=201,
    response_model=BookingView,
    summary="Hold another time for a booking",
    responses=refused(*TO_CHANGE, errors.TooLateToChange, errors.NeedsOfficeWord, *RULES_OF_TIME),
)
def hold_another(
    caller: Annotated[Caller, Depends(Guard(Resource.BOOKING, Action.MOVE))],
    number: str,
    body: NewStart,
    if_match: IfMatch,
    key: Key,
) -> Response:
    """The answer is the hold; confirming it moves the booking there. Until then both times are kept."""
    version = version_of(if_match)
    said = hold_move(
        caller.database,
        actor=caller.actor,
        reference=number,
        version=version,
        start=body.start,
        now=caller.now,
        keep=keeping(caller, key=key, body=body, show=show_booking(caller, status=201), version=version),
    )
    return reply(said)


@router.post(
    "/{number}/cancel",
    response_model=BookingView,
    summary="Cancel with a reason",
    responses=refused(*TO_CHANGE, errors.ReasonMissing),
)
def cancel_one(
    caller: Annotated[Caller, Depends(Guard(Resource.BOOKING, Action.CANCEL))],
    number: str,
    body: Reason,
    if_match: IfMatch,
    key: OptionalKey = None,
) -> Response:
    """Crew, dock and instructions are free again at once."""
    version = version_of(if_match)
    said = cancel(
        caller.database,
        actor=caller.actor,
        reference=number,
        version=version,
        reason=body.reason,
        now=caller.now,
        keep=keeping(caller, key=key, body=body, show=show_booking(caller), version=version),
    )
    return reply(said)


@router.post(
    "/{number}/ready",
    response_model=BookingView,
    summary="Say when the goods are ready",
    responses=refused(*TO_CHANGE, errors.PastTime),
)
def report(
    caller: Annotated[Caller, Depends(Guard(Resource.BOOKING, Action.REPORT))],
    number: str,
    if_match: IfMatch,
    body: Readiness = Readiness(),  # noqa: B008 - a frozen value
    key: OptionalKey = None,
) -> Response:
    """Now, or at the time named, which may lie after the promise: that says "we are late"."""
    version = version_of(if_match)
    return write(
        caller,
        keeping(caller, key=key, body=body, show=show_booking(caller), version=version),
        lambda session: report_ready(
            session,
            actor=caller.actor,
            reference=number,
            version=version,
            ready_at=body.ready_at,
            now=caller.now,
        ),
    )


@router.post(
    "/{number}/late",
    response_model=BookingView,
    summary="Say that you are late",
    responses=refused(
        *TO_CHANGE, errors.NotLater, errors.CrewCannotWait, errors.NeedsOfficeWord, *RULES_OF_TIME
    ),
)
def late(
    caller: Annotated[Caller, Depends(Guard(Resource.BOOKING, Action.REPORT))],
    number: str,
    body: Lateness,
    if_match: IfMatch,
    key: OptionalKey = None,
) -> Response:
    """The crew waits if it can (`expected_start`); else true times are offered, `start` takes one of them."""
    version = version_of(if_match)
    said = report_late(
        caller.database,
        actor=caller.actor,
        reference=number,
        version=version,
        ready_at=body.ready_at,
        start=body.start,
        now=caller.now,
        keep=keeping(caller, key=key, body=body, show=show_booking(caller), version=version),
    )
    return reply(said)
