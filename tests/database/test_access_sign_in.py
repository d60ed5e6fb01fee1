"""Signing in: one answer for every failure, slowed-down guessing, an end at the next request."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from scheduler.access.accounts import SignedIn, actor_of_sign_in, settle, sign_in, sign_out
from scheduler.access.actor import SYSTEM
from scheduler.access.members import disable_account
from scheduler.access.passwords import hash_password
from scheduler.access.throttle import ADDRESS, KNOWN_FOR, LOGIN, PAIR, drop_old_tries, note_wrong
from scheduler.database.connection import Database
from scheduler.errors import SignInNeeded, TooManyTries, WrongCredentials
from scheduler.models import Account, Event, Inspector, SignIn, SignInTry
from scheduler.vocabulary import Channel, Role
from tests.factories import NOW, World, make_world

GOOD, BAD = "correct horse battery", "wrong horse battery"
HASH = hash_password(GOOD)
HOME, ELSEWHERE = "192.0.2.7", "198.51.100.9"


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """A small district, a desk agent `desk` with a password and an inspector `officer`."""
    world = make_world(database_url, inspectors=1, with_duties=False)
    world.account(Role.DESK_AGENT, login="desk", password_hash=HASH)
    world.account(Role.INSPECTOR, login="officer", password_hash=HASH)
    yield world
    world.database.close()


def _try(
    database: Database, login: str = "desk", password: str = GOOD, *, address: str = HOME, now: datetime = NOW
) -> SignedIn:
    return settle(
        database, lambda session: sign_in(session, login=login, password=password, address=address, now=now)
    )


def _is_heard(database: Database, login: str, *, address: str = HOME, now: datetime = NOW) -> bool:
    """Try a wrong password; whether it was looked at at all."""
    try:
        _try(database, login, BAD, address=address, now=now)
    except WrongCredentials:
        return True
    except TooManyTries:
        return False
    raise AssertionError("a wrong password came in")


def _count(database: Database, table: type[SignIn | SignInTry]) -> int:
    with database.transaction() as session:
        return len(session.exec(select(table)).all())


def test_a_sign_in_names_its_actor(world: World) -> None:
    """The token stands for the account: role, office, channel, request."""
    token, account = _try(world.database, " ＤESK ")
    with world.database.transaction() as session:
        actor = actor_of_sign_in(session, token=token, channel=Channel.OFFICE, now=NOW, request_id="r-1")
        event = session.exec(select(Event).where(Event.kind == "signed_in")).one()
    assert (actor.role, actor.account, actor.office) == (Role.DESK_AGENT, account.id, account.office)
    assert (actor.channel, actor.request_id) == (Channel.OFFICE, "r-1")
    assert (event.actor, event.actor_role, event.channel) == (account.id, "desk_agent", "office")


def test_the_token_is_kept_as_a_digest(world: World) -> None:
    """Whoever reads the database cannot come in with what stands there."""
    token, _ = _try(world.database)
    with world.database.transaction() as session:
        kept = session.exec(select(SignIn)).one().token_hash
        assert token not in kept
        with pytest.raises(SignInNeeded):
            actor_of_sign_in(session, token=kept, channel=Channel.OFFICE, now=NOW)


@pytest.mark.parametrize(
    ("login", "columns"),
    [
        ("nobody", None),
        ("closed", {"active": False, "password_hash": HASH}),
        ("fresh", {"password_hash": None}),
    ],
)
def test_every_failure_looks_alike(world: World, login: str, columns: dict[str, object] | None) -> None:
    """Unknown, disabled and not yet activated accounts get the answer of a wrong password."""
    if columns is not None:
        world.account(Role.DESK_AGENT, login=login, **columns)
    told = []
    for name, password in ((login, GOOD), ("desk", "not the password")):
        with pytest.raises(WrongCredentials) as refusal:
            _try(world.database, name, password)
        told.append((refusal.value.code, refusal.value.field, refusal.value.values))
    assert told[0] == told[1]


def test_a_program_has_no_password(world: World) -> None:
    """An integrator comes in by tokens, whatever stands in its row."""
    world.account(Role.INTEGRATOR, login="program", password_hash=HASH)
    with pytest.raises(WrongCredentials):
        _try(world.database, "program")


def test_the_sixth_try_waits(world: World) -> None:
    """Five wrong passwords are free; then even the right one waits, and is heard after the wait."""
    for _ in range(PAIR.tries):
        with pytest.raises(WrongCredentials):
            _try(world.database, password=BAD)
    with pytest.raises(TooManyTries) as refusal:
        _try(world.database)
    assert refusal.value.values == {"retry_after": 30}
    assert _try(world.database, now=NOW + timedelta(seconds=30)).account.login == "desk"


def test_the_wait_grows_and_ends(world: World) -> None:
    """Each further wrong try doubles the wait, up to a quarter of an hour: nobody is out for good."""
    now, waits = NOW, []
    for _ in range(PAIR.tries + 4):
        _is_heard(world.database, "desk", now=now)
        with world.database.transaction() as session:
            wrong = session.exec(select(SignInTry).where(col(SignInTry.subject).startswith("pair:"))).all()
        if len(wrong) >= PAIR.tries:
            with pytest.raises(TooManyTries) as refusal:
                _try(world.database, now=now)
            seconds = refusal.value.values["retry_after"]
            assert isinstance(seconds, int)
            waits.append(seconds)
            now += timedelta(seconds=seconds)
    assert waits == [30, 60, 120, 240, 480]
    assert _try(world.database, now=now + timedelta(minutes=15)).account.login == "desk"


def test_a_right_password_forgets_the_wrong_ones(world: World) -> None:
    """Four slips, then in: the next slip is the first again."""
    for _ in range(2):
        for _ in range(PAIR.tries - 1):
            with pytest.raises(WrongCredentials):
                _try(world.database, password=BAD)
        assert _try(world.database).token


def test_an_attack_from_elsewhere_does_not_stop_the_desk(world: World) -> None:
    """Its login is under fire from many addresses; from the known address the agent still comes in."""
    _try(world.database, address=HOME, now=NOW - timedelta(days=1))
    for number in range(LOGIN.tries):
        with pytest.raises(WrongCredentials):
            _try(world.database, password=BAD, address=f"198.51.100.{number}")
    with pytest.raises(TooManyTries):
        _try(world.database, address="203.0.113.5")
    assert _try(world.database, address=HOME).account.login == "desk"


def test_guesses_at_one_login_from_everywhere_are_few(world: World) -> None:
    """Four a minute for an hour, each from another address: at most a hundred are heard."""
    heard = sum(
        _is_heard(world.database, "ghost", address=f"198.51.100.{k}", now=NOW + timedelta(seconds=15 * k))
        for k in range(240)
    )
    assert heard <= 100


def test_spraying_from_one_address_is_slowed(world: World) -> None:
    """One wrong try at each of many logins: the address is stopped, another one is not."""
    with world.database.transaction() as session:
        for number in range(ADDRESS.tries):
            note_wrong(session, login=f"user-{number}", address=ELSEWHERE, now=NOW)
    with pytest.raises(TooManyTries):
        _try(world.database, "desk", address=ELSEWHERE)
    assert _try(world.database, "desk", address=HOME).token


def test_tries_hold_no_plain_names(world: World) -> None:
    """A password typed into the wrong box is not kept in the clear."""
    with pytest.raises(WrongCredentials):
        _try(world.database, "my secret phrase", "desk")
    with world.database.transaction() as session:
        kept = " ".join(session.exec(select(SignInTry.subject)).all())
    assert "secret" not in kept
    assert HOME not in kept


def test_old_tries_are_dropped_and_known_addresses_kept(world: World) -> None:
    """After a day only the known address stands, after ninety days not even that."""
    with pytest.raises(WrongCredentials):
        _try(world.database, "ghost", "wrong")
    _try(world.database)
    with world.database.transaction() as session:
        assert drop_old_tries(session, NOW + timedelta(days=1)) == 3
    assert _count(world.database, SignInTry) == 1
    with world.database.transaction() as session:
        assert drop_old_tries(session, NOW + KNOWN_FOR) == 1


def test_a_disabled_account_is_out_at_the_next_request(world: World) -> None:
    """No right outlives its revocation by a request."""
    token, _ = _try(world.database)
    with world.database.transaction() as session:
        disable_account(session, actor=SYSTEM, login="desk", now=NOW)
    with world.database.transaction() as session, pytest.raises(SignInNeeded):
        actor_of_sign_in(session, token=token, channel=Channel.OFFICE, now=NOW)


def test_an_account_switched_off_in_its_row_is_out_too(world: World) -> None:
    """The account is asked at every request, not only its sign-in."""
    token, account = _try(world.database)
    with world.database.transaction() as session:
        kept = session.get(Account, account.id)
        assert kept is not None
        kept.active = False
        session.add(kept)
    with world.database.transaction() as session, pytest.raises(SignInNeeded):
        actor_of_sign_in(session, token=token, channel=Channel.OFFICE, now=NOW)


def test_an_inspector_out_of_service_is_out(world: World) -> None:
    """Who left the service does not come in, nor stay in."""
    token, _ = _try(world.database, "officer")
    with world.database.transaction() as session:
        inspector = session.get(Inspector, world.inspectors[0])
        assert inspector is not None
        inspector.in_service = False
        session.add(inspector)
    with world.database.transaction() as session, pytest.raises(SignInNeeded):
        actor_of_sign_in(session, token=token, channel=Channel.OFFICE, now=NOW)
    with pytest.raises(WrongCredentials):
        _try(world.database, "officer")


def test_a_sign_in_ends_after_twelve_hours(world: World) -> None:
    """Half-open: at the last instant it is over."""
    token, _ = _try(world.database)

    def look(session: Session, after: timedelta) -> None:
        actor_of_sign_in(session, token=token, channel=Channel.OFFICE, now=NOW + after)

    with world.database.transaction() as session:
        look(session, timedelta(hours=11, minutes=59))
        with pytest.raises(SignInNeeded):
            look(session, timedelta(hours=12))


def test_signing_out_ends_the_sign_in(world: World) -> None:
    """The token counts no more; signing out again is no second event."""
    token, _ = _try(world.database)
    with world.database.transaction() as session:
        actor = actor_of_sign_in(session, token=token, channel=Channel.OFFICE, now=NOW)
        sign_out(session, actor=actor, token=token, now=NOW)
        sign_out(session, actor=actor, token=token, now=NOW)
    with world.database.transaction() as session:
        assert len(session.exec(select(Event).where(Event.kind == "signed_out")).all()) == 1
        with pytest.raises(SignInNeeded):
            actor_of_sign_in(session, token=token, channel=Channel.OFFICE, now=NOW)


def test_nobody_signs_another_out(world: World) -> None:
    """A token of somebody else is left alone."""
    token, _ = _try(world.database)
    with world.database.transaction() as session:
        sign_out(session, actor=world.manager(), token=token, now=NOW)
        actor_of_sign_in(session, token=token, channel=Channel.OFFICE, now=NOW)
