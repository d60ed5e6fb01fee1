"""Visits: what happened on site, step by step; a wrong entry is corrected, never erased."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel

from api.deps import (
    Caller,
    Guard,
    IfMatch,
    OptionalKey,
    answer_with,
    facts_of,
    keeping,
    refused,
    reply,
    say,
    version_of,
    write,
)
from api.routes.replans import show_replan
from scheduler import errors
from scheduler.access.policy import Action, Resource
from scheduler.booking.orders import Instant, Name, Request, Why
from scheduler.database.idempotency import Answer, Keep, Show
from scheduler.queries.replans import ReplanView
from scheduler.queries.visits import VisitView, read_visit, view_visit
from scheduler.replan.running import report_longer
from scheduler.visit.absence import record_missed_by_customs, record_no_show
from scheduler.visit.correct import Correction, correct_visit
from scheduler.visit.entry import Recorded
from scheduler.visit.record import (
    record_arrival,
    record_end,
    record_opening,
    record_outcome,
    record_release,
    record_result,
)
from scheduler.vocabulary import DelayReason, Outcome

router = APIRouter(prefix="/visits", tags=["visits"])

Reader = Annotated[Caller, Depends(Guard(Resource.VISIT, Action.READ))]
Recorder = Annotated[Caller, Depends(Guard(Resource.VISIT, Action.RECORD))]
Corrector = Annotated[Caller, Depends(Guard(Resource.VISIT, Action.CORRECT))]

_REFUSED = refused(
    errors.UnknownBooking,
    errors.StaleVersion,
    errors.VersionMissing,
    errors.WrongState,
    errors.TooEarly,
    errors.TimesOutOfOrder,
    errors.SignatureMissing,
    errors.MalformedField,
)


class Moment(Request):
    """When it happened; now, where nothing is said."""

    at: Instant | None = None


class LaterEnd(Request):
    """When the inspection will end instead."""

    ends: Instant


class Result(Request):
    """The laboratory's or the office's later word."""

    result: Why
    at: Instant | None = None


class Ending(Request):
    """How the visit ended, and who signed or that signing was refused."""

    outcome: Outcome
    signed_by: Name | None = None
    signing_refused: bool = False
    delay_reason: DelayReason | None = None
    note: Why | None = None


class Absent(Request):
    """Who or what caused it."""

    reason: DelayReason
    note: Why | None = None


class Corrected(Request):
    """What the entry should have said, and why it is changed."""

    reason: Why
    changes: Correction


def _shown(caller: Caller) -> Show[Recorded]:
    return lambda session, made: _said(
        view_visit(session, actor=caller.actor, booking=made.booking, visit=made.visit)
    )


def _said(view: VisitView) -> Answer:
    return answer_with(view, version=view.version)


def _keep(caller: Caller, key: str | None, body: BaseModel, version: int) -> Keep[Recorded, Answer]:
    return keeping(caller, key=key, body=body, show=_shown(caller), version=version)


@router.get(
    "/{number}", response_model=VisitView, summary="One visit", responses=refused(errors.UnknownBooking)
)
def read_one(caller: Reader, number: str) -> Response:
    """By its booking's number; empty before anything was recorded."""
    with caller.database.snapshot() as session:
        view = read_visit(session, actor=caller.actor, number=number, now=caller.now)
    return say(view, version=view.version)


@router.post("/{number}/arrival", response_model=VisitView, summary="Officers on site", responses=_REFUSED)
def arrival(
    caller: Recorder,
    number: str,
    if_match: IfMatch,
    body: Moment = Moment(),  # noqa: B008 - a frozen value
    key: OptionalKey = None,
) -> Response:
    """The booking is in progress from now on."""
    version = version_of(if_match)
    return write(
        caller,
        _keep(caller, key, body, version),
        lambda session: record_arrival(
            session, actor=caller.actor, reference=number, now=caller.now, at=body.at, version=version
        ),
    )


@router.post("/{number}/opening", response_model=VisitView, summary="Goods opened", responses=_REFUSED)
def opening(
    caller: Recorder,
    number: str,
    if_match: IfMatch,
    body: Moment = Moment(),  # noqa: B008 - a frozen value
    key: OptionalKey = None,
) -> Response:
    """The end of on-site waiting."""
    version = version_of(if_match)
    return write(
        caller,
        _keep(caller, key, body, version),
        lambda session: record_opening(
            session, actor=caller.actor, reference=number, now=caller.now, at=body.at, version=version
        ),
    )


@router.post(
    "/{number}/longer",
    response_model=ReplanView,
    summary="The inspection takes longer",
    responses=_REFUSED | refused(errors.NotLater),
)
def longer(
    caller: Recorder, number: str, body: LaterEnd, if_match: IfMatch, key: OptionalKey = None
) -> Response:
    """Where others' crews can absorb it, that is done at once (`applied`); else the office decides."""
    version = version_of(if_match)
    said = report_longer(
        caller.database,
        actor=caller.actor,
        reference=number,
        version=version,
        ends=body.ends,
        now=caller.now,
        keep=keeping(caller, key=key, body=body, show=show_replan(), version=version),
    )
    return reply(said)


@router.post("/{number}/end", response_model=VisitView, summary="Inspection ended", responses=_REFUSED)
def end(
    caller: Recorder,
    number: str,
    if_match: IfMatch,
    body: Moment = Moment(),  # noqa: B008 - a frozen value
    key: OptionalKey = None,
) -> Response:
    """The outcome is recorded next."""
    version = version_of(if_match)
    return write(
        caller,
        _keep(caller, key, body, version),
        lambda session: record_end(
            session, actor=caller.actor, reference=number, now=caller.now, at=body.at, version=version
        ),
    )


@router.post("/{number}/outcome", response_model=VisitView, summary="Outcome", responses=_REFUSED)
def outcome(
    caller: Recorder, number: str, body: Ending, if_match: IfMatch, key: OptionalKey = None
) -> Response:
    """Closes the visit; what was not finished or not passed can be booked again at once (`follow_ups`)."""
    version, facts = version_of(if_match), facts_of(caller)
    return write(
        caller,
        _keep(caller, key, body, version),
        lambda session: record_outcome(
            session,
            actor=caller.actor,
            reference=number,
            now=caller.now,
            facts=facts,
            version=version,
            outcome=body.outcome,
            signed_by=body.signed_by,
            signing_refused=body.signing_refused,
            delay_reason=body.delay_reason,
            note=body.note,
        ),
    )


@router.post("/{number}/result", response_model=VisitView, summary="Later result", responses=_REFUSED)
def result(
    caller: Recorder, number: str, body: Result, if_match: IfMatch, key: OptionalKey = None
) -> Response:
    """Of a visit that ended without one."""
    version = version_of(if_match)
    return write(
        caller,
        _keep(caller, key, body, version),
        lambda session: record_result(
            session,
            actor=caller.actor,
            reference=number,
            result=body.result,
            now=caller.now,
            at=body.at,
            version=version,
        ),
    )


@router.post("/{number}/release", response_model=VisitView, summary="Goods released", responses=_REFUSED)
def release(
    caller: Recorder,
    number: str,
    if_match: IfMatch,
    body: Moment = Moment(),  # noqa: B008 - a frozen value
    key: OptionalKey = None,
) -> Response:
    """Before the visit only where goods are released before they are inspected."""
    version = version_of(if_match)
    return write(
        caller,
        _keep(caller, key, body, version),
        lambda session: record_release(
            session, actor=caller.actor, reference=number, now=caller.now, at=body.at, version=version
        ),
    )


@router.post(
    "/{number}/no-show", response_model=VisitView, summary="The party did not come", responses=_REFUSED
)
def no_show(
    caller: Recorder, number: str, body: Absent, if_match: IfMatch, key: OptionalKey = None
) -> Response:
    """Only after the grace time (30 minutes unless the policy says otherwise), with a reason."""
    version = version_of(if_match)
    said = record_no_show(
        caller.database,
        actor=caller.actor,
        reference=number,
        reason=body.reason,
        note=body.note,
        now=caller.now,
        version=version,
        keep=_keep(caller, key, body, version),
    )
    return reply(said)


@router.post("/{number}/missed", response_model=VisitView, summary="Customs did not come", responses=_REFUSED)
def missed(
    caller: Recorder, number: str, body: Absent, if_match: IfMatch, key: OptionalKey = None
) -> Response:
    """Said openly, with the reason; the instructions are free again."""
    version = version_of(if_match)
    said = record_missed_by_customs(
        caller.database,
        actor=caller.actor,
        reference=number,
        reason=body.reason,
        note=body.note,
        now=caller.now,
        version=version,
        keep=_keep(caller, key, body, version),
    )
    return reply(said)


@router.post(
    "/{number}/corrections",
    response_model=VisitView,
    summary="Correct an entry",
    responses=_REFUSED | refused(errors.ReasonMissing),
)
def correct(
    caller: Corrector, number: str, body: Corrected, if_match: IfMatch, key: OptionalKey = None
) -> Response:
    """Fields sent are set, null clears, others stay; the old entry is kept."""
    version, facts = version_of(if_match), facts_of(caller)
    return write(
        caller,
        _keep(caller, key, body, version),
        lambda session: correct_visit(
            session,
            actor=caller.actor,
            reference=number,
            changes=body.changes,
            reason=body.reason,
            now=caller.now,
            facts=facts,
            version=version,
        ),
    )
