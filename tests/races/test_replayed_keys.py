"""The same key from several threads: one effect, the same bytes for everybody, 409 while it runs."""

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from sqlmodel import Session

from scheduler.access.actor import Actor
from scheduler.booking.book import book
from scheduler.database.idempotency import Answer, keyed
from scheduler.errors import KeyBusy, KeyReused, Refusal
from scheduler.models import Booking
from tests.factories import NOW, TUESDAY, World, at, make_world, order
from tests.races.acts import SLOTS, add_instructions, cancel_all, enterprises, scalar
from tests.races.checker import count_findings, violated
from tests.races.rush import THREADS, rushing

KEYS = 8
Render = Callable[[Session, Booking | Refusal], Answer]


@pytest.fixture(scope="module")
def world(fresh_database: Callable[[], str]) -> Iterator[World]:
    """Eight inspectors, so four places for eight keys."""
    world = make_world(fresh_database(), inspectors=8, pool_size=THREADS + 2)
    yield world
    world.database.close()


def _render(_: Session, made: Booking | Refusal) -> Answer:
    if isinstance(made, Refusal):
        return Answer(409, json.dumps({"code": made.code}).encode())
    return Answer(201, json.dumps({"number": made.reference}).encode())


def _ask(
    world: World,
    actor: Actor,
    reference: str,
    start: object,
    key: str,
    *,
    render: Render = _render,
    mark: str = "a",
) -> Answer:
    keep = keyed(tenant=actor.tenant, key=key, request_hash=mark, now=NOW, render=render)
    return book(world.database, actor=actor, order=order(reference, start=start), now=NOW, keep=keep)


def test_replayed_keys(world: World) -> None:
    """Thirty-two requests with eight keys: each key has one effect or one refusal, and one answer."""
    actors = enterprises(world, KEYS)
    wanted = [(actor, add_instructions(world, 1, represented=actor.enterprise)[0]) for actor in actors]
    with rushing(world) as rush:
        for number in rush.rounds(0.1):
            start = SLOTS[number % len(SLOTS)]
            asks = [partial(_ask, world, *one, start, f"key-{number}") for one in wanted]
            before = scalar(world, "SELECT count(*) FROM booking")
            answers = rush.together(asks * (THREADS // KEYS))
            later = rush.together(asks)
            assert all(isinstance(one, Answer | KeyBusy) for one in answers)
            told = defaultdict(set)
            for place, one in enumerate([*answers, *later]):
                if isinstance(one, Answer):
                    told[place % KEYS].add((one.status, one.body))
            assert all(len(said) == 1 for said in told.values())
            booked = sum(status == 201 for said in told.values() for status, _ in said)
            assert scalar(world, "SELECT count(*) FROM booking") - before == booked == 4
            cancel_all(world)


def test_an_answer_that_is_no_json_is_no_finding(world: World) -> None:
    """Pages keep their answers by key too."""

    def render(_: Session, __: Booking | Refusal) -> Answer:
        return Answer(200, b"<p>booked</p>")

    _ask(
        world, world.enterprise_actor(), add_instructions(world, 1)[0], at(TUESDAY, 14), "page", render=render
    )
    assert violated(count_findings(world)) == {}
    cancel_all(world)


def test_a_key_that_runs_is_busy(world: World) -> None:
    """While the first request with a key is being answered, the second is told so at once."""
    running, told = threading.Event(), threading.Event()
    actor, (reference,) = world.enterprise_actor(), add_instructions(world, 1)

    def render(session: Session, made: Booking | Refusal) -> Answer:
        running.set()
        assert told.wait(10)
        return _render(session, made)

    ask = partial(_ask, world, actor, reference, at(TUESDAY, 14), "busy")
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(partial(ask, render=render))
        assert running.wait(10)
        try:
            with pytest.raises(KeyBusy):
                ask()
        finally:
            told.set()
        assert first.result().status == 201
    cancel_all(world)


def test_a_replay_gets_the_same_bytes(world: World) -> None:
    """Long after, and although the same request would be refused now."""
    actor, (reference,) = world.enterprise_actor(), add_instructions(world, 1)
    first = _ask(world, actor, reference, at(TUESDAY, 14), "again")
    assert first.status == 201
    assert _ask(world, actor, reference, at(TUESDAY, 14), "again") == first
    with pytest.raises(KeyReused):
        _ask(world, actor, reference, at(TUESDAY, 15), "again", mark="b")
    cancel_all(world)
