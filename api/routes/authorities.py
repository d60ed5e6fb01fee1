"""Authorities: which broker may act for an enterprise, and until when."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from api.deps import Caller, Guard, Key, Number, OptionalKey, answer_with, keeping, refused, say, write
from scheduler import errors
from scheduler.access.authorities import authorities_seen, grant, revoke
from scheduler.access.policy import Action, Resource
from scheduler.booking.orders import Request
from scheduler.database.idempotency import Show
from scheduler.models import Authority
from scheduler.promise.rows import local_date
from scheduler.queries.people import AuthorityView, view_authority

router = APIRouter(prefix="/authorities", tags=["accounts"])


class NewAuthority(Request):
    """The broker by its USCC, over [valid_from, valid_to)."""

    broker: str = Field(max_length=60)
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class AuthorityList:
    """Newest first."""

    items: tuple[AuthorityView, ...]


def _shown(status: int) -> Show[Authority]:
    return lambda session, one: answer_with(view_authority(session, one), status=status)


@router.get("", response_model=AuthorityList, summary="Authorities given and held")
def read_all(caller: Annotated[Caller, Depends(Guard(Resource.AUTHORITY, Action.READ))]) -> Response:
    """Of your enterprise, or of the call's."""
    with caller.database.snapshot() as session:
        seen = authorities_seen(session, actor=caller.actor)
        return say(AuthorityList(tuple(view_authority(session, one) for one in seen)))


@router.post(
    "",
    status_code=201,
    response_model=AuthorityView,
    summary="Let a broker act for you",
    responses=refused(
        errors.UnknownEnterprise,
        errors.MalformedCode,
        errors.WrongCheckDigit,
        errors.TimesOutOfOrder,
        errors.KeyMissing,
        errors.KeyReused,
    ),
)
def add(
    caller: Annotated[Caller, Depends(Guard(Resource.AUTHORITY, Action.GRANT))], body: NewAuthority, key: Key
) -> Response:
    """From today on at the earliest."""
    keep = keeping(
        caller,
        key=key,
        body=body,
        show=_shown(201),
    )
    return write(
        caller,
        keep,
        lambda session: grant(
            session,
            actor=caller.actor,
            broker=body.broker,
            valid_from=body.valid_from,
            valid_to=body.valid_to,
            today=local_date(caller.now),
            now=caller.now,
        ),
    )


@router.post(
    "/{authority}/revoke",
    response_model=AuthorityView,
    summary="Revoke an authority",
    responses=refused(errors.UnknownAuthority),
)
def end(
    caller: Annotated[Caller, Depends(Guard(Resource.AUTHORITY, Action.REVOKE))],
    authority: Number,
    key: OptionalKey = None,
) -> Response:
    """Bookings already made under it stay."""
    keep = keeping(
        caller,
        key=key,
        body=None,
        show=_shown(200),
    )
    return write(
        caller,
        keep,
        lambda session: revoke(session, actor=caller.actor, authority=authority, now=caller.now),
    )
