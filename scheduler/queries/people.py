"""Accounts, tokens and authorities as those who look after them may see them; phones are masked."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from notifications.masking import mask
from scheduler.access.actor import Actor
from scheduler.errors import UnknownEnterprise, UnknownPath
from scheduler.models import Account, ApiToken, Authority, Enterprise, Inspector, Office
from scheduler.promise.reference import ZONE
from scheduler.queries.booking_views import PartyView
from scheduler.queries.cursors import local
from scheduler.rules.identifiers import normal_uscc


@dataclass(frozen=True, slots=True)
class AccountView:
    """A person, or a program of an enterprise."""

    login: str
    name: str
    role: str
    enterprise: PartyView | None
    office: str | None
    badge: str | None
    is_enterprise_admin: bool
    mobile: str | None
    language: str
    active: bool
    has_password: bool


@dataclass(frozen=True, slots=True)
class TokenView:
    """An API token; the token itself is shown once, when it is made."""

    id: int
    label: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class AuthorityView:
    """Who may act for whom, over dates [valid_from, valid_to)."""

    id: int
    broker: PartyView
    represented: PartyView
    source: str
    valid_from: date
    valid_to: date | None
    revoked_at: datetime | None


def read_account(session: Session, *, actor: Actor) -> AccountView:
    """The actor's own account.

    Raises:
        UnknownPath: the actor has none.
    """
    account = session.get(Account, actor.account) if actor.account is not None else None
    if account is None:
        raise UnknownPath
    return view_account(session, account)


def view_account(session: Session, account: Account) -> AccountView:
    """An account as its keepers see it."""
    enterprise = None if account.enterprise is None else session.get(Enterprise, account.enterprise)
    office = None if account.office is None else session.get(Office, account.office)
    inspector = None if account.inspector is None else session.get(Inspector, account.inspector)
    return AccountView(
        login=account.login,
        name=account.name,
        role=account.role,
        enterprise=None if enterprise is None else PartyView(enterprise.uscc, enterprise.name),
        office=None if office is None else office.code,
        badge=None if inspector is None else inspector.badge,
        is_enterprise_admin=account.is_enterprise_admin,
        mobile=None if account.mobile is None else mask(account.mobile),
        language=account.language,
        active=account.active,
        has_password=account.password_hash is not None,
    )


def view_token(token: ApiToken) -> TokenView:
    """A token as its keepers see it."""
    return TokenView(
        id=token.id or 0,
        label=token.label,
        scopes=tuple(token.scopes),
        created_at=token.created_at.astimezone(ZONE),
        expires_at=token.expires_at.astimezone(ZONE),
        last_used_at=local(token.last_used_at),
        revoked_at=local(token.revoked_at),
    )


def view_authority(session: Session, authority: Authority) -> AuthorityView:
    """An authority as both of its parties see it."""
    broker = session.get_one(Enterprise, authority.broker)
    represented = session.get_one(Enterprise, authority.represented)
    return AuthorityView(
        id=authority.id or 0,
        broker=PartyView(broker.uscc, broker.name),
        represented=PartyView(represented.uscc, represented.name),
        source=authority.source,
        valid_from=authority.valid_from,
        valid_to=authority.valid_to,
        revoked_at=local(authority.revoked_at),
    )


def find_enterprise_id(session: Session, uscc: str, *, field: str) -> int:
    """The key of the enterprise with this code.

    Raises:
        MalformedCode, WrongCheckDigit, UnknownEnterprise: naming the field.
    """
    code = normal_uscc(uscc, field=field)
    found = session.exec(select(Enterprise.id).where(col(Enterprise.uscc) == code)).first()
    if found is None:
        raise UnknownEnterprise(field=field, enterprise=code)
    return found
