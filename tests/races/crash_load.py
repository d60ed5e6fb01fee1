"""One process of load for the crash test: books and cancels with keys, and logs what it was told.

Each request is sent until it is answered, with the same key; an answer counts once its line is on
the disk. Killed and started again, it goes on after the last whole line.
"""

import json
import os
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlmodel import Session

from scheduler.access.actor import Actor
from scheduler.booking.book import book
from scheduler.booking.cancel import cancel
from scheduler.database.connection import Database
from scheduler.database.idempotency import Answer, Keep, keyed
from scheduler.errors import Refusal, Unavailable
from scheduler.models import Booking
from scheduler.vocabulary import Channel, Role
from tests.factories import NOW, order
from tests.races.acts import RECIPIENTS


def work_through(url: str, plan: Path, log: Path) -> None:
    """Book every line of the plan, and cancel two of three again."""
    database = Database(url, pool_size=2)
    told = _read(log)
    with log.open("ab", buffering=0) as kept:
        for number, line in enumerate(json.loads(plan.read_text())):
            actor = Actor(
                role=Role.ENTERPRISE_USER,
                channel=Channel.API,
                account=line["account"],
                enterprise=line["enterprise"],
            )
            for kind in ("book", "cancel") if number % 3 else ("book",):
                key = f"{kind}-{line['reference']}"
                if key not in told:
                    told[key] = _ask(database, actor, kind, line, told)
                    kept.write(json.dumps([key, *told[key]]).encode() + b"\n")
                    os.fsync(kept.fileno())


def _read(log: Path) -> dict[str, list[object]]:
    """What was told before; half a line, left by a kill, is no answer and is cut off."""
    log.touch()
    whole = log.read_bytes().rpartition(b"\n")[0]
    os.truncate(log, len(whole) + 1 if whole else 0)
    lines = [json.loads(line) for line in whole.splitlines()]
    return {line[0]: line[1:] for line in lines}


def _ask(
    database: Database, actor: Actor, kind: str, line: dict[str, str], told: dict[str, list[object]]
) -> list[object]:
    """Send one request until it is answered."""
    keep = keyed(
        tenant=actor.tenant,
        key=f"{kind}-{line['reference']}",
        request_hash=kind,
        now=NOW,
        render=_render,
    )
    request = _book(line) if kind == "book" else _cancel(str(told[f"book-{line['reference']}"][1]))
    while True:
        try:
            answer = request(database, actor, keep)
        except Unavailable:
            time.sleep(0.02)
        else:
            return [answer.status, json.loads(answer.body).get("number")]


def _book(line: dict[str, str]) -> Callable[[Database, Actor, Keep[Booking, Answer]], Answer]:
    asked = order(line["reference"], start=datetime.fromisoformat(line["start"]), recipients=RECIPIENTS)
    return lambda database, actor, keep: book(database, actor=actor, order=asked, now=NOW, keep=keep)


def _cancel(number: str) -> Callable[[Database, Actor, Keep[Booking, Answer]], Answer]:
    return lambda database, actor, keep: cancel(
        database, actor=actor, reference=number, version=1, reason="plans changed", now=NOW, keep=keep
    )


def _render(_: Session, made: Booking | Refusal) -> Answer:
    if isinstance(made, Refusal):
        return Answer(409, json.dumps({"code": made.code}).encode())
    return Answer(201, json.dumps({"number": made.reference}).encode())
