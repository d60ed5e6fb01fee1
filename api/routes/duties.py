"""Duties: who works when; a change that would hurt bookings lists them first."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from api.deps import (
    Caller,
    Cursor,
    Guard,
    Key,
    Limit,
    Number,
    OptionalKey,
    answer_with,
    keeping,
    refused,
    reply,
    say,
    window_of,
)
from scheduler import errors
from scheduler.access.policy import Action, Resource
from scheduler.database.idempotency import Show
from scheduler.queries.roster import DutyPage, DutyView, list_duties, read_duty
from scheduler.roster.changes import RosterChange
from scheduler.roster.duties import add_duty, change_duty, remove_duty
from scheduler.roster.orders import DutyChange, DutyOrder

router = APIRouter(prefix="/duties", tags=["roster"])

Reader = Annotated[Caller, Depends(Guard(Resource.DUTY, Action.READ))]
Writer = Annotated[Caller, Depends(Guard(Resource.DUTY, Action.WRITE))]
Displace = Annotated[
    bool, Query(description="Apply although bookings lose their crew: they are offered kept times and told.")
]

HURTING = (errors.HurtsBookings, errors.UnknownInspector, errors.DutyGapTooShort, errors.TooEarly)


def changed(status: int = 200) -> Show[RosterChange]:
    """How a change of the roster is said: the duties that stand, bookings re-crewed and displaced."""
    return lambda _session, change: answer_with(change, status=status)


@router.get("", response_model=DutyPage, summary="Duties in your scope")
def read_all(  # noqa: PLR0917 - the filters of the query string
    caller: Reader,
    first: Annotated[date | None, Query(alias="from")] = None,
    last: Annotated[date | None, Query(alias="to")] = None,
    badge: Annotated[str | None, Query(max_length=60)] = None,
    after: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """By date; 14 days from today where nothing is said, 62 at most."""
    begins, ends = window_of(caller, first, last)
    with caller.database.snapshot() as session:
        page = list_duties(
            session, actor=caller.actor, first=begins, last=ends, badge=badge, after=after, limit=limit
        )
    return say(page)


@router.get("/{duty}", response_model=DutyView, summary="One duty", responses=refused(errors.UnknownDuty))
def read_one(caller: Reader, duty: Number) -> Response:
    """By its number."""
    with caller.database.snapshot() as session:
        return say(read_duty(session, actor=caller.actor, duty=duty))


@router.post(
    "",
    status_code=201,
    response_model=RosterChange,
    summary="Add a duty",
    responses=refused(
        errors.UnknownInspector,
        errors.UnknownSite,
        errors.DutyOverlaps,
        errors.DutyGapTooShort,
        errors.InspectorAbsent,
        errors.DutyOverMidnight,
        errors.KeyMissing,
        errors.KeyReused,
    ),
)
def add(caller: Writer, body: DutyOrder, key: Key) -> Response:
    """At your office, within one date; without places it starts and ends at the office's own."""
    keep = keeping(caller, key=key, body=body, show=changed(201))
    return reply(add_duty(caller.database, actor=caller.actor, order=body, now=caller.now, keep=keep))


@router.patch(
    "/{duty}",
    response_model=RosterChange,
    summary="Change a duty's hours",
    responses=refused(errors.UnknownDuty, errors.DutyOverlaps, errors.DutyOverMidnight, *HURTING),
)
def change(
    caller: Writer,
    duty: Number,
    body: DutyChange,
    displace: Displace = False,  # noqa: FBT002 - a query parameter
    key: OptionalKey = None,
) -> Response:
    """Bookings on what is cut are re-crewed; if any cannot be, the change is refused with their numbers."""
    said = change_duty(
        caller.database,
        actor=caller.actor,
        duty=duty,
        order=body,
        displace=displace,
        now=caller.now,
        keep=keeping(caller, key=key, body=body, show=changed()),
    )
    return reply(said)


@router.delete(
    "/{duty}",
    response_model=RosterChange,
    summary="Remove a duty",
    responses=refused(errors.UnknownDuty, *HURTING),
)
def remove(
    caller: Annotated[Caller, Depends(Guard(Resource.DUTY, Action.REMOVE))],
    duty: Number,
    displace: Displace = False,  # noqa: FBT002 - a query parameter
    key: OptionalKey = None,
) -> Response:
    """As a change of hours to none."""
    said = remove_duty(
        caller.database,
        actor=caller.actor,
        duty=duty,
        displace=displace,
        now=caller.now,
        keep=keeping(caller, key=key, body=None, show=changed()),
    )
    return reply(said)
