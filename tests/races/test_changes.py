"""Confirm against expiry, moves that cross, sixteen writers of one version."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import text

from scheduler.booking.expiry import expire_due
from scheduler.errors import HoldExpired, NoPlace, Refusal, StaleVersion
from tests.factories import NOW, TUESDAY, World, at, make_world
from tests.races.acts import (
    SLOTS,
    add_instructions,
    book_at,
    cancel_all,
    confirm_it,
    enterprises,
    hold_at,
    move_to,
)
from tests.races.rush import THREADS, rushing, won


@pytest.fixture(scope="module")
def empty(fresh_database: Callable[[], str]) -> Iterator[World]:
    """Eight inspectors, so four crews; no docks."""
    world = make_world(fresh_database(), inspectors=8, pool_size=THREADS + 2)
    yield world
    world.database.close()


@pytest.fixture
def world(empty: World) -> Iterator[World]:
    """The same world for each race, with nothing booked."""
    yield empty
    cancel_all(empty)


def _states(world: World, numbers: list[str]) -> dict[str, str]:
    asked = "SELECT reference, state FROM booking WHERE reference = ANY (:numbers)"
    with world.database.snapshot() as session:
        return dict(tuple(row) for row in session.execute(text(asked), {"numbers": numbers}))


def test_confirm_against_expiry(world: World) -> None:
    """A hold is either confirmed or expired, and whoever confirmed it was told so."""
    actors = enterprises(world, 16)
    wanted = [(actor, add_instructions(world, 1, represented=actor.enterprise)[0]) for actor in actors]
    just_in_time, lapsed = NOW + timedelta(minutes=4, seconds=59), NOW + timedelta(minutes=5)
    with rushing(world) as rush:
        for number in rush.rounds(0.1):
            starts = [SLOTS[(number * 4 + k % 4) % len(SLOTS)] for k in range(16)]
            held = [hold_at(world, *one, start) for one, start in zip(wanted, starts, strict=True)]
            acts = []
            for (actor, _), one in zip(wanted, held, strict=True):
                acts += [
                    partial(expire_due, world.database, now=lapsed),
                    partial(confirm_it, world, actor, one.reference, just_in_time),
                ]
            told = rush.together(acts)[1::2]
            assert all(not isinstance(one, Refusal) or isinstance(one, HoldExpired) for one in told)
            states = _states(world, [one.reference for one in held])
            assert states == {
                one.reference: "expired" if isinstance(said, HoldExpired) else "confirmed"
                for one, said in zip(held, told, strict=True)
            }
            cancel_all(world)


def test_moves_that_cross(world: World) -> None:
    """Two bookings of two days change places back and forth: nobody is told of a deadlock, none happens."""
    actor = world.enterprise_actor()
    references = add_instructions(world, 2)
    with rushing(world) as rush:
        for number in rush.rounds(0.1):
            places = SLOTS[number % len(SLOTS)], SLOTS[(number + 1) % len(SLOTS)]
            booked = [
                book_at(world, actor, reference, start)
                for reference, start in zip(references, places, strict=True)
            ]
            acts = [
                partial(move_to, world, actor, booked[k % 2].reference, places[(k // 2 + k + 1) % 2])
                for k in range(THREADS)
            ]
            answers = rush.together(acts)
            assert len(won(answers)) + sum(isinstance(one, NoPlace) for one in answers) == THREADS
            cancel_all(world)


def test_sixteen_writers_of_one_version(world: World) -> None:
    """Exactly one of sixteen who know the same version changes it; the others are told that it is stale."""
    actor = world.enterprise_actor()
    references = add_instructions(world, 2)
    first = [book_at(world, actor, reference, at(TUESDAY, 14)) for reference in references]
    versions = {one.reference: one.version for one in first}
    with rushing(world) as rush:
        for number in rush.rounds(0.1):
            acts = [
                partial(
                    move_to, world, actor, reference, SLOTS[(number * 16 + k) % len(SLOTS)], version=version
                )
                for reference, version in versions.items()
                for k in range(16)
            ]
            answers = rush.together(acts)
            for half, reference in enumerate(versions):
                told = answers[half * 16 : half * 16 + 16]
                assert len(won(told)) == 1
                assert sum(isinstance(one, StaleVersion) for one in told) == 15
                versions[reference] += 1
