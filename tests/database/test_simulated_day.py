"""The simulated day: it works at any date, nothing unexpected is heard, and no invariant breaks."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from random import Random

import pytest

from scheduler.database.connection import Database
from scheduler.example.load import load_example
from scheduler.simulation.day import SimulatedDay, days_to_simulate, simulate_day
from scheduler.simulation.mistakes.turns import MISTAKES
from scheduler.simulation.scene import NEVER_BOOKED, Scene
from scheduler.simulation.summary import DaySummary, summarise_day

NEW_YEAR, SPRING, AUTUMN = date(2026, 12, 28), date(2027, 2, 1), date(2026, 9, 18)
REQUESTS = 60


@dataclass(frozen=True)
class Run:
    """A simulated day, its summary, and where its texts went."""

    done: SimulatedDay
    summary: DaySummary
    texts: Path


def run_day(database: Database, today: date, seed: int, folder: Path) -> Run:
    """Simulate the next day that can be, on a district that is loaded."""
    eve, day = days_to_simulate(database, today=today)
    texts = folder / f"texts-{day}.jsonl"
    done = simulate_day(database, eve=eve, day=day, texts=texts, seed=seed, requests=REQUESTS)
    return Run(done, summarise_day(database, first=eve, last=day, now=done.ended), texts)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database of the test's own."""
    database = Database(database_url)
    yield database
    database.close()


def load(database: Database, today: date) -> None:
    """Load the example district as it is on a date."""
    load_example(database, today=today, now=datetime.combine(today, time(0), tzinfo=UTC))


@pytest.fixture(params=[(NEW_YEAR, 1), (SPRING, 2), (AUTUMN, 3)], ids=["new year", "spring", "autumn"])
def run(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> Run:
    """A short day at each of three dates, each with a stream of its own."""
    today, seed = request.param
    load(database, today)
    return run_day(database, today, seed, tmp_path)


def test_a_day_breaks_nothing_at_any_date(run: Run) -> None:
    """Every invariant holds afterwards, nobody heard anything unexpected, and the whole range took place."""
    assert [finding for finding in run.summary.findings if finding.count] == []
    assert run.done.tally.unexpected == []
    assert {channel for channel, _ in run.summary.bookings} == {"portal", "phone", "api"}
    assert {"passed", "sampled_pending_lab", "not_finished"} <= set(run.summary.outcomes)
    assert run.summary.for_others > 0
    assert run.done.tally.displaced >= 1
    assert run.done.tally.recrewed >= 1
    acts = {act for _, act in run.done.tally.acts}
    assert {"re-plan a disturbed day", "ask for many at once", "take what is held together"} <= acts
    assert len(run.done.tally.refusals) >= 6
    lines = run.texts.read_text(encoding="utf-8").splitlines()
    assert len(lines) == run.summary.texts["sent"]
    assert "confirmation" in {json.loads(line)["template"] for line in lines}


def test_a_second_day_follows_the_first(database: Database, tmp_path: Path) -> None:
    """On a database that has seen a day the next one lies behind it, and nothing breaks either."""
    load(database, NEW_YEAR)
    first = run_day(database, NEW_YEAR, 4, tmp_path)
    second = run_day(database, NEW_YEAR, 4, tmp_path)
    assert first.done.ended < second.done.ended
    assert first.done.day < second.done.eve
    assert [finding for finding in second.summary.findings if finding.count] == []
    assert second.done.tally.unexpected == []


def test_each_mistake_is_refused_with_its_code(database: Database, tmp_path: Path) -> None:
    """Made once each after a day of work, every kind of mistake is told apart and writes no booking."""
    load(database, SPRING)
    run = run_day(database, SPRING, 5, tmp_path)
    scene = Scene(database, Random(5), run.done.eve, run.done.day)  # noqa: S311 - made-up data, no secret
    scene.goods = scene.read(NEVER_BOOKED)
    before = scene.ask("SELECT count(*) FROM booking")[0].count
    for mistake in MISTAKES:
        mistake(scene, run.done.ended)
    assert scene.tally.unexpected == []
    assert len(scene.tally.refusals) >= 22
    assert scene.ask("SELECT count(*) FROM booking")[0].count == before + 1  # the key's first use
