"""Who has an account: an enterprise's people, its integrators, and the staff of the offices."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlmodel import Session, col, select

from scheduler.access.accounts import (
    STAFF,
    end_sign_ins,
    find_account,
    known_id,
    normal_login,
    require_enterprise_administrator,
)
from scheduler.access.actor import Actor
from scheduler.access.attribution import record
from scheduler.access.policy import Action, Resource, Scope, require
from scheduler.database.locks import lock_enterprise
from scheduler.errors import (
    Forbidden,
    LoginTaken,
    MalformedField,
    Refusal,
    UnknownAccount,
    UnknownEnterprise,
    UnknownInspector,
    UnknownOffice,
    WrongState,
)
from scheduler.models import Account, Enterprise, Inspector, Office
from scheduler.rules.identifiers import half_width, normal_mobile
from scheduler.vocabulary import Role

_LOGIN = re.compile(r"[\w.@-]{3,64}")
_LONGEST_NAME = 100
_DISABLED_BY_OFFICE = frozenset({Role.DESK_AGENT, Role.INSPECTOR})


class StaffRow(BaseModel):
    """One line of a staff file: codes as people write them; inspectors by badge, the others by office."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    login: str
    name: str
    role: str
    office: str | None = None
    badge: str | None = None
    mobile: str | None = None
    language: str = "zh_CN"


@dataclass(frozen=True, slots=True)
class StaffImport:
    """What became of a staff file; `rejected` names the row, counted from 1, and why."""

    created: tuple[Account, ...]
    unchanged: int
    rejected: tuple[tuple[int, Refusal], ...]


def register_first_user(
    session: Session, *, actor: Actor, enterprise: int, login: str, name: str, mobile: str, now: datetime
) -> Account:
    """Give an enterprise its administrator; the person sets the password by a code.

    Raises:
        Forbidden, SignInNeeded: the role may not do this.
        UnknownEnterprise: there is none.
        WrongState: it has an active administrator, who adds the others.
        MalformedField, NotAMobile: login, name or mobile.
    """
    if require(actor, Resource.ACCOUNT, Action.CREATE) is Scope.OWN:
        raise Forbidden
    lock_enterprise(session, enterprise)
    if session.get(Enterprise, enterprise) is None:
        raise UnknownEnterprise(field="/enterprise")
    administrators = select(Account.id).where(
        Account.enterprise == enterprise, col(Account.is_enterprise_admin), col(Account.active)
    )
    if session.exec(administrators).first() is not None:
        raise WrongState(field="/enterprise")
    account = _new_account(session, login=login, name=name, role=Role.ENTERPRISE_USER, mobile=mobile, now=now)
    account.enterprise, account.is_enterprise_admin = enterprise, True
    return _add(session, actor=actor, account=account, now=now)


def add_enterprise_user(
    session: Session,
    *,
    actor: Actor,
    login: str,
    name: str,
    mobile: str,
    now: datetime,
    is_enterprise_admin: bool = False,
) -> Account:
    """Add a person to the enterprise that the actor administers.

    Raises:
        Forbidden, SignInNeeded: the actor does not administer an enterprise.
        MalformedField, NotAMobile: login, name or mobile.
    """
    require(actor, Resource.ACCOUNT, Action.CREATE)
    enterprise = require_enterprise_administrator(session, actor)
    account = _new_account(session, login=login, name=name, role=Role.ENTERPRISE_USER, mobile=mobile, now=now)
    account.enterprise, account.is_enterprise_admin = enterprise, is_enterprise_admin
    return _add(session, actor=actor, account=account, now=now)


def add_integrator(session: Session, *, actor: Actor, login: str, name: str, now: datetime) -> Account:
    """Add a program of the actor's enterprise: it has no password and comes in by API tokens alone.

    Raises:
        Forbidden, SignInNeeded: the actor does not administer an enterprise.
        MalformedField: login or name.
    """
    require(actor, Resource.ACCOUNT, Action.CREATE)
    enterprise = require_enterprise_administrator(session, actor)
    account = _new_account(session, login=login, name=name, role=Role.INTEGRATOR, mobile=None, now=now)
    account.enterprise = enterprise
    return _add(session, actor=actor, account=account, now=now)


def disable_account(session: Session, *, actor: Actor, login: str, now: datetime) -> Account:
    """Close an account: its sign-ins and tokens count no more from the next request on.

    Raises:
        Forbidden, SignInNeeded: the role may not do this, or it is the actor's own account.
        UnknownAccount: nobody of that login within reach.
    """
    scope = require(actor, Resource.ACCOUNT, Action.DISABLE)
    if scope is Scope.OWN:
        require_enterprise_administrator(session, actor)
    account = find_account(session, login=normal_login(login), lock=True)
    if account is None or not _disables(actor, scope, account):
        raise UnknownAccount(field="/login")
    if account.id == actor.account:
        raise Forbidden(field="/login")
    if account.active:
        account.active = False
        session.add(account)
        end_sign_ins(session, account=account, now=now)
        _record(session, actor=actor, kind="account_disabled", account=account, now=now)
    return account


def list_accounts(session: Session, *, actor: Actor) -> list[Account]:
    """Return the accounts that the actor looks after, by login.

    Raises:
        Forbidden, SignInNeeded: the role may not do this.
    """
    scope = require(actor, Resource.ACCOUNT, Action.LIST)
    wanted = select(Account).order_by(Account.login)
    if scope is Scope.OWN:
        wanted = wanted.where(Account.enterprise == require_enterprise_administrator(session, actor))
    elif scope is Scope.OFFICE:
        wanted = wanted.where(
            Account.office == actor.office,
            col(Account.role).in_([role.value for role in _DISABLED_BY_OFFICE]),
        )
    return list(session.exec(wanted).all())


def import_staff(session: Session, *, actor: Actor, rows: Sequence[StaffRow], now: datetime) -> StaffImport:
    """Create the staff accounts that do not exist yet, without passwords; a known login stays as it is.

    Raises:
        Forbidden, SignInNeeded: the role may not do this.
    """
    require(actor, Resource.STAFF, Action.IMPORT)
    created: list[Account] = []
    rejected: list[tuple[int, Refusal]] = []
    for number, row in enumerate(rows, start=1):
        try:
            account = _import_one(session, row, actor=actor, now=now)
        except Refusal as refusal:
            rejected.append((number, refusal))
        else:
            created.extend([account] if account else [])
    return StaffImport(tuple(created), len(rows) - len(created) - len(rejected), tuple(rejected))


def _import_one(session: Session, row: StaffRow, *, actor: Actor, now: datetime) -> Account | None:
    """Create the row's account; None when that member of staff has it already."""
    if row.role not in STAFF:
        raise MalformedField(field="/role")
    known = find_account(session, login=normal_login(row.login))
    if known is not None and known.role == row.role:
        return None
    role = Role(row.role)
    account = _new_account(session, login=row.login, name=row.name, role=role, mobile=row.mobile, now=now)
    account.language = row.language
    if role is Role.INSPECTOR:
        account.inspector, account.office = _inspector_of(session, row.badge)
    elif row.office is not None or role is not Role.ADMINISTRATOR:
        account.office = _office_of(session, row.office)
    return _add(session, actor=actor, account=account, now=now)


def _inspector_of(session: Session, badge: str | None) -> tuple[int, int]:
    inspector = session.exec(select(Inspector).where(Inspector.badge == (badge or "").strip())).first()
    if inspector is None:
        raise UnknownInspector(field="/badge")
    return known_id(inspector.id), inspector.office


def _office_of(session: Session, code: str | None) -> int:
    office = session.exec(select(Office).where(Office.code == (code or "").strip())).first()
    if office is None:
        raise UnknownOffice(field="/office")
    return known_id(office.id)


def _new_account(
    session: Session, *, login: str, name: str, role: Role, mobile: str | None, now: datetime
) -> Account:
    checked = normal_login(login)
    if not _LOGIN.fullmatch(checked):
        raise MalformedField(field="/login")
    if find_account(session, login=checked) is not None:
        raise LoginTaken(field="/login")
    called = half_width(name)
    if not 0 < len(called) <= _LONGEST_NAME:
        raise MalformedField(field="/name")
    number = normal_mobile(mobile, field="/mobile") if mobile is not None else None
    return Account(login=checked, role=role.value, name=called, mobile=number, created_at=now)


def _add(session: Session, *, actor: Actor, account: Account, now: datetime) -> Account:
    session.add(account)
    session.flush()
    _record(session, actor=actor, kind="account_created", account=account, now=now)
    return account


def _disables(actor: Actor, scope: Scope, account: Account) -> bool:
    if scope is Scope.OWN:
        return account.enterprise == actor.enterprise
    if scope is Scope.OFFICE:
        return account.office == actor.office and account.role in _DISABLED_BY_OFFICE
    return True


def _record(session: Session, *, actor: Actor, kind: str, account: Account, now: datetime) -> None:
    record(
        session,
        actor=actor,
        kind=kind,
        now=now,
        enterprise=account.enterprise,
        office=account.office,
        details={"account": account.id, "role": account.role},
    )
