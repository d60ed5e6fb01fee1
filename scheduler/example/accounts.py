"""The example's sign-ins: one account for each user group, with passwords that live nowhere in the code."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col

from scheduler.access.passwords import hash_password
from scheduler.example.bulk import put_numbered
from scheduler.example.parties import Parties, example_mobile
from scheduler.example.people import MadeInspector
from scheduler.models import Account
from scheduler.vocabulary import Role

_FIRST_MOBILE = 5_000  # above the contacts' numbers


@dataclass(frozen=True, slots=True)
class SignInGiven:
    """What somebody needs to try the example as one of its user groups; None: no sign-in by password."""

    login: str
    role: Role
    name: str
    password: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Plan:
    login: str
    role: Role
    name: str
    by_password: bool = True


_PLANS = (
    _Plan("enterprise", Role.ENTERPRISE_USER, "示例企业用户"),
    _Plan("broker", Role.ENTERPRISE_USER, "示例报关员"),
    _Plan("desk", Role.DESK_AGENT, "示例热线坐席"),
    _Plan("manager", Role.OFFICE_MANAGER, "示例排班管理员"),
    _Plan("inspector", Role.INSPECTOR, "示例查检员001"),
    _Plan("administrator", Role.ADMINISTRATOR, "示例系统管理员"),
    _Plan("integrator", Role.INTEGRATOR, "示例接口用户", by_password=False),
)


def make_accounts(
    session: Session,
    *,
    parties: Parties,
    inspectors: Sequence[MadeInspector],
    now: datetime,
    passwords: Mapping[str, str],
) -> list[SignInGiven]:
    """Store one account for each user group; passwords not given by login are drawn."""
    given = _sign_ins(passwords)
    first = inspectors[0]
    office = first.office.id
    belongs: dict[str, dict[str, object]] = {
        "enterprise": {"enterprise": parties.traders[0], "is_enterprise_admin": True},
        "broker": {"enterprise": parties.brokers[0], "is_enterprise_admin": True},
        "desk": {"office": office},
        "manager": {"office": office},
        "inspector": {"office": office, "inspector": first.id},
        "integrator": {"enterprise": parties.brokers[0]},
    }
    empty = {"enterprise": None, "office": None, "inspector": None, "is_enterprise_admin": False}
    rows = [
        {"login": one.login, "role": one.role.value, "name": one.name, "created_at": now}
        | {"mobile": example_mobile(_FIRST_MOBILE + number), "password_hash": _hashed(one)}
        | empty
        | belongs.get(one.login, {})
        for number, one in enumerate(given)
    ]
    put_numbered(session, Account, rows)
    return given


def renew_passwords(session: Session, *, passwords: Mapping[str, str]) -> list[SignInGiven]:
    """Set the example accounts' passwords anew: the earlier ones are known to nobody."""
    given = _sign_ins(passwords)
    for one in given:
        account = update(Account).where(col(Account.login) == one.login)
        session.execute(account.values(password_hash=_hashed(one)))
    return given


def _sign_ins(passwords: Mapping[str, str]) -> list[SignInGiven]:
    return [
        SignInGiven(
            plan.login,
            plan.role,
            plan.name,
            (passwords.get(plan.login) or secrets.token_urlsafe(12)) if plan.by_password else None,
        )
        for plan in _PLANS
    ]


def _hashed(one: SignInGiven) -> str | None:
    return None if one.password is None else hash_password(one.password)
