"""Calls to the desk: one enterprise a call, exact searches only, everything on record."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from scheduler.access.actor import Actor
from scheduler.access.calls import (
    CALL_LASTS,
    actor_in_call,
    bind_call,
    close_call,
    find_enterprise,
    open_call,
)
from scheduler.booking.book import book
from scheduler.database.idempotency import plainly
from scheduler.errors import (
    CallBound,
    CallNeeded,
    Forbidden,
    MalformedField,
    MalformedPhone,
    Refusal,
    SignInNeeded,
    UnknownCall,
)
from scheduler.models import Call, Contact, Enterprise, Event
from scheduler.vocabulary import CallEnd, Channel, Role
from tests.factories import NOW, TUESDAY, World, at, make_world, order

PHONE = "+8613900139000"


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """A small district whose enterprise has a contact and whose agents are two."""
    world = make_world(database_url, inspectors=2, days=2)
    world.add(Contact(enterprise=world.enterprises[0], name="示例联系人", phone=PHONE, is_mobile=True))
    world.accounts["agent"] = world.account(Role.DESK_AGENT, login="agent", mobile="+8613700137000")
    world.accounts["other"] = world.account(Role.DESK_AGENT, login="other")
    yield world
    world.database.close()


def _agent(world: World, login: str = "agent") -> Actor:
    return Actor(
        role=Role.DESK_AGENT,
        channel=Channel.OFFICE,
        account=world.accounts[login],
        office=world.offices["north"],
    )


def _open(world: World, login: str = "agent") -> str:
    with world.database.transaction() as session:
        call = open_call(
            session, actor=_agent(world, login), caller_name="来电人", caller_phone="010-65391234", now=NOW
        )
        return call.reference


def _enter(world: World, reference: str, *, now: datetime = NOW) -> Actor:
    with world.database.transaction() as session:
        return actor_in_call(session, actor=_agent(world), reference=reference, now=now)


def _find(world: World, reference: str, query: str) -> Enterprise | None:
    with world.database.transaction() as session:
        within = actor_in_call(session, actor=_agent(world), reference=reference, now=NOW)
        return find_enterprise(session, actor=within, query=query, now=NOW)


def _bind(world: World, reference: str, enterprise: int) -> Actor:
    with world.database.transaction() as session:
        within = actor_in_call(session, actor=_agent(world), reference=reference, now=NOW)
        return bind_call(session, actor=within, enterprise=enterprise, now=NOW)


def _close(world: World, reference: str, login: str = "agent") -> Call:
    with world.database.transaction() as session:
        return close_call(
            session,
            actor=_agent(world, login),
            reference=reference,
            reason=CallEnd.INFORMATION,
            note=" 已答复 ",
            now=NOW,
        )


def _uscc(world: World, enterprise: int) -> str:
    with world.database.transaction() as session:
        row = session.get(Enterprise, enterprise)
        assert row is not None
        return row.uscc


def _events(session: Session) -> list[Event]:
    return list(session.exec(select(Event).order_by(Event.id)).all())  # type: ignore[arg-type] # a column


def test_a_call_is_opened_with_a_reference_of_its_own(world: World) -> None:
    """C and eight digits, the caller's number in one form, and an event of the office."""
    reference = _open(world)
    assert reference[0] == "C"
    assert len(reference) == 9
    assert reference[1:].isdigit()
    with world.database.transaction() as session:
        call = session.exec(select(Call)).one()
        event = session.exec(select(Event)).one()
    assert (call.agent, call.caller_phone, call.enterprise) == (
        world.accounts["agent"],
        "+861065391234",
        None,
    )
    assert (event.kind, event.channel, event.call) == ("call_opened", "office", call.id)


@pytest.mark.parametrize(
    ("name", "phone", "refusal"), [(" ", PHONE, MalformedField), ("来电人", "12", MalformedPhone)]
)
def test_a_caller_has_a_name_and_a_number(
    world: World, name: str, phone: str, refusal: type[Refusal]
) -> None:
    """Without either no call is opened."""
    with world.database.transaction() as session, pytest.raises(refusal):
        open_call(session, actor=_agent(world), caller_name=name, caller_phone=phone, now=NOW)


def test_only_the_desk_takes_calls(world: World) -> None:
    """Nobody else acts in an enterprise's name without its sign-in."""
    anonymous = Actor(role=Role.ANONYMOUS, channel=Channel.PORTAL)
    for actor, refusal in (
        (world.manager(), Forbidden),
        (world.enterprise_actor(), Forbidden),
        (anonymous, SignInNeeded),
    ):
        with world.database.transaction() as session, pytest.raises(refusal):
            open_call(session, actor=actor, caller_name="来电人", caller_phone=PHONE, now=NOW)


def test_an_agent_acts_by_phone_within_the_own_call(world: World) -> None:
    """The channel becomes the phone; the call speaks for nobody yet."""
    actor = _enter(world, _open(world).lower())
    assert (actor.channel, actor.role) == (Channel.PHONE, Role.DESK_AGENT)
    assert actor.call is not None
    assert actor.call.enterprise is None


def test_without_an_own_open_call_the_desk_does_nothing(world: World) -> None:
    """No call, an unknown one, a colleague's, a closed one, one open for half an hour."""
    closed, foreign, stale = _open(world), _open(world, "other"), _open(world)
    _close(world, closed)
    for reference, now, refusal in (
        ("", NOW, CallNeeded),
        ("C00000000x", NOW, UnknownCall),
        (foreign, NOW, UnknownCall),
        (closed, NOW, UnknownCall),
        (stale, NOW + CALL_LASTS, UnknownCall),
    ):
        with pytest.raises(refusal):
            _enter(world, reference, now=now)
    assert _enter(world, stale, now=NOW + CALL_LASTS - timedelta(seconds=1))


def test_a_call_speaks_for_one_enterprise(world: World) -> None:
    """Bound once, again to the same is nothing new, to another it is refused."""
    reference, other = _open(world), world.enterprise()
    for _ in range(2):
        actor = _bind(world, reference, world.enterprises[0])
        assert actor.call is not None
        assert actor.call.enterprise == world.enterprises[0]
    with pytest.raises(CallBound):
        _bind(world, reference, other)
    with world.database.transaction() as session:
        bound = [event for event in _events(session) if event.kind == "call_bound"]
    assert [(one.channel, one.on_behalf_of) for one in bound] == [("phone", world.enterprises[0])]


def test_two_bindings_at_once_leave_one(world: World) -> None:
    """Two windows of one agent: one call, one enterprise, the other refused."""
    reference, other = _open(world), world.enterprise()
    together, outcomes = threading.Barrier(2), []

    def bind(enterprise: int) -> None:
        together.wait()
        try:
            _bind(world, reference, enterprise)
            outcomes.append("bound")
        except CallBound:
            outcomes.append("refused")

    threads = [threading.Thread(target=bind, args=(one,)) for one in (world.enterprises[0], other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["bound", "refused"]


def test_an_agent_does_not_serve_the_own_enterprise(world: World) -> None:
    """Linked by the mobile number: no booking for oneself on the phone line."""
    own = world.enterprise()
    world.add(Contact(enterprise=own, name="示例坐席", phone="+8613700137000", is_mobile=True))
    with pytest.raises(Forbidden):
        _bind(world, _open(world), own)


@pytest.mark.parametrize("kind", ["phone", "uscc", "instruction", "booking"])
def test_an_exact_number_finds_the_enterprise(world: World, kind: str) -> None:
    """Each of the four ways, as people say and paste them, and it binds the call."""
    instruction = world.instruction()
    booking = book(
        world.database,
        actor=world.enterprise_actor(),
        order=order(instruction, start=at(TUESDAY, 10)),
        now=NOW,
        keep=plainly,
    )
    query = {
        "phone": "139-0013 9000",
        "uscc": _uscc(world, world.enterprises[0]).lower(),
        "instruction": f" {instruction[:9]} {instruction[9:]} ",
        "booking": booking.reference.lower().replace("-", " "),
    }[kind]
    reference = _open(world)
    found = _find(world, reference, query)
    assert found is not None
    assert found.id == world.enterprises[0]
    actor = _enter(world, reference)
    assert actor.call is not None
    assert actor.call.enterprise == world.enterprises[0]
    with world.database.transaction() as session:
        event = _events(session)[-1]
    assert (event.kind, event.channel, event.on_behalf_of) == ("enterprise_found", "phone", found.id)


@pytest.mark.parametrize("query", ["139001390", "91110105MA", "示例企业", "%", "0100202610", "138 0013 8000"])
def test_parts_and_names_find_nothing(world: World, query: str) -> None:
    """No prefix, no name, no wildcard: the miss is on record, without what was asked."""
    world.instruction()
    reference = _open(world)
    assert _find(world, reference, query) is None
    with world.database.transaction() as session:
        event = _events(session)[-1]
    assert (event.kind, event.enterprise) == ("enterprise_not_found", None)
    assert query not in str(event.details)
    assert _enter(world, reference).call is not None


def test_a_number_of_two_enterprises_finds_neither(world: World) -> None:
    """At most one enterprise is shown; a shared phone needs another number."""
    world.add(Contact(enterprise=world.enterprise(), name="示例联系人", phone=PHONE, is_mobile=True))
    assert _find(world, _open(world), PHONE) is None


def test_a_second_enterprise_needs_a_second_call(world: World) -> None:
    """Fishing through a list within one call ends at the first hit."""
    reference, other = _open(world), world.enterprise()
    assert _find(world, reference, PHONE) is not None
    with pytest.raises(CallBound):
        _find(world, reference, _uscc(world, other))


@pytest.mark.parametrize("query", ["", "   ", "9" * 65])
def test_a_query_has_a_bounded_length(world: World, query: str) -> None:
    """Neither empty nor endless."""
    with pytest.raises(MalformedField):
        _find(world, _open(world), query)


def test_a_search_needs_a_call(world: World) -> None:
    """An agent without a caller looks nobody up."""
    with world.database.transaction() as session, pytest.raises(CallNeeded):
        find_enterprise(session, actor=_agent(world), query=PHONE, now=NOW)


def test_a_call_is_closed_with_its_reason(world: World) -> None:
    """By its agent, once; an act by phone when it spoke for somebody."""
    reference = _open(world)
    _bind(world, reference, world.enterprises[0])
    with pytest.raises(UnknownCall):
        _close(world, reference, "other")
    call = _close(world, reference)
    assert (call.ended_at, call.end_reason, call.note) == (NOW, "information", "已答复")
    with pytest.raises(UnknownCall):
        _close(world, reference)
    with world.database.transaction() as session:
        event = _events(session)[-1]
    assert (event.kind, event.channel, event.on_behalf_of) == ("call_closed", "phone", world.enterprises[0])
