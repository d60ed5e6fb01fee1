"""Searches beside bookings: proposals and better plans meet days that others change at the same time."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import pytest
from sqlalchemy import text

from scheduler.access.actor import Actor
from scheduler.database.idempotency import plainly
from scheduler.errors import Refusal, ReplanOutdated
from scheduler.models import Booking
from scheduler.promise.searches import answer_allocation
from scheduler.replan.applying import apply_replan
from scheduler.replan.improve import Outcome, improve_next
from scheduler.replan.orders import Choice, ReplanOrder
from scheduler.replan.proposing import propose_replan
from tests.factories import NOW, TUESDAY, World, at, make_world, work_days
from tests.races.acts import TIMES, add_instructions, book_at, cancel_all, cancel_it, enterprises, swap_crews
from tests.races.rush import THREADS, rushing, won

PLANTS = (("plant_quarantine",), ())


@pytest.fixture
def world(fresh_database: Callable[[], str]) -> Iterator[World]:
    """Three inspectors who know plants come first in every search, three who do not after them; two sites."""
    world = make_world(fresh_database(), inspectors=0, pool_size=THREADS + 2)
    world.site("depot")
    world.type("plants", seats=PLANTS)
    for known in (("food", "plant_quarantine"),) * 3 + (("food",),) * 3:
        inspector = world.inspector(qualifications=known)
        world.add(*(world.duty_row(inspector, day) for day in work_days(10)))
    yield world
    world.database.close()


def test_proposals_against_bookings(world: World) -> None:
    """Ordinary goods take who knows plants, plants need them back, all at once: every promise is kept."""
    actors = enterprises(world, THREADS)
    with rushing(world) as rush:
        for number in rush.rounds(0.04):
            start = at(TUESDAY, *TIMES[number % len(TIMES)])
            kinds = ["standard", "plants"] * (THREADS // 2)
            acts = [
                partial(
                    book_at,
                    world,
                    actor,
                    add_instructions(world, 1, represented=actor.enterprise, type=world.types[kind])[0],
                    start,
                )
                for actor, kind in zip(actors, kinds, strict=True)
            ]
            assert len(won(rush.together(acts))) == 3
            cancel_all(world)


def test_better_plans_against_bookings(world: World) -> None:
    """Days are improved while people book and cancel: what no longer fits is never taken over."""
    actors, outcomes = enterprises(world, THREADS - 4), Counter[Outcome]()

    def improve() -> object:
        found = improve_next(world.database, now=NOW, answer=answer_allocation)
        if found is not None:
            outcomes[found.outcome] += 1
        return found

    with rushing(world) as rush:
        for number in rush.rounds(0.03):
            crossed = _cross_over(world, actors[:4])
            acts: list[Callable[[], object]] = [improve] * 4
            acts += [partial(cancel_it, world, actors[k], crossed[k].reference) for k in (number % 4,)]
            acts += [
                partial(book_at, world, actor, _one(world, actor, "plants", "depot"), at(TUESDAY, *time))
                for actor, time in zip(actors[4:12], TIMES, strict=False)
            ]
            assert won(rush.together(acts))
            cancel_all(world)
        _cross_over(world, actors[:4])  # and once with nobody beside
        improve()
    assert outcomes[Outcome.TAKEN_OVER]
    with world.database.snapshot() as session:
        kept = text("SELECT count(*) FROM solver_run WHERE kind = 'allocation'")
        assert session.execute(kept).scalar_one() == outcomes.total()


def test_disruptions_against_bookings(world: World) -> None:
    """One proposal, applied by two at once while people book and cancel: once or not at all, and whole."""
    actors, outcomes = enterprises(world, THREADS - 4), Counter[str]()

    def apply_it(number: int) -> object:
        try:
            done = apply_replan(
                world.database,
                actor=world.manager(),
                number=number,
                choice=Choice(),
                now=NOW,
                keep=plainly,
            )
        except Refusal as refusal:
            outcomes[refusal.code] += 1
            raise
        outcomes[done.state] += 1
        return done

    with rushing(world) as rush:
        for _ in rush.rounds(0.02):
            booked = _cross_over(world, actors[:4])
            asked = propose_replan(world.database, actor=world.manager(), order=_SHUT, now=NOW, keep=plainly)
            before = outcomes["applied"]
            acts: list[Callable[[], object]] = [partial(apply_it, asked.id or 0)] * 2
            acts += [partial(cancel_it, world, actors[2], booked[2].reference)]
            acts += [
                partial(book_at, world, actor, _one(world, actor, "standard", "yard"), at(TUESDAY, 9, 30))
                for actor in actors[4:8]
            ]
            rush.together(acts)
            assert outcomes["applied"] - before <= 1
            cancel_all(world)
            _open_again(world)
        _cross_over(world, actors[:4])  # and once with nobody beside: whoever comes second is told so
        asked = propose_replan(world.database, actor=world.manager(), order=_SHUT, now=NOW, keep=plainly)
        before, settled = outcomes["applied"], outcomes["replan_settled"]
        rush.together([partial(apply_it, asked.id or 0)] * 2)
        assert (outcomes["applied"] - before, outcomes["replan_settled"] - settled) == (1, 1)
    assert set(outcomes) <= {"applied", "replan_outdated", "replan_settled", "busy"}


def test_what_no_longer_fits_is_always_refused(world: World) -> None:
    """A proposal whose crews were changed before it is applied is refused each time; nothing is written."""
    actors = enterprises(world, 4)
    for _ in range(10):
        booked = _cross_over(world, actors)
        asked = propose_replan(world.database, actor=world.manager(), order=_SHUT, now=NOW, keep=plainly)
        cancel_it(world, actors[1], booked[1].reference)
        with pytest.raises(ReplanOutdated):
            apply_replan(
                world.database,
                actor=world.manager(),
                number=asked.id or 0,
                choice=Choice(),
                now=NOW,
                keep=plainly,
            )
        with world.database.snapshot() as session:
            assert session.execute(text("SELECT count(*) FROM closure")).scalar_one() == 0
        cancel_all(world)


_SHUT = ReplanOrder.model_validate(
    {
        "date": TUESDAY,
        "causes": [
            {
                "kind": "site_closed",
                "site": "depot",
                "begins": at(TUESDAY, 9),
                "ends": at(TUESDAY, 9, 30),
                "reason": "示例",
            }
        ],
    }
)
"""The depot is closed when the second of four visits is there."""


def _cross_over(world: World, actors: Sequence[Actor]) -> list[Booking]:
    """Four visits at two sites; the crews of the later two cross between the sites."""
    places = [(hour, site) for hour in (9, 10) for site in ("yard", "depot")]
    booked = [
        book_at(world, actor, _one(world, actor, "standard", site), at(TUESDAY, hour))
        for actor, (hour, site) in zip(actors, places, strict=True)
    ]
    swap_crews(world, *booked[2:])
    return booked


def _one(world: World, actor: Actor, kind: str, site: str) -> str:
    columns = {"represented": actor.enterprise, "type": world.types[kind], "site": world.sites[site]}
    return add_instructions(world, 1, **columns)[0]


def _open_again(world: World) -> None:
    with world.database.transaction() as session:
        session.execute(text("DELETE FROM closure"))
