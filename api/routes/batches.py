"""Batches: many instructions at once, held together, accepted in part."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Response
from fastapi.openapi.models import Example

from api.deps import Caller, Guard, Key, OptionalKey, answer_with, keeping, refused, reply, say
from scheduler import errors
from scheduler.access.policy import Action, Resource
from scheduler.booking.batch.accept import accept_batch, find_batch
from scheduler.booking.batch.hold import hold_batch
from scheduler.booking.batch.orders import BatchAnswer, BatchOrder
from scheduler.database.idempotency import Show
from scheduler.models import Batch
from scheduler.queries.batches import BatchView, view_batch

router = APIRouter(prefix="/batches", tags=["batches"])

CREATED = 201
_EXAMPLES: dict[str, Example] = {
    "two": {
        "summary": "Two instructions, any time on these days",
        "value": {
            "instructions": [{"reference": "010020261000000001"}, {"reference": "010020261000000002"}],
            "wished_from": "2026-12-01T08:30:00+08:00",
            "wished_to": "2026-12-02T17:30:00+08:00",
        },
    }
}


def _shown(caller: Caller, *, status: int = 200) -> Show[Batch]:
    return lambda session, batch: answer_with(
        view_batch(session, batch, now=caller.now),
        status=status,
        location=f"/api/v1/batches/{batch.reference}" if status == CREATED else None,
    )


@router.post(
    "",
    status_code=201,
    response_model=BatchView,
    summary="Hold times for many instructions at once",
    responses=refused(
        errors.UnknownInstruction,
        errors.WindowTooLong,
        errors.MalformedField,
        errors.KeyMissing,
        errors.KeyReused,
    ),
)
def create(
    caller: Annotated[Caller, Depends(Guard(Resource.BATCH, Action.CREATE))],
    order: Annotated[BatchOrder, Body(openapi_examples=_EXAMPLES)],
    key: Key,
) -> Response:
    """As many and as early as can be crewed together; each item says its time, or why there is none."""
    keep = keeping(caller, key=key, body=order, show=_shown(caller, status=CREATED))
    return reply(hold_batch(caller.database, actor=caller.actor, order=order, now=caller.now, keep=keep))


@router.get(
    "/{number}", response_model=BatchView, summary="One batch", responses=refused(errors.UnknownBatch)
)
def read_one(caller: Annotated[Caller, Depends(Guard(Resource.BATCH, Action.READ))], number: str) -> Response:
    """What is held for each instruction, and until when."""
    with caller.database.snapshot() as session:
        batch = find_batch(session, actor=caller.actor, reference=number)
        view = view_batch(session, batch, now=caller.now)
    return say(view)


@router.post(
    "/{number}/accept",
    response_model=BatchView,
    summary="Accept times of a batch",
    responses=refused(
        errors.UnknownBatch,
        errors.BatchAnswered,
        errors.BatchItemsLost,
        errors.UnknownBooking,
        errors.AttendeeMissing,
        errors.NotAMobile,
        errors.TooManyRecipients,
    ),
)
def accept(
    caller: Annotated[Caller, Depends(Guard(Resource.BATCH, Action.CONFIRM))],
    number: str,
    body: BatchAnswer,
    key: OptionalKey = None,
) -> Response:
    """All that are named become promises, or none and you are told which are lost; the rest is given back."""
    said = accept_batch(
        caller.database,
        actor=caller.actor,
        reference=number,
        answer=body,
        now=caller.now,
        keep=keeping(caller, key=key, body=body, show=_shown(caller)),
    )
    return reply(said)
