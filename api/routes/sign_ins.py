"""Signing in and out, codes, and passwords. No key here: what these answer is a secret or nothing."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from api.deps import COOKIE, Caller, Guard, refused, say
from scheduler import errors
from scheduler.access.accounts import SIGN_IN_LASTS, request_code, set_password, settle, sign_in, sign_out
from scheduler.access.policy import Action, Resource
from scheduler.booking.orders import Request

router = APIRouter(tags=["accounts"])

Anyone = Annotated[Caller, Depends(Guard(Resource.SIGN_IN, Action.OPEN))]

Login = Annotated[str, Field(min_length=1, max_length=100)]
Secret = Annotated[str, Field(min_length=1, max_length=200)]


class Credentials(Request):
    """Login and password."""

    login: Login
    password: Secret = Field(repr=False)


class Asking(Request):
    """Whose code is asked for."""

    login: Login


class NewPassword(Request):
    """A code by text or handed out by the office, and the password to set."""

    login: Login
    code: Secret = Field(repr=False)
    password: Secret = Field(repr=False)


@dataclass(frozen=True, slots=True)
class SignedInView:
    """Who is signed in now; the cookie stands in the header."""

    login: str
    name: str
    role: str
    language: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Said in every case, whether or not there is such an account."""

    asked: bool


@router.post(
    "/sign-ins",
    status_code=201,
    response_model=SignedInView,
    summary="Sign in",
    responses=refused(errors.WrongCredentials, errors.TooManyTries, errors.ForeignOrigin),
)
def open_one(caller: Anyone, body: Credentials) -> Response:
    """Sets a cookie of twelve hours: HttpOnly, SameSite=Lax."""
    signed_in = settle(
        caller.database,
        lambda session: sign_in(
            session,
            login=body.login,
            password=body.password,
            address=caller.address,
            now=caller.now,
            request_id=caller.actor.request_id,
        ),
    )
    account = signed_in.account
    response = say(SignedInView(account.login, account.name, account.role, account.language))
    response.status_code = 201
    response.set_cookie(
        COOKIE,
        signed_in.token,
        max_age=int(SIGN_IN_LASTS.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=caller.door.secure_cookies,
    )
    return response


@router.post("/sign-ins/end", status_code=204, summary="Sign out", responses=refused(errors.SignInNeeded))
def end(caller: Annotated[Caller, Depends(Guard(Resource.SIGN_IN, Action.CLOSE))]) -> Response:
    """Ends this sign-in, once for all."""
    with caller.database.transaction() as session:
        sign_out(session, actor=caller.actor, token=caller.token or "", now=caller.now)
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, httponly=True, samesite="lax", secure=caller.door.secure_cookies)
    return response


@router.post("/codes", status_code=202, response_model=Asked, summary="Ask for a code by text")
def ask_for_code(
    caller: Annotated[Caller, Depends(Guard(Resource.SIGN_IN, Action.REQUEST_CODE))], body: Asking
) -> Response:
    """For activation or a forgotten password, to the mobile on file; a few an hour."""
    with caller.database.transaction() as session:
        request_code(session, login=body.login, now=caller.now)
    response = say(Asked(asked=True))
    response.status_code = 202
    return response


@router.post(
    "/passwords",
    response_model=SignedInView,
    summary="Set a password by a code",
    responses=refused(errors.WrongCredentials, errors.PasswordTooWeak),
)
def set_one(caller: Anyone, body: NewPassword) -> Response:
    """Ends the account's sign-ins; sign in with the new password next."""
    account = settle(
        caller.database,
        lambda session: set_password(
            session, login=body.login, code=body.code, password=body.password, now=caller.now
        ),
    )
    return say(SignedInView(account.login, account.name, account.role, account.language))
