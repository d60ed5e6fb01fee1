"""Instructions: put one or many, withdraw, read. The same facts again change nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.deps import Caller, Cursor, Guard, Limit, OptionalKey, answer_with, keeping, refused, reply, say
from api.problems import Problem, describe, refusal_of
from scheduler import errors
from scheduler.access.policy import Action, Resource
from scheduler.database.idempotency import Answer, Keep, Show, plainly
from scheduler.instruction.orders import InstructionOrder
from scheduler.instruction.put import InstructionWritten, put_instruction, withdraw_instruction
from scheduler.queries.instructions import (
    InstructionPage,
    InstructionView,
    judging,
    list_instructions,
    read_instruction,
)
from scheduler.vocabulary import InstructionState, ReferenceKind

Kept = TypeVar("Kept")

router = APIRouter(prefix="/instructions", tags=["instructions"])

MOST_AT_ONCE = 200

Reader = Annotated[Caller, Depends(Guard(Resource.INSTRUCTION, Action.READ))]
Lister = Annotated[Caller, Depends(Guard(Resource.INSTRUCTION, Action.LIST))]
Sender = Annotated[Caller, Depends(Guard(Resource.INSTRUCTION, Action.WRITE))]
Withdrawer = Annotated[Caller, Depends(Guard(Resource.INSTRUCTION, Action.WITHDRAW))]

_REFUSED = refused(
    errors.MalformedCode,
    errors.WrongCheckDigit,
    errors.DirectionMismatch,
    errors.UnknownOffice,
    errors.UnknownSite,
    errors.UnknownEnterprise,
    errors.UnknownInstruction,
    errors.NoAuthority,
    errors.MalformedField,
    errors.UnknownField,
    errors.NaiveTime,
)


class InstructionFacts(BaseModel):
    """All facts of an instruction; kind and reference stand in the address."""

    model_config = ConfigDict(
        frozen=True,
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "direction": "1",
                    "office": "capital-airport",
                    "site": "cargo-north",
                    "type": "standard",
                    "represented": "91110105MA00000018",
                    "goods_name": "鲜苹果",
                    "goods_category": "fruit",
                    "hs_code": "0808100000",
                    "units": 2,
                    "issued_at": "2026-11-30T09:00:00+08:00",
                }
            ]
        },
    )


class Bulk(BaseModel):
    """Up to 200 instructions, each with its kind and reference; each succeeds or fails on its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    items: tuple[dict[str, Any], ...] = (
        Field(  # each is checked by itself, so that one does not stop the others
            min_length=1, max_length=MOST_AT_ONCE
        )
    )


@dataclass(frozen=True, slots=True)
class BulkItem:
    """What became of one of many: `written`, or the `problem`."""

    written: InstructionWritten | None
    problem: Problem | None


@dataclass(frozen=True, slots=True)
class BulkAnswer:
    """In the order that was sent; the same request again changes nothing more."""

    items: tuple[BulkItem, ...]
    failed: int


@router.get("", response_model=InstructionPage, summary="Instructions in your scope")
def read_all(
    caller: Lister,
    state: Annotated[list[InstructionState], Query(max_length=4)] = [],  # noqa: B006 - FastAPI copies it
    bookable: Annotated[bool, Query(description="Only open ones without a booking.")] = False,  # noqa: FBT002 - a query parameter
    after: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """Oldest first; follow `next` for more."""
    with caller.database.snapshot() as session:
        page = list_instructions(
            session,
            actor=caller.actor,
            states=state,
            bookable=bookable,
            after=after,
            limit=limit,
            now=caller.now,
        )
    return say(page)


@router.post("/bulk", response_model=BulkAnswer, summary="Put up to 200 instructions", responses=_REFUSED)
def put_many(caller: Sender, body: Bulk) -> Response:
    """Each in a transaction of its own; safe to repeat, so no key is needed."""
    items = tuple(_put_one(caller, place, item) for place, item in enumerate(body.items))
    return say(BulkAnswer(items, sum(item.problem is not None for item in items)))


@router.put(
    "/{kind}/{reference:path}",
    response_model=InstructionWritten,
    summary="Put an instruction",
    responses=_REFUSED,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": InstructionOrder.model_json_schema()}},
        }
    },
)
def put(caller: Sender, kind: ReferenceKind, reference: str, body: InstructionFacts) -> Response:
    """Complete each time: what is left out is empty. Its booking is re-validated in the same transaction."""
    order = _order({**(body.model_extra or {}), "kind": kind.value, "reference": reference})
    keep = _judged(caller, order, keeping(caller, key=None, body=None, show=_SHOWN))
    said = put_instruction(caller.database, actor=caller.actor, order=order, now=caller.now, keep=keep)
    return reply(said)


@router.post(
    "/{kind}/{reference:path}/withdraw",
    response_model=InstructionWritten,
    summary="Withdraw an instruction",
    responses=refused(errors.UnknownInstruction),
)
def withdraw(caller: Withdrawer, kind: ReferenceKind, reference: str, key: OptionalKey = None) -> Response:
    """A booking that inspects nothing else ends, and its people are told; again changes nothing."""
    said = withdraw_instruction(
        caller.database,
        actor=caller.actor,
        kind=kind,
        reference=reference,
        now=caller.now,
        keep=keeping(caller, key=key, body=None, show=_SHOWN),
    )
    return reply(said)


@router.get(
    "/{kind}/{reference:path}",
    response_model=InstructionView,
    summary="One instruction",
    responses=refused(errors.UnknownInstruction),
)
def read_one(caller: Reader, kind: ReferenceKind, reference: str) -> Response:
    """With its version as ETag and the booking that it has now."""
    with caller.database.snapshot() as session:
        view = read_instruction(session, actor=caller.actor, kind=kind, reference=reference, now=caller.now)
    return say(view, version=view.version)


def _said(written: InstructionWritten) -> Answer:
    status = 201 if written.outcome == "created" else 200
    return answer_with(written, status=status, version=written.version)


_SHOWN: Show[InstructionWritten] = lambda _session, written: _said(written)  # noqa: E731 - a value of a type


def _order(facts: Mapping[str, Any]) -> InstructionOrder:  # as JSON gave them
    """The facts as a request.

    Raises:
        UnknownField, MalformedField, NaiveTime: of the first wrong field.
    """
    try:
        return InstructionOrder.model_validate(facts)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        raise refusal_of({**first, "loc": ("body", *first["loc"])}) from None


def _judged(
    caller: Caller, order: InstructionOrder, keep: Keep[InstructionWritten, Kept]
) -> Keep[InstructionWritten, Kept]:
    return judging(
        keep,
        actor=caller.actor,
        kind=order.kind,
        reference=order.reference,
        represented=order.represented,
        declarant=order.declarant,
        office=order.office,
        now=caller.now,
    )


def _put_one(caller: Caller, place: int, facts: Mapping[str, Any]) -> BulkItem:  # as JSON gave them
    try:
        order = _order(facts)
        keep = _judged(caller, order, plainly)
        said = put_instruction(caller.database, actor=caller.actor, order=order, now=caller.now, keep=keep)
    except errors.Unavailable:
        raise
    except errors.Refusal as refusal:
        refusal.field = f"/items/{place}{refusal.field or ''}"
        return BulkItem(None, describe(refusal, language=caller.language))
    return BulkItem(said, None)
