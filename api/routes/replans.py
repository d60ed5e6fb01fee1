"""Disturbed days: report what happened, look at the proposals, apply one or put them aside."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Query, Response
from fastapi.openapi.models import Example

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
    write,
)
from scheduler import errors
from scheduler.access.policy import Action, Resource
from scheduler.database.idempotency import Show
from scheduler.models import Replan
from scheduler.queries.replans import (
    HarmList,
    ReplanPage,
    ReplanView,
    list_harm,
    list_replans,
    read_replan_of,
    view_replan,
)
from scheduler.replan.applying import apply_replan, discard_replan
from scheduler.replan.orders import Choice, ReplanOrder
from scheduler.replan.proposing import propose_replan
from scheduler.vocabulary import ReplanState

router = APIRouter(prefix="/replans", tags=["replans"])

_EXAMPLES: dict[str, Example] = {
    "ill": {
        "summary": "An inspector is ill from now on",
        "value": {
            "date": "2026-12-01",
            "causes": [
                {
                    "kind": "inspector_away",
                    "badge": "B00012",
                    "begins": "2026-12-01T09:30:00+08:00",
                    "reason": "发热",
                }
            ],
        },
    },
    "urgent": {
        "summary": "Live goods have to be inspected by eleven",
        "value": {
            "date": "2026-12-01",
            "causes": [{"kind": "urgent", "booking": "Q7K4M9P2XW", "latest": "2026-12-01T11:00:00+08:00"}],
        },
    },
}
_OF_CAUSES = (
    errors.UnknownInspector,
    errors.UnknownSite,
    errors.UnknownBooking,
    errors.WrongState,
    errors.NotLater,
    errors.MalformedField,
    errors.PastTime,
    errors.BeyondHorizon,
    errors.HurtsBookings,
)


def show_replan(*, made: bool = False) -> Show[Replan]:
    """How proposals that were just written are said."""
    return lambda _session, row: answer_with(
        view_replan(row), status=201 if made else 200, location=f"/api/v1/replans/{row.id}" if made else None
    )


@router.post(
    "",
    status_code=201,
    response_model=ReplanView,
    summary="Ask for proposals",
    responses=refused(*_OF_CAUSES, errors.KeyMissing, errors.KeyReused),
)
def propose(
    caller: Annotated[Caller, Depends(Guard(Resource.REPLAN, Action.CREATE))],
    order: Annotated[ReplanOrder, Body(openapi_examples=_EXAMPLES)],
    key: Key,
) -> Response:
    """Up to three, the best first, those that move no promise before all others; nothing changes yet."""
    keep = keeping(caller, key=key, body=order, show=show_replan(made=True))
    return reply(propose_replan(caller.database, actor=caller.actor, order=order, now=caller.now, keep=keep))


@router.get("", response_model=ReplanPage, summary="Disturbed days of your office")
def read_all(  # noqa: PLR0917 - the filters of the query string
    caller: Annotated[Caller, Depends(Guard(Resource.REPLAN, Action.LIST))],
    first: Annotated[date | None, Query(alias="from")] = None,
    last: Annotated[date | None, Query(alias="to")] = None,
    state: ReplanState | None = None,
    after: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """The latest first; those in state `proposed` wait for your word."""
    begins, ends = window_of(caller, first, last)
    with caller.database.snapshot() as session:
        page = list_replans(
            session, actor=caller.actor, first=begins, last=ends, state=state, after=after, limit=limit
        )
    return say(page)


@router.get("/harm", response_model=HarmList, summary="What priority cost others")
def read_harm(
    caller: Annotated[Caller, Depends(Guard(Resource.REPLAN, Action.LIST))],
    first: Annotated[date | None, Query(alias="from")] = None,
    last: Annotated[date | None, Query(alias="to")] = None,
) -> Response:
    """Each promise that urgent goods moved, by how much, and who agreed to it."""
    begins, ends = window_of(caller, first, last)
    with caller.database.snapshot() as session:
        return say(list_harm(session, actor=caller.actor, first=begins, last=ends))


@router.get("/{number}", response_model=ReplanView, summary="One", responses=refused(errors.UnknownReplan))
def read_one(
    caller: Annotated[Caller, Depends(Guard(Resource.REPLAN, Action.READ))], number: Number
) -> Response:
    """Its causes and proposals, and what became of them."""
    with caller.database.snapshot() as session:
        return say(read_replan_of(session, actor=caller.actor, number=number))


@router.post(
    "/{number}/apply",
    response_model=ReplanView,
    summary="Apply a proposal",
    responses=refused(
        errors.UnknownReplan,
        errors.ReplanSettled,
        errors.ReplanOutdated,
        errors.ConsentMissing,
        errors.HurtsBookings,
        errors.InspectorAbsent,
        errors.MalformedField,
    ),
)
def apply(
    caller: Annotated[Caller, Depends(Guard(Resource.REPLAN, Action.APPLY))],
    number: Number,
    body: Choice = Choice(),  # noqa: B008 - a frozen value
    key: OptionalKey = None,
) -> Response:
    """All of it in one step, or nothing; everybody whose time changes is told, nobody is moved unasked."""
    said = apply_replan(
        caller.database,
        actor=caller.actor,
        number=number,
        choice=body,
        now=caller.now,
        keep=keeping(caller, key=key, body=body, show=show_replan()),
    )
    return reply(said)


@router.post(
    "/{number}/discard",
    response_model=ReplanView,
    summary="Put proposals aside",
    responses=refused(errors.UnknownReplan, errors.ReplanSettled),
)
def discard(
    caller: Annotated[Caller, Depends(Guard(Resource.REPLAN, Action.APPLY))],
    number: Number,
    key: OptionalKey = None,
) -> Response:
    """The day stays as it is."""
    return write(
        caller,
        keeping(caller, key=key, body=None, show=show_replan()),
        lambda session: discard_replan(session, actor=caller.actor, number=number, now=caller.now),
    )
