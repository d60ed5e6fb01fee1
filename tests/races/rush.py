"""Many at once: 32 threads that start at one barrier, and what each of them was told."""

import itertools
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from sqlalchemy import text

from scheduler.errors import Refusal
from tests.factories import World
from tests.races.checker import count_findings, count_violations, violated

THREADS = 32
TRIES = int(os.environ.get("RACE_TRIES", "6000"))
"""How many tries all races make together."""

Act = Callable[[], object]


class Rush:
    """A pool of 32 threads; counts its tries and remembers what was no refusal but a fault."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.tries = 0
        self.told: Counter[str] = Counter()
        self._pool = ThreadPoolExecutor(THREADS)
        self._started = time.monotonic()

    def together(self, acts: Sequence[Act]) -> list[object]:
        """Run at most 32 acts at the same moment; each answers its value or its refusal.

        Raises:
            Exception: whatever is no refusal: a fault that would be an answer 500.
        """
        barrier = threading.Barrier(len(acts))

        def run(act: Act) -> object:
            barrier.wait()
            try:
                return act()
            except Refusal as refusal:
                return refusal

        self.tries += len(acts)
        futures: list[Future[object]] = [self._pool.submit(run, act) for act in acts]
        answers = [future.result() for future in futures]
        self.told.update(
            one.code if isinstance(one, Refusal) else "done" if one is not None else "nothing"
            for one in answers
        )
        return answers

    def rounds(self, share: float) -> Iterator[int]:
        """Numbers of rounds until this race's share of all tries is made."""
        until = self.tries + round(TRIES * share)
        for number in itertools.count():
            if self.tries >= until:
                return
            yield number

    def close(self) -> None:
        """End the threads and say how fast they were."""
        self._pool.shutdown()
        took = time.monotonic() - self._started
        told = ", ".join(f"{code} {count}" for code, count in self.told.most_common())
        print(f"\n{self.tries} tries, {self.tries / took:.0f} a second: {told}")  # noqa: T201 - shown by pytest -s


@contextmanager
def rushing(world: World, *, cap: int = 50) -> Iterator[Rush]:
    """A rush at whose end history has no violation, the doctor no finding, and no deadlock was met."""
    rush = Rush(world)
    try:
        yield rush
    finally:
        rush.close()
    assert violated(count_violations(world, cap=cap)) == {}
    assert violated(count_findings(world)) == {}
    assert deadlocks(world) == 0


def deadlocks(world: World) -> int:
    """How many deadlocks PostgreSQL has broken in the world's database."""
    world.database.engine.dispose()  # ending sessions report what they met
    with world.database.snapshot() as session:
        asked = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        return int(session.execute(text(asked)).scalar_one())


def won(answers: Sequence[object]) -> list[object]:
    """The answers that are no refusals."""
    return [one for one in answers if not isinstance(one, Refusal)]
