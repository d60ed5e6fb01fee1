"""Who may act for whom: granted, dated, revocable; and what a declarant may do without."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlmodel import Session, select

from scheduler.access.actor import Actor
from scheduler.access.authorities import (
    authorities_seen,
    grant,
    may_represent,
    represented_enterprises,
    revoke,
)
from scheduler.errors import (
    Forbidden,
    MalformedField,
    Refusal,
    TimesOutOfOrder,
    UnknownAuthority,
    UnknownEnterprise,
)
from scheduler.models import Authority, Enterprise, Event, Instruction
from tests.factories import NOW, TODAY, World, make_world

DAY = timedelta(days=1)


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """A small district with a trader (0), a broker (1) and another trader (2)."""
    world = make_world(database_url, inspectors=1, with_duties=False)
    world.enterprise(kind="broker")
    world.enterprise()
    yield world
    world.database.close()


def _uscc(session: Session, enterprise: int) -> str:
    row = session.get(Enterprise, enterprise)
    assert row is not None
    return row.uscc


def _grant(
    world: World,
    *,
    actor: Actor | None = None,
    broker: int = 1,
    valid_from: date = TODAY,
    valid_to: date | None = None,
) -> int:
    granting = actor or world.enterprise_actor()
    with world.database.transaction() as session:
        authority = grant(
            session,
            actor=granting,
            broker=_uscc(session, world.enterprises[broker]),
            valid_from=valid_from,
            valid_to=valid_to,
            today=TODAY,
            now=NOW,
        )
        assert authority.id is not None
        return authority.id


def _revoke(world: World, authority: int, *, actor: Actor | None = None) -> Authority:
    revoking = actor or world.enterprise_actor()
    with world.database.transaction() as session:
        return revoke(session, actor=revoking, authority=authority, now=NOW)


def _may(world: World, on: date, *references: str, represented: int = 0) -> bool:
    with world.database.transaction() as session:
        named = [
            session.exec(select(Instruction).where(Instruction.reference == one)).one() for one in references
        ]
        return may_represent(
            session,
            broker=world.enterprises[1],
            represented=world.enterprises[represented],
            on=on,
            instructions=named,
        )


def test_a_granted_broker_acts_on_its_dates(world: World) -> None:
    """Half-open: from the first date on, on the last no more; for nobody else."""
    assert not _may(world, TODAY)
    _grant(world, valid_from=TODAY + DAY, valid_to=TODAY + 3 * DAY)
    assert [_may(world, TODAY + n * DAY) for n in range(4)] == [False, True, True, False]
    assert not _may(world, TODAY + DAY, represented=2)


def test_an_authority_is_not_mutual(world: World) -> None:
    """The trader does not act for the broker."""
    _grant(world)
    with world.database.transaction() as session:
        trader, broker = world.enterprises[:2]
        assert not may_represent(session, broker=trader, represented=broker, on=TODAY, instructions=())


def test_a_grant_is_on_record(world: World) -> None:
    """Who granted it, to whom."""
    authority = _grant(world)
    with world.database.transaction() as session:
        kept = session.get(Authority, authority)
        event = session.exec(select(Event).where(Event.kind == "authority_granted")).one()
    assert kept is not None
    assert (kept.source, kept.granted_by) == ("granted", world.enterprise_actor().account)
    assert (event.enterprise, event.details["broker"]) == (world.enterprises[0], world.enterprises[1])


def test_a_revoked_authority_ends_at_once(world: World) -> None:
    """Twice is one event, and the first instant stays."""
    authority = _grant(world)
    for _ in range(2):
        assert _revoke(world, authority).revoked_at == NOW
    assert not _may(world, TODAY)
    with world.database.transaction() as session:
        assert len(session.exec(select(Event).where(Event.kind == "authority_revoked")).all()) == 1


def test_only_who_gave_it_takes_it_back(world: World) -> None:
    """Somebody else's and an unknown authority look alike."""
    authority = _grant(world)
    stranger = world.enterprise_actor(world.enterprises[2])
    for number, actor in ((authority, stranger), (999_999, None)):
        with pytest.raises(UnknownAuthority):
            _revoke(world, number, actor=actor)
    assert _may(world, TODAY)


def test_offices_and_the_desk_grant_nothing(world: World) -> None:
    """An authority is the represented enterprise's own word."""
    for actor in (world.manager(), world.desk(world.enterprises[0])):
        with pytest.raises(Forbidden):
            _grant(world, actor=actor)


@pytest.mark.parametrize(
    ("values", "refusal", "field"),
    [
        ({"broker": 2}, UnknownEnterprise, "/broker"),
        ({"valid_from": TODAY - DAY}, MalformedField, "/valid_from"),
        ({"valid_to": TODAY}, TimesOutOfOrder, "/valid_to"),
    ],
)
def test_a_wrong_grant_names_its_field(
    world: World, values: dict[str, object], refusal: type[Refusal], field: str
) -> None:
    """A trader is no broker; nothing reaches into the past or ends before it begins."""
    with pytest.raises(refusal) as told:
        _grant(world, **values)  # type: ignore[arg-type] # a test's mix
    assert told.value.field == field


def test_a_broker_does_not_authorise_itself(world: World) -> None:
    """Not even for its own goods, which need no authority."""
    with pytest.raises(MalformedField):
        _grant(world, actor=world.enterprise_actor(world.enterprises[1]))


def test_a_declarant_acts_for_what_it_declared(world: World) -> None:
    """Declarant of all instructions named: yes; of some, of another's, or none named: no."""
    broker = world.enterprises[1]
    own, also = world.instruction(declarant=broker), world.instruction(declarant=broker)
    foreign = world.instruction()
    assert _may(world, TODAY, own, also)
    assert not _may(world, TODAY, own, foreign)
    assert not _may(world, TODAY, own, represented=2)
    assert not _may(world, TODAY)


def test_whom_a_broker_represents(world: World) -> None:
    """Granted ones on the date and those it declared for; withdrawn instructions and ended ones not."""
    broker = world.enterprises[1]
    declared, withdrawn = world.enterprise(), world.enterprise()
    world.instruction(declared, declarant=broker)
    world.instruction(withdrawn, declarant=broker, state="withdrawn")
    _grant(world, valid_to=TODAY + DAY)
    with world.database.transaction() as session:
        today, tomorrow = (
            [one.id for one in represented_enterprises(session, broker=broker, on=day)]
            for day in (TODAY, TODAY + DAY)
        )
    assert today == [world.enterprises[0], declared]
    assert tomorrow == [declared]


def test_both_parties_see_an_authority(world: World) -> None:
    """The represented and the broker; a third sees none; the desk sees the caller's."""
    authority = _grant(world)
    for actor, seen in (
        (world.enterprise_actor(), [authority]),
        (world.enterprise_actor(world.enterprises[1]), [authority]),
        (world.enterprise_actor(world.enterprises[2]), []),
        (world.desk(world.enterprises[0]), [authority]),
        (world.desk(None), []),
    ):
        with world.database.transaction() as session:
            assert [one.id for one in authorities_seen(session, actor=actor)] == seen
