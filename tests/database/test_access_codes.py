"""Codes by text or by voice set a password, once, within minutes and tries."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from scheduler.access.accounts import (
    CODE_LASTS,
    CODE_TRIES,
    CODES_A_DAY,
    CODES_AN_HOUR,
    actor_of_sign_in,
    hand_out_code,
    request_code,
    set_password,
    settle,
    sign_in,
)
from scheduler.access.actor import SYSTEM, Actor
from scheduler.errors import Forbidden, PasswordTooWeak, SignInNeeded, UnknownAccount, WrongCredentials
from scheduler.models import Account, ActivationCode, Event, Message
from scheduler.vocabulary import Channel, Role
from tests.factories import NOW, World, make_world

GOOD = "correct horse battery"
MOBILE = "+8613800138000"


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """A small district with an enterprise user `li` who has a mobile and no password yet."""
    world = make_world(database_url, inspectors=1, with_duties=False)
    world.account(Role.ENTERPRISE_USER, login="li", mobile=MOBILE)
    yield world
    world.database.close()


def _ask(world: World, login: str = "li", *, now: datetime = NOW) -> Message | None:
    with world.database.transaction() as session:
        return request_code(session, login=login, now=now)


def _code(world: World, *, now: datetime = NOW) -> str:
    message = _ask(world, now=now)
    assert message is not None
    return str(message.variables["code"])


def _hand_out(world: World, actor: Actor, login: str) -> str:
    with world.database.transaction() as session:
        return hand_out_code(session, actor=actor, login=login, now=NOW)


def _set(world: World, code: str, *, login: str = "li", password: str = GOOD, now: datetime = NOW) -> Account:
    return settle(
        world.database,
        lambda session: set_password(session, login=login, code=code, password=password, now=now),
    )


def _sign_in(session: Session, now: datetime) -> str:
    outcome = sign_in(session, login="li", password=GOOD, address="192.0.2.1", now=now)
    assert not isinstance(outcome, WrongCredentials)
    return outcome.token


def _other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_a_code_by_text_opens_the_account(world: World) -> None:
    """Asked for, sent to the mobile on file, typed in: the person signs in."""
    message = _ask(world)
    assert message is not None
    assert (message.kind, message.recipient, message.state) == ("activation_code", MOBILE, "due")
    assert (message.due, message.not_after) == (NOW, NOW + CODE_LASTS)
    _set(world, message.variables["code"])
    with world.database.transaction() as session:
        assert _sign_in(session, NOW)


def test_the_code_is_not_stored_plainly_with_the_account(world: World) -> None:
    """What stands beside the account is a digest."""
    code = _code(world)
    with world.database.transaction() as session:
        assert code not in session.exec(select(ActivationCode)).one().code_hash


def test_asking_is_recorded_as_a_strangers_act(world: World) -> None:
    """Nobody has shown who asks, so the event names nobody, only whom it is about."""
    _ask(world)
    with world.database.transaction() as session:
        event = session.exec(select(Event).where(Event.kind == "code_requested")).one()
    assert (event.actor, event.actor_role, event.enterprise) == (None, "anonymous", world.enterprises[0])


@pytest.mark.parametrize("columns", [None, {"active": False, "mobile": MOBILE}, {"mobile": None}])
def test_no_text_where_none_can_be_sent(world: World, columns: dict[str, object] | None) -> None:
    """Unknown, disabled, without a mobile: nothing is sent and nothing is refused."""
    if columns is not None:
        world.account(Role.ENTERPRISE_USER, login="other", **columns)
    assert _ask(world, "other") is None
    with world.database.transaction() as session:
        assert session.exec(select(Message)).all() == []


def test_texts_to_one_person_are_few(world: World) -> None:
    """Three an hour, six a day, however often somebody asks."""
    assert sum(_ask(world) is not None for _ in range(10)) == CODES_AN_HOUR
    later = [_ask(world, now=NOW + timedelta(hours=2, minutes=k)) for k in range(10)]
    assert sum(message is not None for message in later) == CODES_A_DAY - CODES_AN_HOUR
    assert _ask(world, now=NOW + timedelta(days=1, hours=3)) is not None


def test_a_code_works_once(world: World) -> None:
    """A code that was read over a shoulder is worth nothing afterwards."""
    code = _code(world)
    _set(world, code)
    with pytest.raises(WrongCredentials):
        _set(world, code)


def test_a_code_ends_after_ten_minutes(world: World) -> None:
    """Half-open: at its last instant it is over."""
    code = _code(world)
    with pytest.raises(WrongCredentials):
        _set(world, code, now=NOW + CODE_LASTS)
    assert _set(world, code, now=NOW + CODE_LASTS - timedelta(seconds=1)).login == "li"


def test_a_code_bears_five_wrong_tries(world: World) -> None:
    """The count survives the refusals; then even the right code is refused."""
    code = _code(world)
    for _ in range(CODE_TRIES):
        with pytest.raises(WrongCredentials):
            _set(world, _other_than(code))
    with pytest.raises(WrongCredentials):
        _set(world, code)


def test_a_code_fits_its_own_account_only(world: World) -> None:
    """Somebody else's code, and an unknown login, look the same."""
    world.account(Role.ENTERPRISE_USER, login="han", mobile="+8613800138001")
    code = _code(world)
    for login in ("han", "nobody"):
        with pytest.raises(WrongCredentials):
            _set(world, code, login=login)


def test_a_weak_password_leaves_the_code_good(world: World) -> None:
    """The person chooses a better one with the same code."""
    code = _code(world)
    with pytest.raises(PasswordTooWeak):
        _set(world, code, password="short")  # noqa: S106 - the weak password is the test
    assert _set(world, code).login == "li"


def test_a_new_password_ends_the_old_sign_ins(world: World) -> None:
    """Whoever came in by the old password is out."""
    _set(world, _code(world))
    with world.database.transaction() as session:
        token = _sign_in(session, NOW)
    _set(world, _code(world), password="another good sentence")  # noqa: S106 - a test's own
    with world.database.transaction() as session, pytest.raises(SignInNeeded):
        actor_of_sign_in(session, token=token, channel=Channel.PORTAL, now=NOW)


def test_the_office_hands_out_a_code(world: World) -> None:
    """By voice, to an enterprise without a mobile on file; who did it is on record."""
    world.account(Role.ENTERPRISE_USER, login="landline", mobile=None)
    manager = world.manager()
    code = _hand_out(world, manager, "landline")
    assert _set(world, code, login="landline").login == "landline"
    with world.database.transaction() as session:
        event = session.exec(select(Event).where(Event.kind == "code_handed_out")).one()
    assert (event.actor, event.actor_role, event.channel) == (manager.account, "office_manager", "office")
    assert code not in str(event.details)


def test_a_manager_hands_out_codes_within_reach(world: World) -> None:
    """Own desk and inspectors yes; other offices, managers, administrators, unknown: all look alike."""
    world.office("south")
    manager = world.manager()
    world.account(Role.DESK_AGENT, login="own-desk")
    world.account(Role.DESK_AGENT, login="far-desk", office=world.offices["south"])
    world.account(Role.OFFICE_MANAGER, login="peer")
    world.account(Role.ADMINISTRATOR, login="root")
    assert len(_hand_out(world, manager, "own-desk")) == 6
    for login in ("far-desk", "peer", "root", "unknown"):
        with pytest.raises(UnknownAccount):
            _hand_out(world, manager, login)


def test_the_administrator_hands_out_codes_to_staff_only(world: World) -> None:
    """Not to enterprise people: the administrator would read their bookings that way."""
    account = world.account(Role.ADMINISTRATOR, login="root")
    world.account(Role.OFFICE_MANAGER, login="chief")
    root = Actor(role=Role.ADMINISTRATOR, channel=Channel.OFFICE, account=account)
    assert _hand_out(world, root, "chief")
    for login in ("li", "root"):
        with pytest.raises(UnknownAccount):
            _hand_out(world, root, login)
    assert _hand_out(world, SYSTEM, "root")


def test_the_desk_hands_out_nothing(world: World) -> None:
    """A caller's story is no proof of who calls."""
    with pytest.raises(Forbidden):
        _hand_out(world, world.desk(world.enterprises[0]), "li")
