"""A database server of its own, with fsync on, and processes that are killed beside it."""

import itertools
import json
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from scheduler.database import server
from scheduler.database.binaries import find_binaries
from scheduler.database.migrate import upgrade
from scheduler.vocabulary import CreditLevel
from tests.factories import World, make_world
from tests.races.acts import SLOTS, add_instructions, enterprises

SECONDS = float(os.environ.get("CRASH_SECONDS", "8"))
FORKS = multiprocessing.get_context("forkserver")
# processes start with everything loaded, so that most kills hit work
FORKS.set_forkserver_preload(["tests.races.crash_load", "tests.races.crash_server"])
Load = multiprocessing.process.BaseProcess
Line = dict[str, int | str]


@dataclass
class Scene:
    """A server of its own, with fsync on, the processes of load and their files."""

    folder: Path
    files: Path
    world: World
    plans: list[list[Line]]
    servers: list[server.Server]
    processes: list[Load] = field(default_factory=list)
    recoveries: list[float] = field(default_factory=list)
    begin: Callable[[int], Load] = field(init=False)

    def start(self, begin: Callable[[int], Load], count: int) -> None:
        """Start so many processes; those that are killed are begun again in the same way."""
        self.begin = begin
        self.processes = [begin(number) for number in range(count)]
        for process in self.processes:
            process.start()

    def kill_process(self, worker: int) -> None:
        """Kill a process in whatever it does; it must have been alive, for none ever gives up."""
        assert self.processes[worker].is_alive()
        self.processes[worker].kill()
        self.processes[worker].join()
        self.processes[worker] = self.begin(worker)
        self.processes[worker].start()

    def kill_database(self) -> None:
        """Kill the postmaster with all its memory, and start it again."""
        begun = time.monotonic()
        pid = int((server.locate(self.folder).data / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, signal.SIGKILL)
        self.servers.append(_serve(self.folder))
        self.recoveries.append(time.monotonic() - begun)


def rage(scene: Scene, *, every: tuple[float, float] = (0.8, 1.6)) -> None:
    """Kill processes and the database for a while; at the end every process is alive, and ended."""
    chance = random.Random(2026)  # noqa: S311 - when to kill, no secret
    deadline = time.monotonic() + SECONDS
    database_dies = time.monotonic() + 2
    while time.monotonic() < deadline:
        time.sleep(chance.uniform(*every))
        scene.kill_process(chance.randrange(len(scene.processes)))
        if time.monotonic() > database_dies:
            scene.kill_database()
            database_dies = time.monotonic() + chance.uniform(2, 4)


def end(scene: Scene) -> None:
    """End the processes that are left."""
    for process in scene.processes:
        process.kill()
        process.join()
    scene.processes = []


def _serve(folder: Path) -> server.Server:
    chosen = os.environ.get("TEST_POSTGRES") or "18"
    binaries = find_binaries(major=int(chosen)) if chosen.isdecimal() else None
    return server.start(folder, binaries=binaries)


@contextmanager
def make_scene(files: Path) -> Iterator[Scene]:
    """Twenty inspectors, four enterprises, plans that last longer than the test."""
    folder = Path(os.environ["TEST_POSTGRES_FOLDER"]) / "crash"
    started = _serve(folder)
    upgrade(started.url)
    world = make_world(started.url, inspectors=20, docks=10)
    # the load is one of places, not of caps
    world.policy("booking", {"caps": dict.fromkeys(CreditLevel, 10**4)})
    length = round(40 * SECONDS)
    plans: list[list[Line]] = []
    for number, actor in enumerate(enterprises(world, 4)):
        references = add_instructions(world, length, represented=actor.enterprise)
        starts = itertools.islice(itertools.cycle(SLOTS), number * 7, number * 7 + length)
        about = {"account": actor.account, "enterprise": actor.enterprise}
        plans.append(
            [
                {**about, "reference": reference, "start": start.isoformat()}
                for reference, start in zip(references, starts, strict=True)
            ]
        )
        (files / f"plan-{number}").write_text(json.dumps(plans[-1]))
    scene = Scene(folder, files, world, plans, [started])
    try:
        yield scene
    finally:
        end(scene)
        world.database.close()
        for one in scene.servers:
            one.stop()
        server.remove(folder)
