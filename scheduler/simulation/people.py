"""The simulated people: accounts made when somebody first acts, and the three doors they come through."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlmodel import Session, select

from scheduler.access.accounts import actor_of, known_id
from scheduler.access.actor import SYSTEM, Actor
from scheduler.access.calls import actor_in_call, close_call, find_enterprise, open_call
from scheduler.access.members import StaffRow, add_integrator, import_staff, register_first_user
from scheduler.errors import Refusal
from scheduler.example.parties import example_mobile
from scheduler.models import Account, Enterprise, Inspector, Office
from scheduler.simulation.scene import Scene
from scheduler.vocabulary import CallEnd, Channel, Role

_FIRST_MOBILE = 6_000  # above the numbers of the example's contacts and accounts


@contextmanager
def speaking(
    scene: Scene, channel: Channel, enterprise: int, now: datetime, *, ends: CallEnd = CallEnd.BOOKED
) -> Iterator[Actor]:
    """Somebody of an enterprise at a door; by phone an agent whose call speaks for it, closed at the end."""
    if channel is not Channel.PHONE:
        yield enterprise_actor(scene, enterprise, channel, now)
        return
    agent = desk_agent(scene, now)
    with scene.database.transaction() as session:
        call = open_call(
            session, actor=agent, caller_name="示例来电人", caller_phone=mobile(enterprise), now=now
        )
    with scene.database.transaction() as session:
        calling = actor_in_call(session, actor=agent, reference=call.reference, now=now)
        find_enterprise(session, actor=calling, query=_known_by(scene, session, enterprise), now=now)
    with scene.database.transaction() as session:
        bound = actor_in_call(session, actor=agent, reference=call.reference, now=now)
    reason = ends
    try:
        yield bound
    except Refusal:
        reason = CallEnd.NO_TIME_SUITED
        raise
    finally:
        with scene.database.transaction() as session:
            close_call(session, actor=agent, reference=call.reference, reason=reason, note=None, now=now)


def _known_by(scene: Scene, session: Session, enterprise: int) -> str:
    """What the caller names: the code, or the phone of the contact on file."""
    found = session.get_one(Enterprise, enterprise)
    phones = scene.ask("SELECT phone FROM contact WHERE enterprise = :id", id=enterprise)
    unique = phones and scene.random.random() < 0.5  # noqa: PLR2004 - half of the callers
    return str(phones[0].phone) if unique else found.uscc


def enterprise_actor(scene: Scene, enterprise: int, channel: Channel, now: datetime) -> Actor:
    """The enterprise's first user at the portal, or its program at the API."""
    person = _account(scene, f"enterprise-{enterprise}", Channel.PORTAL, _first_user, enterprise, now)
    if channel is Channel.PORTAL:
        return person
    return _account(scene, f"program-{enterprise}", channel, _program, enterprise, now, person)


def desk_agent(scene: Scene, now: datetime) -> Actor:
    """The agent of one of the offices' phone lines, in turn."""
    offices = [row.id for row in scene.ask("SELECT id FROM office ORDER BY id")]
    return staff(scene, Role.DESK_AGENT, offices[scene.next() % len(offices)], now)


def manager(scene: Scene, office: int, now: datetime) -> Actor:
    """The manager of an office."""
    return staff(scene, Role.OFFICE_MANAGER, office, now)


def staff(scene: Scene, role: Role, office: int, now: datetime) -> Actor:
    """A member of an office's staff; the account is made when there is none."""
    return _account(scene, f"{role}-{office}", Channel.OFFICE, _member, role, office, now)


def inspector_actor(scene: Scene, inspector: int, now: datetime) -> Actor:
    """An inspector, who records the own visits."""
    return _account(scene, f"inspector-{inspector}", Channel.OFFICE, _inspector, inspector, now)


def mobile(number: int) -> str:
    """A made-up mobile number of the simulation's own range."""
    return example_mobile(_FIRST_MOBILE + number % 3_000)


def _account(scene: Scene, key: str, channel: Channel, make: Any, *facts: Any) -> Actor:  # makers differ
    with scene.database.transaction() as session:
        known = scene.accounts.get(key)
        account = session.get_one(Account, known) if known is not None else make(session, *facts)
        scene.accounts[key] = known_id(account.id)
        return actor_of(account, channel=channel)


def _found(session: Session, role: Role, **columns: int) -> Account | None:
    wanted = select(Account).where(Account.role == role.value, Account.active)
    return session.exec(wanted.filter_by(**columns).order_by(Account.login)).first()


def _first_user(session: Session, enterprise: int, now: datetime) -> Account:
    known = _found(session, Role.ENTERPRISE_USER, enterprise=enterprise, is_enterprise_admin=True)
    return known or register_first_user(
        session,
        actor=SYSTEM,
        enterprise=enterprise,
        login=f"simulated-{enterprise}",
        name="示例企业用户",
        mobile=mobile(enterprise),
        now=now,
    )


def _program(session: Session, enterprise: int, now: datetime, person: Actor) -> Account:
    known = _found(session, Role.INTEGRATOR, enterprise=enterprise)
    return known or add_integrator(
        session, actor=person, login=f"simulated-program-{enterprise}", name="示例接口用户", now=now
    )


def _member(session: Session, role: Role, office: int, now: datetime) -> Account:
    known = _found(session, role, office=office)
    code = session.get_one(Office, office).code
    return known or _hire(
        session, StaffRow(login=f"simulated-{role}-{code}"[:64], name="示例人员", role=role, office=code), now
    )


def _inspector(session: Session, inspector: int, now: datetime) -> Account:
    known = _found(session, Role.INSPECTOR, inspector=inspector)
    badge = session.get_one(Inspector, inspector).badge
    row = StaffRow(login=f"simulated-{badge}", name="示例查检员", role=Role.INSPECTOR, badge=badge)
    return known or _hire(session, row, now)


def _hire(session: Session, row: StaffRow, now: datetime) -> Account:
    told = import_staff(session, actor=SYSTEM, rows=[row], now=now)
    for _, refusal in told.rejected:
        raise refusal
    return told.created[0]
