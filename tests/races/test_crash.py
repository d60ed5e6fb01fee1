"""Processes and the database are killed under load: what was answered stays, and nothing happens twice."""

import contextlib
import itertools
import json
import multiprocessing
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import text

from scheduler.database import server
from scheduler.database.binaries import find_binaries
from scheduler.database.migrate import upgrade
from tests.factories import World, make_world
from tests.races.acts import SLOTS, add_instructions, enterprises
from tests.races.checker import count_findings, count_violations, violated
from tests.races.crash_load import work_through

SECONDS = float(os.environ.get("CRASH_SECONDS", "10"))
WORKERS = 4
FORKS = multiprocessing.get_context("forkserver")
# processes start with everything loaded, so that most kills hit work
FORKS.set_forkserver_preload(["tests.races.crash_load"])
Load = multiprocessing.process.BaseProcess


@dataclass
class Scene:
    """A server of its own, with fsync on, the processes of load and their files."""

    folder: Path
    files: Path
    world: World
    servers: list[server.Server]
    processes: list[Load] = field(default_factory=list)
    recoveries: list[float] = field(default_factory=list)

    def start(self, worker: int) -> Load:
        """Start a process of load, or start it again."""
        plan, log = self.files / f"plan-{worker}", self.files / f"log-{worker}"
        process = FORKS.Process(target=work_through, args=(self.world.database.url, plan, log))
        process.start()
        return process

    def kill_worker(self, worker: int) -> None:
        """Kill a process of load in whatever it does; it must have been alive, for it never gives up."""
        assert self.processes[worker].is_alive()
        self.processes[worker].kill()
        self.processes[worker].join()
        self.processes[worker] = self.start(worker)

    def kill_database(self) -> None:
        """Kill the postmaster with all its memory, and start it again."""
        begun = time.monotonic()
        pid = int((server.locate(self.folder).data / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, signal.SIGKILL)
        self.servers.append(_serve(self.folder))
        self.recoveries.append(time.monotonic() - begun)


def _serve(folder: Path) -> server.Server:
    chosen = os.environ.get("TEST_POSTGRES") or "18"
    binaries = find_binaries(major=int(chosen)) if chosen.isdecimal() else None
    return server.start(folder, binaries=binaries)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """Twenty inspectors, four enterprises, plans that last longer than the test."""
    folder = Path(os.environ["TEST_POSTGRES_FOLDER"]) / "crash"
    started = _serve(folder)
    upgrade(started.url)
    world = make_world(started.url, inspectors=20, docks=10)
    scene = Scene(folder, tmp_path, world, [started])
    length = round(40 * SECONDS)
    for worker, actor in enumerate(enterprises(world, WORKERS)):
        references = add_instructions(world, length, represented=actor.enterprise)
        starts = itertools.islice(itertools.cycle(SLOTS), worker * 7, worker * 7 + length)
        lines = [
            {"account": actor.account, "enterprise": actor.enterprise, "reference": one, "start": str(start)}
            for one, start in zip(references, starts, strict=True)
        ]
        (tmp_path / f"plan-{worker}").write_text(json.dumps(lines))
    try:
        yield scene
    finally:
        for process in scene.processes:
            process.kill()
            process.join()
        world.database.close()
        for one in scene.servers:
            one.stop()
        server.remove(folder)


def test_crash(scene: Scene) -> None:
    """Acknowledged and lost: 0. Done twice: 0. Answers that are faults: 0. History and doctor: 0."""
    chance = random.Random(2026)  # noqa: S311 - when to kill, no secret
    scene.processes = [scene.start(worker) for worker in range(WORKERS)]
    _wait_for_answers(scene)
    deadline = time.monotonic() + SECONDS
    database_dies = time.monotonic() + 2
    while time.monotonic() < deadline:
        time.sleep(chance.uniform(0.8, 1.6))
        scene.kill_worker(chance.randrange(WORKERS))
        if time.monotonic() > database_dies:
            scene.kill_database()
            database_dies = time.monotonic() + chance.uniform(2, 4)
    for process in scene.processes:
        assert process.is_alive()
        process.kill()
        process.join()
    answers = _answers(scene)
    _report(scene, answers)
    assert scene.recoveries
    assert _lost(scene.world, answers) == []
    assert _doubled(scene.world) == 0
    scene.world.database.engine.dispose()
    assert violated(count_violations(scene.world, cap=10**6)) == {}
    assert violated(count_findings(scene.world)) == {}


def _wait_for_answers(scene: Scene) -> None:
    """Wait until every process has had an answer."""
    logs = [scene.files / f"log-{worker}" for worker in range(WORKERS)]
    while not all(log.exists() and log.stat().st_size for log in logs):
        assert all(process.is_alive() for process in scene.processes)
        time.sleep(0.05)


def _answers(scene: Scene) -> dict[str, tuple[int, str | None]]:
    """What was acknowledged: whole lines only."""
    found: dict[str, tuple[int, str | None]] = {}
    for worker in range(WORKERS):
        for line in (scene.files / f"log-{worker}").read_bytes().rpartition(b"\n")[0].splitlines():
            key, status, number = json.loads(line)
            found[key] = (status, number)
    return found


def _lost(world: World, answers: dict[str, tuple[int, str | None]]) -> list[str]:
    """Keys whose acknowledged effect is not there, or whose refusal had an effect."""
    booked = """
        SELECT instruction.reference, booking.reference, booking.state
        FROM booking JOIN booking_instruction ON booking_instruction.booking = booking.id
        JOIN instruction ON instruction.id = booking_instruction.instruction
    """
    with world.database.snapshot() as session:
        there = {row[0]: (row[1], row[2]) for row in session.execute(text(booked))}
    lost = []
    for key, (status, number) in answers.items():
        kind, _, reference = key.partition("-")
        standing, state = there.get(reference, (None, None))
        if kind == "book":
            right = standing == number if status == 201 else standing is None
        else:
            right = status != 201 or (standing == number and state == "cancelled")
        lost += [] if right else [key]
    return lost


def _doubled(world: World) -> int:
    """Instructions with more than one booking: each was asked for under one key."""
    twice = """
        SELECT count(*) FROM (
            SELECT FROM booking_instruction GROUP BY instruction HAVING count(*) > 1) AS twice
    """
    with world.database.snapshot() as session:
        return int(session.execute(text(twice)).scalar_one())


def _report(scene: Scene, answers: dict[str, tuple[int, str | None]]) -> None:
    refused = sum(status != 201 for status, _ in answers.values())
    slowest = max(scene.recoveries, default=0)
    with contextlib.redirect_stdout(sys.__stdout__):
        print(  # noqa: T201 - shown by pytest -s
            f"\n{len(answers)} answers, {refused} refusals; database killed {len(scene.recoveries)} times,"
            f" ready again after {slowest:.1f} s at most"
        )
