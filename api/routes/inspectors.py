"""Inspectors, by badge number."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from api.deps import Caller, Cursor, Guard, Limit, refused, say
from scheduler.access.policy import Action, Resource
from scheduler.errors import UnknownInspector
from scheduler.queries.roster import InspectorPage, InspectorView, list_inspectors, read_inspector

router = APIRouter(prefix="/inspectors", tags=["roster"])

Reader = Annotated[Caller, Depends(Guard(Resource.INSPECTOR, Action.READ))]


@router.get("", response_model=InspectorPage, summary="Inspectors in your scope")
def read_all(caller: Reader, after: Cursor = None, limit: Limit = 50) -> Response:
    """Of your office; an inspector sees the own entry."""
    with caller.database.snapshot() as session:
        return say(list_inspectors(session, actor=caller.actor, after=after, limit=limit))


@router.get(
    "/{badge}", response_model=InspectorView, summary="One inspector", responses=refused(UnknownInspector)
)
def read_one(caller: Reader, badge: str) -> Response:
    """With the qualifications held and their dates."""
    with caller.database.snapshot() as session:
        return say(read_inspector(session, actor=caller.actor, badge=badge))
