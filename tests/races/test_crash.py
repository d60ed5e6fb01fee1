"""Processes and the database are killed under load: what was answered stays, and nothing happens twice."""

import contextlib
import http.client
import json
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import text

from scheduler.access.accounts import digest
from scheduler.models import SignIn
from tests.factories import NOW, TUESDAY, World, at
from tests.races.acts import RECIPIENTS
from tests.races.checker import count_findings, count_violations, violated
from tests.races.crash_load import work_through
from tests.races.crash_scene import FORKS, Line, Load, Scene, end, make_scene, rage
from tests.races.crash_server import serve

WORKERS = 4
SERVERS = 2
Answers = dict[str, tuple[int, str | None]]
"""By key: status and booking number."""


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A server of its own and a district with plenty of places."""
    with make_scene(tmp_path) as scene:
        yield scene


def test_crash_of_use_cases(scene: Scene) -> None:
    """Processes that call the use cases: acknowledged and lost 0, done twice 0, faults 0, history 0."""

    def begin(number: int) -> Load:
        plan, log = scene.files / f"plan-{number}", scene.files / f"log-{number}"
        return FORKS.Process(target=work_through, args=(scene.world.database.url, plan, log))

    scene.start(begin, WORKERS)
    _wait_for_answers(scene)
    rage(scene)
    assert all(process.is_alive() for process in scene.processes)
    end(scene)
    _judge(scene, _answers(scene))


def test_crash_of_the_api(scene: Scene) -> None:
    """Clients of two API processes: the same, and no answer 500."""
    ports = [_free_port() for _ in range(SERVERS)]

    def begin(number: int) -> Load:
        return FORKS.Process(target=serve, args=(scene.world.database.url, ports[number]))

    scene.start(begin, SERVERS)
    shop = Shop(ports)
    tokens = [_sign_in(scene.world, lines) for lines in scene.plans]
    clients = [
        threading.Thread(target=_buy, args=(shop, token, lines))
        for token, lines in zip(tokens, scene.plans, strict=True)
    ]
    for client in clients:
        client.start()
    try:
        while not shop.answers and not shop.faults:
            time.sleep(0.05)
        rage(scene, every=(1.5, 2.5))
    finally:
        shop.over.set()
        for client in clients:
            client.join()
    end(scene)
    assert shop.faults == []
    _judge(scene, shop.answers)


@dataclass
class Shop:
    """What the clients share: where to ask, when to stop, and what they were told."""

    ports: list[int]
    over: threading.Event = field(default_factory=threading.Event)
    answers: Answers = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def _buy(shop: Shop, token: str, lines: list[Line]) -> None:
    """Book line by line, each under its key until it is answered, at whichever server answers."""
    for number, line in enumerate(lines):
        tries = 0
        while not shop.over.is_set() and f"book-{line['reference']}" not in shop.answers:
            tries += 1
            try:
                status, told = _post(shop.ports[(number + tries) % len(shop.ports)], token, line)
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)
                continue
            if status == 201:
                shop.answers[f"book-{line['reference']}"] = (201, told["number"])
            elif status == 503 or str(told.get("type", "")).endswith("key_busy"):
                time.sleep(0.02)
            elif status == 409:
                shop.answers[f"book-{line['reference']}"] = (409, None)
            else:
                shop.faults.append(f"{status} {told}")
                return


def _post(port: int, token: str, line: Line) -> tuple[int, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        asked = {
            "instructions": [{"reference": line["reference"]}],
            "start": line["start"],
            "attendee": "示例陪同人",
            "recipients": RECIPIENTS,
        }
        headers = {
            "Content-Type": "application/json",
            "Cookie": f"sign_in={token}",
            "Idempotency-Key": f"book-{line['reference']}",
        }
        connection.request("POST", "/api/v1/bookings", json.dumps(asked), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def _sign_in(world: World, lines: list[Line]) -> str:
    token = f"token-of-{lines[0]['account']}"
    until = at(TUESDAY.replace(year=2027), 0)
    world.add(SignIn(token_hash=digest(token), account=lines[0]["account"], created_at=NOW, expires_at=until))
    return token


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _judge(scene: Scene, answers: Answers) -> None:
    """Nothing acknowledged is lost, nothing was done twice, and nothing was ever wrong."""
    _report(scene, answers)
    assert scene.recoveries
    scene.world.database.engine.dispose()
    assert _lost(scene.world, answers) == []
    assert _doubled(scene.world) == 0
    assert violated(count_violations(scene.world, cap=10**6)) == {}
    assert violated(count_findings(scene.world)) == {}


def _wait_for_answers(scene: Scene) -> None:
    """Wait until every process has had an answer."""
    logs = [scene.files / f"log-{worker}" for worker in range(WORKERS)]
    while not all(log.exists() and log.stat().st_size for log in logs):
        assert all(process.is_alive() for process in scene.processes)
        time.sleep(0.05)


def _answers(scene: Scene) -> Answers:
    """What was acknowledged: whole lines only."""
    found: Answers = {}
    for worker in range(WORKERS):
        for line in (scene.files / f"log-{worker}").read_bytes().rpartition(b"\n")[0].splitlines():
            key, status, number = json.loads(line)
            found[key] = (status, number)
    return found


def _lost(world: World, answers: Answers) -> list[str]:
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


def _report(scene: Scene, answers: Answers) -> None:
    refused = sum(status != 201 for status, _ in answers.values())
    slowest = max(scene.recoveries, default=0)
    with contextlib.redirect_stdout(sys.__stdout__):
        print(  # noqa: T201 - shown by pytest -s
            f"\n{len(answers)} answers, {refused} refusals; database killed {len(scene.recoveries)} times,"
            f" ready again after {slowest:.1f} s at most"
        )
