"""Batches beside bookings: what is held was free under the locks, what is taken is told item by item."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from sqlalchemy import text

from scheduler.access.actor import Actor
from scheduler.booking.batch.accept import accept_batch
from scheduler.booking.batch.hold import hold_batch
from scheduler.booking.batch.orders import BatchAnswer, BatchOrder
from scheduler.database.idempotency import plainly
from scheduler.models import Batch
from tests.factories import NOW, TUESDAY, World, at, make_world
from tests.races.acts import add_instructions, book_at, cancel_all, enterprises
from tests.races.rush import THREADS, rushing, won


@pytest.fixture
def world(fresh_database: Callable[[], str]) -> Iterator[World]:
    """Four inspectors: two visits at once."""
    world = make_world(fresh_database(), pool_size=THREADS + 2)
    yield world
    world.database.close()


def _ask(world: World, actor: Actor, references: list[str]) -> Batch:
    order = BatchOrder.model_validate(
        {
            "instructions": [{"reference": one} for one in references],
            "wished_from": at(TUESDAY, 9),
            "wished_to": at(TUESDAY, 10),
        }
    )
    return hold_batch(world.database, actor=actor, order=order, now=NOW, keep=plainly)


def _held(world: World, batch: Batch) -> list[str]:
    with world.database.snapshot() as session:
        asked = "SELECT b.reference FROM batch_item AS i JOIN booking AS b ON b.id = i.booking"
        rows = session.execute(text(f"{asked} WHERE i.batch = :batch"), {"batch": batch.id})
        return list(rows.scalars())


def _accept(world: World, actor: Actor, batch: Batch) -> Batch:
    answer = BatchAnswer(accepted=tuple(_held(world, batch)), attendee="示例陪同人")
    return accept_batch(
        world.database, actor=actor, reference=batch.reference, answer=answer, now=NOW, keep=plainly
    )


def test_batches_and_bookings_share_a_morning(world: World) -> None:
    """Two batches, the same goods in both, and single bookings: no crew twice, no instruction twice."""
    actors = enterprises(world, 6)
    with rushing(world) as rush:
        for _ in rush.rounds(0.01):
            goods = [add_instructions(world, 3, represented=actor.enterprise) for actor in actors[:2]]
            acts: list[Callable[[], object]] = [
                partial(_ask, world, actor, some) for actor, some in zip(actors, goods, strict=False)
            ]
            acts += [partial(_ask, world, actors[0], goods[0])]
            for actor in actors[2:]:
                (one,) = add_instructions(world, 1, represented=actor.enterprise)
                acts.append(partial(book_at, world, actor, one, at(TUESDAY, 9, 30)))
            answers = rush.together(acts)
            batches = [one for one in won(answers) if isinstance(one, Batch)]
            assert sum(len(_held(world, batch)) for batch in batches) > 0
            accepting = [
                partial(_accept, world, world.enterprise_actor(batch.made_by), batch) for batch in batches
            ]
            rush.together(accepting + accepting)
            cancel_all(world)
