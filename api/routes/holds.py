"""Holds: a time, its crew and its dock, kept for some minutes while a form is filled."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Response

from api.deps import Caller, Guard, IfMatch, Key, OptionalKey, keeping, refused, reply, version_of
from api.routes.bookings import ORDER_EXAMPLES, RULES_OF_TIME, TO_ORDER, show_booking
from scheduler import errors
from scheduler.access.policy import Action, Resource
from scheduler.booking.book import hold
from scheduler.booking.confirm import confirm
from scheduler.booking.orders import Details, Order
from scheduler.queries.booking_views import BookingView

router = APIRouter(prefix="/holds", tags=["holds"])


@router.post(
    "",
    status_code=201,
    response_model=BookingView,
    summary="Hold a time",
    responses=refused(*TO_ORDER, *RULES_OF_TIME, errors.NeedsOfficeWord),
)
def create(
    caller: Annotated[Caller, Depends(Guard(Resource.HOLD, Action.CREATE))],
    order: Annotated[Order, Body(openapi_examples=ORDER_EXAMPLES)],
    key: Key,
) -> Response:
    """Five minutes unless the office's policy says otherwise; `expires_at` tells. Confirm to keep it."""
    keep = keeping(caller, key=key, body=order, show=show_booking(caller, status=201))
    return reply(hold(caller.database, actor=caller.actor, order=order, now=caller.now, keep=keep))


@router.post(
    "/{number}/confirm",
    response_model=BookingView,
    summary="Confirm a held time",
    responses=refused(
        errors.UnknownBooking,
        errors.StaleVersion,
        errors.VersionMissing,
        errors.HoldExpired,
        errors.WrongState,
        errors.AttendeeMissing,
        errors.NotAMobile,
        errors.TooManyRecipients,
    ),
)
def confirm_hold(
    caller: Annotated[Caller, Depends(Guard(Resource.BOOKING, Action.CONFIRM))],
    number: str,
    if_match: IfMatch,
    details: Details = Details(),  # noqa: B008 - a frozen value
    key: OptionalKey = None,
) -> Response:
    """The hold becomes the booking; one that replaces a booking hands its time over to that booking."""
    version = version_of(if_match)
    keep = keeping(caller, key=key, body=details, show=show_booking(caller), version=version)
    said = confirm(
        caller.database,
        actor=caller.actor,
        reference=number,
        version=version,
        details=details,
        now=caller.now,
        keep=keep,
    )
    return reply(said)
