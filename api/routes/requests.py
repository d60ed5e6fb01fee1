"""The office's word on requests and on applications for priority."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from api.deps import Caller, Guard, IfMatch, OptionalKey, facts_of, keeping, refused, reply, version_of, write
from api.routes.bookings import RULES_OF_TIME, TO_CHANGE, Reason, show_booking
from scheduler import errors
from scheduler.access.policy import Action, Resource
from scheduler.booking.answer import accept_request, refuse_request
from scheduler.booking.orders import Instant, Request, Why
from scheduler.booking.priority import decide_priority
from scheduler.queries.booking_views import BookingView

router = APIRouter(prefix="/bookings", tags=["bookings"])


class Acceptance(Request):
    """At the wished start, unless another is named."""

    start: Instant | None = None


class PriorityDecision(Request):
    """The office's word on an application for priority inspection."""

    grant: bool
    why: Why


@router.post(
    "/{number}/accept",
    response_model=BookingView,
    summary="Accept a request",
    responses=refused(*TO_CHANGE, errors.InstructionMissing, *RULES_OF_TIME),
)
def accept(
    caller: Annotated[Caller, Depends(Guard(Resource.REQUEST, Action.ANSWER))],
    number: str,
    if_match: IfMatch,
    body: Acceptance = Acceptance(),  # noqa: B008 - a frozen value
    key: OptionalKey = None,
) -> Response:
    """The office's yes: confirmed if a crew can keep it."""
    version = version_of(if_match)
    said = accept_request(
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
    "/{number}/refuse",
    response_model=BookingView,
    summary="Refuse a request",
    responses=refused(*TO_CHANGE, errors.ReasonMissing),
)
def refuse(
    caller: Annotated[Caller, Depends(Guard(Resource.REQUEST, Action.ANSWER))],
    number: str,
    body: Reason,
    if_match: IfMatch,
    key: OptionalKey = None,
) -> Response:
    """The office's no, with its reason."""
    version, facts = version_of(if_match), facts_of(caller)
    keep = keeping(caller, key=key, body=body, show=show_booking(caller), version=version)
    return write(
        caller,
        keep,
        lambda session: refuse_request(
            session,
            actor=caller.actor,
            reference=number,
            version=version,
            reason=body.reason,
            now=caller.now,
            facts=facts,
        ),
    )


@router.post(
    "/{number}/priority",
    response_model=BookingView,
    summary="Decide on an application for priority",
    responses=refused(*TO_CHANGE),
)
def decide(
    caller: Annotated[Caller, Depends(Guard(Resource.PRIORITY, Action.DECIDE))],
    number: str,
    body: PriorityDecision,
    if_match: IfMatch,
    key: OptionalKey = None,
) -> Response:
    """Refused, it stays an ordinary booking with its place."""
    version, facts = version_of(if_match), facts_of(caller)
    keep = keeping(caller, key=key, body=body, show=show_booking(caller), version=version)
    return write(
        caller,
        keep,
        lambda session: decide_priority(
            session,
            actor=caller.actor,
            reference=number,
            version=version,
            grant=body.grant,
            why=body.why,
            now=caller.now,
            facts=facts,
        ),
    )
