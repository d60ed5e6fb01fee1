"""API tokens of integrators and enterprise people: shown once, kept as a digest, scoped, ending."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlmodel import Session, col, or_, select, update

from scheduler.access.accounts import (
    actor_of,
    digest,
    find_account,
    is_enterprise_administrator,
    known_id,
    normal_login,
)
from scheduler.access.actor import Actor
from scheduler.access.attribution import record
from scheduler.access.policy import Action, Resource, Scope, TokenActor, TokenScope, require
from scheduler.errors import Forbidden, MalformedField, SignInNeeded, UnknownAccount, UnknownToken
from scheduler.models import Account, ApiToken, Enterprise
from scheduler.vocabulary import Channel, Role

LONGEST_LIFE = timedelta(days=365)
SEEN_EVERY = timedelta(minutes=1)
_PREFIX = "insp_"  # lets a scanner of repositories recognise a token that leaked
_LONGEST_LABEL = 100
_BEARERS = frozenset({Role.ENTERPRISE_USER, Role.INTEGRATOR})


def create_token(
    session: Session,
    *,
    actor: Actor,
    label: str,
    scopes: Iterable[str],
    expires_at: datetime,
    now: datetime,
    login: str | None = None,
) -> str:
    """Make a token and return it, the only time it is seen; without a login, one's own.

    An enterprise's administrator makes the tokens of its integrators. A sandbox token works on the
    demonstration district: it stands for an example enterprise.

    Raises:
        Forbidden, SignInNeeded: the role may not do this; a token makes no tokens.
        UnknownAccount: nobody of that login within reach.
        MalformedField: label, scopes (none, unknown, or sandbox for a real enterprise) or expiry.
    """
    require(actor, Resource.API_TOKEN, Action.CREATE)
    account = _bearer(session, actor=actor, login=login)
    chosen = _checked_scopes(session, scopes, account=account)
    if not 0 < len(label.strip()) <= _LONGEST_LABEL:
        raise MalformedField(field="/label")
    if not now < expires_at <= now + LONGEST_LIFE:
        raise MalformedField(field="/expires_at", longest_days=LONGEST_LIFE.days)
    plain = _PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        account=known_id(account.id),
        token_hash=digest(plain),
        label=label.strip(),
        scopes=sorted(scope.value for scope in chosen),
        created_at=now,
        expires_at=expires_at,
    )
    session.add(token)
    session.flush()
    _record(session, actor=actor, kind="token_created", token=token, account=account, now=now)
    return plain


def actor_of_token(
    session: Session, *, token: str, now: datetime, request_id: str | None = None
) -> TokenActor:
    """Return who acts by a token, with the account's role narrowed to the token's scopes.

    Writes when it was last used, once a minute at most.

    Raises:
        SignInNeeded: unknown, revoked or expired, or the account was disabled.
    """
    live = (col(ApiToken.token_hash) == digest(token)) & col(ApiToken.revoked_at).is_(None)
    found = session.exec(
        select(ApiToken, Account, Enterprise)
        .join(Account, col(Account.id) == col(ApiToken.account))
        .join(Enterprise, col(Enterprise.id) == col(Account.enterprise))
        .where(
            live,
            ApiToken.expires_at > now,
            col(Account.active),
            col(Account.role).in_([role.value for role in _BEARERS]),
        )
    ).first()
    if found is None:
        raise SignInNeeded
    kept, account, enterprise = found
    scopes = frozenset(TokenScope(scope) for scope in kept.scopes)
    if TokenScope.SANDBOX in scopes and not enterprise.is_example:
        raise SignInNeeded
    _note_use(session, kept, now)
    bearer = actor_of(account, channel=Channel.API, request_id=request_id)
    return TokenActor(
        role=bearer.role,
        channel=bearer.channel,
        account=bearer.account,
        enterprise=bearer.enterprise,
        request_id=request_id,
        scopes=scopes,
    )


def list_tokens(session: Session, *, actor: Actor) -> list[ApiToken]:
    """Return the tokens that the actor may revoke, newest first: own, or the administrator's enterprise's.

    Raises:
        Forbidden, SignInNeeded: the role may not do this.
    """
    require(actor, Resource.API_TOKEN, Action.LIST)
    wanted = select(ApiToken).join(Account, col(Account.id) == col(ApiToken.account))
    if is_enterprise_administrator(session, actor):
        wanted = wanted.where(Account.enterprise == actor.enterprise)
    else:
        wanted = wanted.where(Account.id == actor.account)
    return list(session.exec(wanted.order_by(col(ApiToken.id).desc())).all())


def revoke_token(session: Session, *, actor: Actor, token: int, now: datetime) -> None:
    """Revoke a token by its number, from the next request on; a second time changes nothing.

    Raises:
        Forbidden, SignInNeeded: the role may not do this.
        UnknownToken: no such token within reach.
    """
    scope = require(actor, Resource.API_TOKEN, Action.REVOKE)
    kept = session.exec(select(ApiToken).where(ApiToken.id == token).with_for_update()).first()
    account = session.get(Account, kept.account) if kept else None
    if kept is None or account is None or not _revokes(session, actor, scope, account):
        raise UnknownToken(field="/token")
    if kept.revoked_at is None:
        kept.revoked_at = now
        session.add(kept)
        _record(session, actor=actor, kind="token_revoked", token=kept, account=account, now=now)


def _bearer(session: Session, *, actor: Actor, login: str | None) -> Account:
    if login is None:
        account = session.get(Account, actor.account) if actor.account is not None else None
    else:
        account = find_account(session, login=normal_login(login))
    if account is None or not account.active or account.role not in _BEARERS:
        raise UnknownAccount(field="/login")
    if actor.role is Role.SYSTEM or account.id == actor.account:
        return account
    if not is_enterprise_administrator(session, actor):
        raise Forbidden(field="/login")
    # Colleagues' tokens would let their administrator act in their names.
    if account.enterprise != actor.enterprise or account.role != Role.INTEGRATOR:
        raise UnknownAccount(field="/login")
    return account


def _checked_scopes(session: Session, scopes: Iterable[str], *, account: Account) -> frozenset[TokenScope]:
    try:
        chosen = frozenset(TokenScope(scope) for scope in scopes)
    except ValueError as error:
        raise MalformedField(field="/scopes") from error
    if not chosen - {TokenScope.SANDBOX}:
        raise MalformedField(field="/scopes")
    if TokenScope.SANDBOX in chosen:
        enterprise = session.get(Enterprise, account.enterprise)
        if enterprise is None or not enterprise.is_example:
            raise MalformedField(field="/scopes", why="not_an_example")
    return chosen


def _revokes(session: Session, actor: Actor, scope: Scope, account: Account) -> bool:
    if scope is Scope.ALL or account.id == actor.account:
        return True
    return account.enterprise == actor.enterprise and is_enterprise_administrator(session, actor)


def _note_use(session: Session, kept: ApiToken, now: datetime) -> None:
    # The condition stands in the statement too: of many requests at once one writes.
    stale = or_(col(ApiToken.last_used_at).is_(None), col(ApiToken.last_used_at) <= now - SEEN_EVERY)
    if kept.last_used_at is None or kept.last_used_at <= now - SEEN_EVERY:
        session.exec(update(ApiToken).where(col(ApiToken.id) == kept.id, stale).values(last_used_at=now))


def _record(
    session: Session, *, actor: Actor, kind: str, token: ApiToken, account: Account, now: datetime
) -> None:
    record(
        session,
        actor=actor,
        kind=kind,
        now=now,
        enterprise=account.enterprise,
        details={"token": token.id, "account": account.id},
    )
