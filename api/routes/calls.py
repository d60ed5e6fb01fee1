"""Calls: the desk opens one, finds the caller's enterprise, acts within it, and closes it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from api.deps import Caller, Guard, Key, OptionalKey, answer_with, keeping, refused, say, write
from scheduler import errors
from scheduler.access.calls import close_call, find_enterprise, open_call
from scheduler.access.policy import Action, Resource
from scheduler.booking.orders import Request
from scheduler.database.idempotency import Show
from scheduler.models import Call
from scheduler.promise.reference import ZONE
from scheduler.queries.booking_views import PartyView
from scheduler.vocabulary import CallEnd

router = APIRouter(prefix="/calls", tags=["calls"])


class NewCall(Request):
    """Who is on the line; short numbers, landlines with an extension and 400 numbers are taken."""

    caller_name: str = Field(max_length=100)
    caller_phone: str = Field(max_length=60)


class Search(Request):
    """A complete phone number, USCC, instruction reference or booking number."""

    query: str = Field(max_length=64)


class CallClosing(Request):
    """Why the call ended."""

    reason: CallEnd
    note: str | None = Field(default=None, max_length=500)


@dataclass(frozen=True, slots=True)
class CallView:
    """An own call; name it in `X-Call`."""

    reference: str
    opened_at: datetime
    ended_at: datetime | None
    end_reason: str | None


def _view(call: Call) -> CallView:
    ended = None if call.ended_at is None else call.ended_at.astimezone(ZONE)
    return CallView(call.reference, call.opened_at.astimezone(ZONE), ended, call.end_reason)


def _shown(status: int) -> Show[Call]:
    return lambda _session, call: answer_with(_view(call), status=status)


@router.post(
    "",
    status_code=201,
    response_model=CallView,
    summary="Open a call",
    responses=refused(errors.MalformedPhone, errors.KeyMissing, errors.KeyReused),
)
def open_one(
    caller: Annotated[Caller, Depends(Guard(Resource.CALL, Action.OPEN))], body: NewCall, key: Key
) -> Response:
    """It speaks for nobody until an enterprise is found in it, and counts for half an hour."""
    keep = keeping(caller, key=key, body=body, show=_shown(201))
    return write(
        caller,
        keep,
        lambda session: open_call(
            session,
            actor=caller.actor,
            caller_name=body.caller_name,
            caller_phone=body.caller_phone,
            now=caller.now,
        ),
    )


@router.post(
    "/enterprise",
    response_model=PartyView,
    summary="Find the caller's enterprise",
    responses=refused(
        errors.CallNeeded, errors.CallBound, errors.UnknownCall, errors.UnknownEnterprise, errors.Forbidden
    ),
)
def find(
    caller: Annotated[Caller, Depends(Guard(Resource.ENTERPRISE, Action.SEARCH))], body: Search
) -> Response:
    """One exact hit is shown, and binds the call named in `X-Call`; every search is on record."""
    with caller.database.transaction() as session:
        found = find_enterprise(session, actor=caller.actor, query=body.query, now=caller.now)
        view = None if found is None else PartyView(found.uscc, found.name)
    if view is None:
        raise errors.UnknownEnterprise(field="/query")
    return say(view)


@router.post(
    "/{reference}/close",
    response_model=CallView,
    summary="Close a call",
    responses=refused(errors.UnknownCall),
)
def close(
    caller: Annotated[Caller, Depends(Guard(Resource.CALL, Action.CLOSE))],
    reference: str,
    body: CallClosing,
    key: OptionalKey = None,
) -> Response:
    """With the reason of its end."""
    keep = keeping(caller, key=key, body=body, show=_shown(200))
    return write(
        caller,
        keep,
        lambda session: close_call(
            session,
            actor=caller.actor,
            reference=reference,
            reason=body.reason,
            note=body.note,
            now=caller.now,
        ),
    )
