"""API tokens: seen once, narrowed, ending, revoked at once."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from scheduler.access.actor import SYSTEM, Actor
from scheduler.access.members import add_integrator, disable_account
from scheduler.access.policy import Action, Resource, Scope, TokenActor, TokenScope, require
from scheduler.access.tokens import LONGEST_LIFE, actor_of_token, create_token, list_tokens, revoke_token
from scheduler.errors import Forbidden, MalformedField, SignInNeeded, UnknownAccount, UnknownToken
from scheduler.models import ApiToken, Enterprise, Event
from scheduler.vocabulary import Channel, Role
from tests.factories import NOW, World, make_world

SOON = NOW + timedelta(days=30)


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """A small district whose enterprise has an administrator `boss`, a user `li` and a program `erp`."""
    world = make_world(database_url, inspectors=1, with_duties=False)
    world.accounts["boss"] = world.account(Role.ENTERPRISE_USER, login="boss", is_enterprise_admin=True)
    world.accounts["li"] = world.account(Role.ENTERPRISE_USER, login="li")
    with world.database.transaction() as session:
        add_integrator(session, actor=_person(world, "boss"), login="erp", name="示例系统", now=NOW)
    yield world
    world.database.close()


def _person(world: World, login: str) -> Actor:
    return Actor(
        role=Role.ENTERPRISE_USER,
        channel=Channel.PORTAL,
        account=world.accounts[login],
        enterprise=world.enterprises[0],
    )


def _make(
    world: World,
    actor: Actor,
    *,
    login: str | None = None,
    label: str = "示例",
    scopes: Iterable[str] = ("read",),
    expires_at: datetime = SOON,
) -> str:
    with world.database.transaction() as session:
        return create_token(
            session, actor=actor, label=label, scopes=scopes, expires_at=expires_at, now=NOW, login=login
        )


def _use(world: World, token: str, *, now: datetime = NOW) -> TokenActor:
    with world.database.transaction() as session:
        return actor_of_token(session, token=token, now=now, request_id="r-2")


def _kept(session: Session) -> ApiToken:
    return session.exec(select(ApiToken)).one()


def test_a_token_acts_for_its_account(world: World) -> None:
    """Role and enterprise are the account's, the channel is the API, the scopes are the token's."""
    actor = _use(world, _make(world, _person(world, "li"), scopes=["read", "book"]))
    assert (actor.role, actor.channel, actor.request_id) == (Role.ENTERPRISE_USER, Channel.API, "r-2")
    assert (actor.account, actor.enterprise) == (world.accounts["li"], world.enterprises[0])
    assert actor.scopes == {TokenScope.READ, TokenScope.BOOK}
    assert require(actor, Resource.BOOKING, Action.CREATE) is Scope.OWN
    with pytest.raises(Forbidden):
        require(actor, Resource.INSTRUCTION, Action.WRITE)


def test_a_token_is_kept_as_a_digest_and_on_record(world: World) -> None:
    """Neither the row nor the event holds it."""
    token = _make(world, _person(world, "li"))
    with world.database.transaction() as session:
        assert token not in _kept(session).token_hash
        event = session.exec(select(Event).where(Event.kind == "token_created")).one()
    assert event.actor == world.accounts["li"]
    assert token not in str(event.details)


def test_the_administrator_makes_the_programs_tokens(world: World) -> None:
    """A colleague does not, and nobody makes tokens in a colleague's name."""
    program = _use(world, _make(world, _person(world, "boss"), login="erp"))
    assert program.role is Role.INTEGRATOR
    with pytest.raises(Forbidden):
        _make(world, _person(world, "li"), login="erp")
    with pytest.raises(UnknownAccount):
        _make(world, _person(world, "boss"), login="li")


def test_a_foreign_program_looks_unknown(world: World) -> None:
    """Another enterprise's integrator and no integrator at all: the same answer."""
    world.account(Role.INTEGRATOR, login="foreign", enterprise=world.enterprise())
    for login in ("foreign", "unknown"):
        with pytest.raises(UnknownAccount):
            _make(world, _person(world, "boss"), login=login)


def test_a_token_makes_no_token(world: World) -> None:
    """A token that leaked cannot make itself a successor, nor revoke the others."""
    actor = _use(world, _make(world, _person(world, "li"), scopes=["read", "book", "instructions"]))
    with pytest.raises(Forbidden):
        _make(world, actor)
    with world.database.transaction() as session, pytest.raises(Forbidden):
        revoke_token(session, actor=actor, token=1, now=NOW)


@pytest.mark.parametrize("login", ["manager", "desk"])
def test_staff_have_no_tokens(world: World, login: str) -> None:
    """Their work is done signed in."""
    actor = world.manager() if login == "manager" else world.desk(world.enterprises[0])
    with pytest.raises(Forbidden):
        _make(world, actor)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"scopes": []}, "/scopes"),
        ({"scopes": ["read", "everything"]}, "/scopes"),
        ({"scopes": ["sandbox"]}, "/scopes"),
        ({"label": "  "}, "/label"),
        ({"expires_at": NOW}, "/expires_at"),
        ({"expires_at": NOW + LONGEST_LIFE + timedelta(seconds=1)}, "/expires_at"),
    ],
)
def test_a_wrong_token_names_its_field(world: World, values: dict[str, object], field: str) -> None:
    """No scope, an unknown one, sandbox alone, no label, no life or more than a year."""
    with pytest.raises(MalformedField) as told:
        _make(world, _person(world, "li"), **values)  # type: ignore[arg-type] # a test's mix
    assert told.value.field == field


def test_a_token_ends(world: World) -> None:
    """Half-open: at its last instant it is over."""
    token = _make(world, _person(world, "li"), expires_at=NOW + LONGEST_LIFE)
    assert _use(world, token, now=NOW + LONGEST_LIFE - timedelta(seconds=1))
    with pytest.raises(SignInNeeded):
        _use(world, token, now=NOW + LONGEST_LIFE)


def test_an_unknown_token_stands_for_nobody(world: World) -> None:
    """Nor does what is stored of a token."""
    _make(world, _person(world, "li"))
    with world.database.transaction() as session:
        stored = _kept(session).token_hash
    for wrong in ("", "insp_guess", stored):
        with pytest.raises(SignInNeeded):
            _use(world, wrong)


def test_a_revoked_token_is_out_at_the_next_request(world: World) -> None:
    """By its owner; twice is one event."""
    token = _make(world, _person(world, "li"))
    for _ in range(2):
        with world.database.transaction() as session:
            number = _kept(session).id
            assert number is not None
            revoke_token(session, actor=_person(world, "li"), token=number, now=NOW)
    with pytest.raises(SignInNeeded):
        _use(world, token)
    with world.database.transaction() as session:
        assert len(session.exec(select(Event).where(Event.kind == "token_revoked")).all()) == 1


def test_who_may_revoke(world: World) -> None:
    """The enterprise's administrator may; a colleague and another enterprise find nothing."""
    token = _make(world, _person(world, "boss"), login="erp")
    other = world.enterprise()
    stranger = world.enterprise_actor(other)
    for actor in (_person(world, "li"), stranger):
        with world.database.transaction() as session, pytest.raises(UnknownToken):
            revoke_token(session, actor=actor, token=_kept(session).id or 0, now=NOW)
    with world.database.transaction() as session:
        revoke_token(session, actor=_person(world, "boss"), token=_kept(session).id or 0, now=NOW)
    with pytest.raises(SignInNeeded):
        _use(world, token)


def test_a_disabled_accounts_token_is_out(world: World) -> None:
    """The account is asked at every request."""
    token = _make(world, _person(world, "boss"), login="erp")
    with world.database.transaction() as session:
        disable_account(session, actor=SYSTEM, login="erp", now=NOW)
    with pytest.raises(SignInNeeded):
        _use(world, token)


def test_use_is_noted_once_a_minute(world: World) -> None:
    """Many requests do not write at each request."""
    token = _make(world, _person(world, "li"))
    for seconds, noted in ((0, 0), (59, 0), (60, 60), (100, 60)):
        _use(world, token, now=NOW + timedelta(seconds=seconds))
        with world.database.transaction() as session:
            assert _kept(session).last_used_at == NOW + timedelta(seconds=noted)


def test_a_sandbox_token_is_an_example_enterprises(world: World) -> None:
    """A real enterprise gets none, and one whose enterprise became real is out."""
    token = _make(world, _person(world, "li"), scopes=["read", "sandbox"])
    assert TokenScope.SANDBOX in _use(world, token).scopes
    with world.database.transaction() as session:
        enterprise = session.get(Enterprise, world.enterprises[0])
        assert enterprise is not None
        enterprise.is_example = False
        session.add(enterprise)
    with pytest.raises(SignInNeeded):
        _use(world, token)
    with pytest.raises(MalformedField):
        _make(world, _person(world, "li"), scopes=["read", "sandbox"])


def test_tokens_are_listed_within_reach(world: World) -> None:
    """One's own; the enterprise's administrator sees all of the enterprise."""
    _make(world, _person(world, "li"), label="mine")
    _make(world, _person(world, "boss"), login="erp", label="erp")
    with world.database.transaction() as session:
        assert [one.label for one in list_tokens(session, actor=_person(world, "li"))] == ["mine"]
        assert [one.label for one in list_tokens(session, actor=_person(world, "boss"))] == ["erp", "mine"]
