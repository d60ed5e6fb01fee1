"""Closures: the office, one of its sites or a dock takes no inspection for a while."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from api.deps import Caller, Guard, Key, keeping, refused, reply
from api.routes.duties import Displace, changed
from scheduler import errors
from scheduler.access.policy import Action, Resource
from scheduler.roster.changes import RosterChange
from scheduler.roster.closures import close
from scheduler.roster.orders import ClosureOrder

router = APIRouter(prefix="/closures", tags=["roster"])


@router.post(
    "",
    status_code=201,
    response_model=RosterChange,
    summary="Close for a while",
    responses=refused(
        errors.HurtsBookings, errors.UnknownSite, errors.ReasonMissing, errors.KeyMissing, errors.KeyReused
    ),
)
def add(
    caller: Annotated[Caller, Depends(Guard(Resource.CLOSURE, Action.WRITE))],
    body: ClosureOrder,
    key: Key,
    displace: Displace = False,  # noqa: FBT002 - a query parameter
) -> Response:
    """Your office, or one of its sites or docks; bookings that it meets are listed first."""
    said = close(
        caller.database,
        actor=caller.actor,
        order=body,
        displace=displace,
        now=caller.now,
        keep=keeping(caller, key=key, body=body, show=changed(201)),
    )
    return reply(said)
