"""Accounts: one's own, those one looks after, adding people and programs, closing accounts."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from api.deps import Caller, Guard, Key, OptionalKey, answer_with, keeping, refused, say, write
from scheduler import errors
from scheduler.access.accounts import hand_out_code
from scheduler.access.members import (
    add_enterprise_user,
    add_integrator,
    disable_account,
    list_accounts,
    register_first_user,
)
from scheduler.access.policy import Action, Resource, Scope
from scheduler.booking.orders import Request
from scheduler.database.idempotency import Show
from scheduler.models import Account
from scheduler.queries.people import AccountView, find_enterprise_id, read_account, view_account

router = APIRouter(prefix="/accounts", tags=["accounts"])

_TO_ADD = refused(
    errors.Forbidden,
    errors.MalformedField,
    errors.LoginTaken,
    errors.NotAMobile,
    errors.KeyMissing,
    errors.KeyReused,
)
Adder = Annotated[Caller, Depends(Guard(Resource.ACCOUNT, Action.CREATE))]
# A program is nothing without a token: who may not make one for it may not add it.
ProgramAdder = Annotated[Caller, Depends(Guard(Resource.API_TOKEN, Action.CREATE))]


class NewPerson(Request):
    """A person of an enterprise; by the office or the administrator, `enterprise` names whose first user."""

    login: str = Field(max_length=100)
    name: str = Field(max_length=100)
    mobile: str = Field(max_length=60)
    is_enterprise_admin: bool = False
    enterprise: str | None = Field(default=None, max_length=60, description="USCC, for the first user only")


class NewProgram(Request):
    """A program of the enterprise: it comes in by tokens alone."""

    login: str = Field(max_length=100)
    name: str = Field(max_length=100)


@dataclass(frozen=True, slots=True)
class AccountList:
    """Accounts by login."""

    items: tuple[AccountView, ...]


@dataclass(frozen=True, slots=True)
class CodeView:
    """A code to be told in person; it sets a password once, within minutes."""

    code: str


def _shown(status: int) -> Show[Account]:
    return lambda session, account: answer_with(view_account(session, account), status=status)


@router.get("/me", response_model=AccountView, summary="One's own account")
def read_own(caller: Annotated[Caller, Depends(Guard(Resource.ACCOUNT, Action.READ))]) -> Response:
    """Who is signed in, or whose token this is."""
    with caller.database.snapshot() as session:
        return say(read_account(session, actor=caller.actor))


@router.get("", response_model=AccountList, summary="Accounts that you look after")
def read_all(caller: Annotated[Caller, Depends(Guard(Resource.ACCOUNT, Action.LIST))]) -> Response:
    """Of your enterprise, as its administrator; the office's agents and inspectors; the staff."""
    with caller.database.snapshot() as session:
        accounts = list_accounts(session, actor=caller.actor)
        return say(AccountList(tuple(view_account(session, account) for account in accounts)))


@router.post("", status_code=201, response_model=AccountView, summary="Add a person", responses=_TO_ADD)
def add(caller: Adder, body: NewPerson, key: Key) -> Response:
    """Who then sets a password by a code. An enterprise's first user is its administrator."""
    own = caller.scope is Scope.OWN
    if own == (body.enterprise is not None):
        raise errors.MalformedField(field="/enterprise")
    keep = keeping(
        caller,
        key=key,
        body=body,
        show=_shown(201),
    )
    return write(
        caller,
        keep,
        lambda session: (
            add_enterprise_user(
                session,
                actor=caller.actor,
                login=body.login,
                name=body.name,
                mobile=body.mobile,
                is_enterprise_admin=body.is_enterprise_admin,
                now=caller.now,
            )
            if own
            else register_first_user(
                session,
                actor=caller.actor,
                enterprise=find_enterprise_id(session, body.enterprise or "", field="/enterprise"),
                login=body.login,
                name=body.name,
                mobile=body.mobile,
                now=caller.now,
            )
        ),
    )


@router.post(
    "/programs", status_code=201, response_model=AccountView, summary="Add a program", responses=_TO_ADD
)
def add_program(caller: ProgramAdder, body: NewProgram, key: Key) -> Response:
    """By the enterprise's administrator, who then makes its tokens."""
    keep = keeping(
        caller,
        key=key,
        body=body,
        show=_shown(201),
    )
    return write(
        caller,
        keep,
        lambda session: add_integrator(
            session, actor=caller.actor, login=body.login, name=body.name, now=caller.now
        ),
    )


@router.post(
    "/{login}/code",
    status_code=201,
    response_model=CodeView,
    summary="Hand out a code",
    responses=refused(errors.UnknownAccount),
)
def hand_out(
    caller: Annotated[Caller, Depends(Guard(Resource.ACCOUNT, Action.HAND_OUT_CODE))], login: str
) -> Response:
    """To a person whom the office knows; who handed it out is on record."""
    with caller.database.transaction() as session:
        code = hand_out_code(session, actor=caller.actor, login=login, now=caller.now)
    response = say(CodeView(code))
    response.status_code = 201
    return response


@router.post(
    "/{login}/disable",
    response_model=AccountView,
    summary="Close an account",
    responses=refused(errors.UnknownAccount, errors.Forbidden),
)
def disable(
    caller: Annotated[Caller, Depends(Guard(Resource.ACCOUNT, Action.DISABLE))],
    login: str,
    key: OptionalKey = None,
) -> Response:
    """Its sign-ins and tokens count no more from the next request on."""
    keep = keeping(
        caller,
        key=key,
        body=None,
        show=_shown(200),
    )
    return write(
        caller,
        keep,
        lambda session: disable_account(session, actor=caller.actor, login=login, now=caller.now),
    )
