"""API tokens: made once, kept as a digest, scoped, ending, revocable. No key here: a token is a secret."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from api.deps import Caller, Guard, Number, refused, say
from scheduler import errors
from scheduler.access.policy import Action, Resource, TokenScope
from scheduler.access.tokens import create_token, list_tokens, revoke_token
from scheduler.booking.orders import Instant, Request
from scheduler.queries.people import TokenView, view_token

router = APIRouter(prefix="/tokens", tags=["accounts"])


class NewToken(Request):
    """What the token is for, and until when (365 days at most); without a login, one's own."""

    label: str = Field(max_length=100)
    scopes: tuple[TokenScope, ...] = Field(min_length=1, max_length=4)
    expires_at: Instant
    login: str | None = Field(default=None, max_length=100)


@dataclass(frozen=True, slots=True)
class TokenList:
    """Newest first."""

    items: tuple[TokenView, ...]


@dataclass(frozen=True, slots=True)
class MadeToken:
    """The token, the only time it is shown: send it as `Authorization: Bearer`."""

    token: str


@router.get("", response_model=TokenList, summary="Tokens that you may revoke")
def read_all(caller: Annotated[Caller, Depends(Guard(Resource.API_TOKEN, Action.LIST))]) -> Response:
    """Your own; those of the enterprise, as its administrator."""
    with caller.database.snapshot() as session:
        return say(TokenList(tuple(view_token(one) for one in list_tokens(session, actor=caller.actor))))


@router.post(
    "",
    status_code=201,
    response_model=MadeToken,
    summary="Make a token",
    responses=refused(errors.MalformedField, errors.UnknownToken, errors.Forbidden),
)
def create(
    caller: Annotated[Caller, Depends(Guard(Resource.API_TOKEN, Action.CREATE))], body: NewToken
) -> Response:
    """`sandbox` works on the demonstration district only."""
    with caller.database.transaction() as session:
        token = create_token(
            session,
            actor=caller.actor,
            label=body.label,
            scopes=[scope.value for scope in body.scopes],
            expires_at=body.expires_at,
            login=body.login,
            now=caller.now,
        )
    response = say(MadeToken(token))
    response.status_code = 201
    return response


@router.post(
    "/{token}/revoke", status_code=204, summary="Revoke a token", responses=refused(errors.UnknownToken)
)
def revoke(
    caller: Annotated[Caller, Depends(Guard(Resource.API_TOKEN, Action.REVOKE))], token: Number
) -> Response:
    """From the next request on; a second time changes nothing."""
    with caller.database.transaction() as session:
        revoke_token(session, actor=caller.actor, token=token, now=caller.now)
    return Response(status_code=204)
