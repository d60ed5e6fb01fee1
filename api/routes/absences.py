"""Absences: leave, sickness, mission, training; they cut the duties that they meet."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from api.deps import Caller, Guard, Key, keeping, refused, reply, say, window_of
from api.routes.duties import HURTING, Displace, changed
from scheduler import errors
from scheduler.access.policy import Action, Resource
from scheduler.queries.roster import AbsenceList, list_absences
from scheduler.roster.absences import record_absence
from scheduler.roster.changes import RosterChange
from scheduler.roster.orders import AbsenceOrder

router = APIRouter(prefix="/absences", tags=["roster"])


@router.get("", response_model=AbsenceList, summary="Absences in your scope")
def read_all(
    caller: Annotated[Caller, Depends(Guard(Resource.ABSENCE, Action.READ))],
    first: Annotated[date | None, Query(alias="from")] = None,
    last: Annotated[date | None, Query(alias="to")] = None,
) -> Response:
    """Those that meet the dates."""
    begins, ends = window_of(caller, first, last)
    with caller.database.snapshot() as session:
        return say(list_absences(session, actor=caller.actor, first=begins, last=ends))


@router.post(
    "",
    status_code=201,
    response_model=RosterChange,
    summary="Record an absence",
    responses=refused(*HURTING, errors.ReasonMissing, errors.KeyMissing, errors.KeyReused),
)
def add(
    caller: Annotated[Caller, Depends(Guard(Resource.ABSENCE, Action.WRITE))],
    body: AbsenceOrder,
    key: Key,
    displace: Displace = False,  # noqa: FBT002 - a query parameter
) -> Response:
    """Bookings on the duties it meets are re-crewed; if any cannot be, it is refused with their numbers."""
    said = record_absence(
        caller.database,
        actor=caller.actor,
        order=body,
        displace=displace,
        now=caller.now,
        keep=keeping(caller, key=key, body=body, show=changed(201)),
    )
    return reply(said)
