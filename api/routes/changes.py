"""Changes: what happened to bookings and instructions, for programs that follow along."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from api.deps import Caller, Cursor, Guard, Limit, refused, say
from scheduler.access.policy import Action, Resource
from scheduler.errors import MalformedField
from scheduler.queries.changes import Changes, list_changes

router = APIRouter(prefix="/changes", tags=["changes"])


@router.get("", response_model=Changes, summary="Changes after a cursor", responses=refused(MalformedField))
def read(
    caller: Annotated[Caller, Depends(Guard(Resource.CHANGES, Action.READ))],
    after: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """In order and without gaps: a change is told once every earlier one is settled, within moments."""
    with caller.database.snapshot() as session:
        return say(list_changes(session, actor=caller.actor, after=after, limit=limit, now=caller.now))
