"""Health: is the process there, does the database answer, is its schema the newest."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from api.deps import Anybody, answer_with, door_of, reply
from scheduler.access.policy import Action, Resource
from scheduler.database.migrate import is_newest
from scheduler.errors import Unavailable

router = APIRouter(prefix="/health", tags=["service"])

Asked = Annotated[None, Depends(Anybody(Resource.HEALTH, Action.READ))]


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the process can serve; all true with 200, else 503."""

    live: bool
    database: bool
    newest_schema: bool


@router.get("", response_model=Health, summary="Can it serve?", responses={503: {"model": Health}})
def read(request: Request, _asked: Asked) -> Response:
    """Live is true whenever this is answered; load balancers look at the status."""
    database = door_of(request).database
    try:
        database.now()
    except Unavailable:
        return reply(answer_with(Health(live=True, database=False, newest_schema=False), status=503))
    newest = is_newest(database.url)
    health = Health(live=True, database=True, newest_schema=newest)
    return reply(answer_with(health, status=200 if newest else 503))
