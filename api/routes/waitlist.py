"""Something earlier: a booking waits, is offered a held time, takes it or declines."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from api.deps import (
    Caller,
    Cursor,
    Guard,
    Limit,
    OptionalKey,
    answer_with,
    facts_of,
    keeping,
    refused,
    reply,
    say,
    write,
)
from scheduler import errors
from scheduler.access.policy import Action, Resource
from scheduler.booking.waitlist.entries import (
    Declining,
    Wish,
    decline_offer,
    join_waitlist,
    leave_waitlist,
)
from scheduler.booking.write import find_booking
from scheduler.database.idempotency import Show
from scheduler.models import Booking
from scheduler.queries.waitlist import WaitPage, WaitView, list_waiting, read_wait

router = APIRouter(tags=["waitlist"])


def _shown(caller: Caller, *, status: int = 200) -> Show[Booking]:
    return lambda session, booking: answer_with(
        read_wait(session, actor=caller.actor, booking=booking.id, now=caller.now), status=status
    )


@router.get(
    "/waitlist",
    response_model=WaitPage,
    summary="Who waits for something earlier",
    responses=refused(errors.MalformedField),
)
def read_all(
    caller: Annotated[Caller, Depends(Guard(Resource.WAITLIST, Action.LIST))],
    office: Annotated[str | None, Query(max_length=60)] = None,
    after: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """In your scope, by when they joined; follow `next` for more."""
    with caller.database.snapshot() as session:
        page = list_waiting(
            session, actor=caller.actor, office=office, after=after, limit=limit, now=caller.now
        )
    return say(page)


@router.post(
    "/bookings/{number}/waitlist",
    status_code=201,
    response_model=WaitView,
    summary="Wait for something earlier",
    responses=refused(
        errors.UnknownBooking,
        errors.WrongState,
        errors.TooLateToChange,
        errors.WaitlistClosed,
        errors.AlreadyWaiting,
        errors.NothingEarlier,
    ),
)
def join(
    caller: Annotated[Caller, Depends(Guard(Resource.WAITLIST, Action.CREATE))],
    number: str,
    wish: Wish = Wish(),  # noqa: B008 - a frozen value
    key: OptionalKey = None,
) -> Response:
    """The promise stands. An earlier time in the window is held and its people told; confirming it moves."""
    facts = facts_of(caller)
    return write(
        caller,
        keeping(caller, key=key, body=wish, show=_shown(caller, status=201)),
        lambda session: join_waitlist(
            session, actor=caller.actor, reference=number, wish=wish, now=caller.now, facts=facts
        ),
    )


@router.get(
    "/bookings/{number}/waitlist",
    response_model=WaitView,
    summary="How a booking waits",
    responses=refused(errors.UnknownBooking, errors.NotWaiting),
)
def read_one(
    caller: Annotated[Caller, Depends(Guard(Resource.WAITLIST, Action.READ))], number: str
) -> Response:
    """With the time that is offered now, if there is one: confirm its hold to take it."""
    with caller.database.snapshot() as session:
        booking = find_booking(session, actor=caller.actor, reference=number, now=caller.now)
        view = read_wait(session, actor=caller.actor, booking=booking.id, now=caller.now)
    return say(view)


@router.delete(
    "/bookings/{number}/waitlist",
    response_model=WaitView,
    summary="Wait no more",
    responses=refused(errors.UnknownBooking, errors.NotWaiting),
)
def leave(
    caller: Annotated[Caller, Depends(Guard(Resource.WAITLIST, Action.REMOVE))],
    number: str,
    key: OptionalKey = None,
) -> Response:
    """A time that is offered goes to whoever is next; the booking stands."""
    said = leave_waitlist(
        caller.database,
        actor=caller.actor,
        reference=number,
        now=caller.now,
        keep=keeping(caller, key=key, body=None, show=_shown(caller)),
    )
    return reply(said)


@router.post(
    "/bookings/{number}/waitlist/decline",
    response_model=WaitView,
    summary="Decline the time that is offered",
    responses=refused(errors.UnknownBooking, errors.NotWaiting, errors.NoOffer),
)
def decline(
    caller: Annotated[Caller, Depends(Guard(Resource.WAITLIST, Action.ANSWER))],
    number: str,
    body: Declining = Declining(),  # noqa: B008 - a frozen value
    key: OptionalKey = None,
) -> Response:
    """It goes to whoever is next and is not offered to you again; you wait on, unless you withdraw."""
    said = decline_offer(
        caller.database,
        actor=caller.actor,
        reference=number,
        withdraw=body.withdraw,
        now=caller.now,
        keep=keeping(caller, key=key, body=body, show=_shown(caller)),
    )
    return reply(said)
