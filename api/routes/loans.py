"""Loans: an inspector works for another office over a period."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from api.deps import Caller, Guard, Key, keeping, refused, reply, say, window_of
from api.routes.duties import HURTING, Displace, changed
from scheduler import errors
from scheduler.access.policy import Action, Resource
from scheduler.queries.roster import LoanList, list_loans
from scheduler.roster.absences import lend_inspector
from scheduler.roster.changes import RosterChange
from scheduler.roster.orders import LoanOrder

router = APIRouter(prefix="/loans", tags=["roster"])


@router.get("", response_model=LoanList, summary="Loans in your scope")
def read_all(
    caller: Annotated[Caller, Depends(Guard(Resource.LOAN, Action.READ))],
    first: Annotated[date | None, Query(alias="from")] = None,
    last: Annotated[date | None, Query(alias="to")] = None,
) -> Response:
    """From and to your office, those that meet the dates."""
    begins, ends = window_of(caller, first, last)
    with caller.database.snapshot() as session:
        return say(list_loans(session, actor=caller.actor, first=begins, last=ends))


@router.post(
    "",
    status_code=201,
    response_model=RosterChange,
    summary="Lend an inspector",
    responses=refused(
        *HURTING, errors.UnknownOffice, errors.ReasonMissing, errors.KeyMissing, errors.KeyReused
    ),
)
def add(
    caller: Annotated[Caller, Depends(Guard(Resource.LOAN, Action.WRITE))],
    body: LoanOrder,
    key: Key,
    displace: Displace = False,  # noqa: FBT002 - a query parameter
) -> Response:
    """The duties of the period are handed over; bookings on them are re-crewed first."""
    said = lend_inspector(
        caller.database,
        actor=caller.actor,
        order=body,
        displace=displace,
        now=caller.now,
        keep=keeping(caller, key=key, body=body, show=changed(201)),
    )
    return reply(said)
