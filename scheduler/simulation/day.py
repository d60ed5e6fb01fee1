"""The simulated working day: a seeded stream of requests by portal, phone and API, on a virtual now.

The stream begins on the afternoon of the eve, a working day, and fills the next working day, on which
visits take place. Ticks expire holds and send texts as the clock would. On a database that has seen
later days already, the day simulated is a later one: time never runs backwards in the rows.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Protocol

from notifications.console import ConsoleGateway
from notifications.gateway import Gateway
from scheduler.booking.expiry import expire_due
from scheduler.booking.waitlist.offers import offer_earlier
from scheduler.database.connection import Database
from scheduler.promise.reference import ZONE
from scheduler.promise.searches import answer_replan
from scheduler.reminders.dispatch import send_due
from scheduler.replan.running import absorb_overruns
from scheduler.simulation.changes import call_off, change_time, say_ready
from scheduler.simulation.disturbances import many_at_once, one_goes_home, one_hopes, one_is_late
from scheduler.simulation.mistakes.turns import MISTAKES
from scheduler.simulation.office import answer_requests, one_is_absorbed, one_is_displaced
from scheduler.simulation.risk_system import change_one, top_up, withdraw_one
from scheduler.simulation.scene import NEVER_BOOKED, Scene, at, deal, work_days_from
from scheduler.simulation.tally import Tally
from scheduler.simulation.visits import plan_visits
from scheduler.simulation.wishes import (
    wish_ahead_of_goods,
    wish_exact,
    wish_flexible,
    wish_hold,
    wish_rest_day,
    wish_with_priority,
)
from scheduler.vocabulary import Channel

REQUESTS = 320
SEED = 54


class Wish(Protocol):
    """Something that a person or program asks for by a channel."""

    def __call__(self, scene: Scene, now: datetime, channel: Channel) -> None:
        """Ask for it."""
        ...


_WISHES: dict[str, tuple[int, Wish]] = {
    "flexible": (8, wish_flexible),
    "exact": (6, wish_exact),
    "hold": (4, wish_hold),
    "priority": (3, wish_with_priority),
    "move": (3, change_time),
    "cancel": (2, call_off),
    "ready": (3, say_ready),
    "rest_day": (1, wish_rest_day),
    "ahead": (1, wish_ahead_of_goods),
}
_CHANNELS = ((Channel.PORTAL.value, 5), (Channel.PHONE.value, 3), (Channel.API.value, 3))
_ONE_MISTAKE_IN = 9
_TICK = timedelta(minutes=5)
_DAWN, _DUSK = 7, 19

Progress = Callable[[datetime], None]


@dataclass(frozen=True, slots=True)
class SimulatedDay:
    """What was simulated: the day, the last virtual moment, and what its people heard."""

    eve: date
    day: date
    ended: datetime
    tally: Tally


def days_to_simulate(database: Database, *, today: date) -> tuple[date, date]:
    """The eve and the working day: the first two working days from today on that no row lies beyond."""
    scene = Scene(database, Random(0), today, today)  # noqa: S311 - made-up data, no secret
    last = scene.ask("SELECT max(at) AS at FROM event")[0].at
    first = today if last is None else max(today, last.astimezone(ZONE).date() + timedelta(days=1))
    eve, day = work_days_from(scene.facts(), first, 2)
    return eve, day


def simulate_day(
    database: Database,
    *,
    eve: date,
    day: date,
    texts: Path | None,
    seed: int = SEED,
    requests: int = REQUESTS,
    progress: Progress = lambda _now: None,
) -> SimulatedDay:
    """Let the district work from the eve's noon to the evening of the day; texts go to a file.

    Equal rows, dates and seed give the same requests; booking numbers differ.
    """
    scene = Scene(database, Random(f"{seed} {day}"), eve, day)  # noqa: S311 - made-up data, no secret
    scene.goods = scene.read(NEVER_BOOKED)
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        _fill(scene, requests, ConsoleGateway(nowhere, texts))
        moments: list[datetime] = []

        def told(now: datetime) -> None:
            moments[:] = [now]
            progress(now)

        scene.agenda.run(told)
    return SimulatedDay(eve, day, moments[0], scene.tally)


def _fill(scene: Scene, requests: int, gateway: Gateway) -> None:
    """Put everything into the agenda that does not follow from something else."""
    put = scene.agenda.put
    opens = at(scene.eve, 13)
    put(opens, lambda now: top_up(scene, now, requests))
    _put_ticks(scene, gateway, opens)
    for moment in _every(timedelta(minutes=30), at(scene.eve, 14), at(scene.eve, 18)):
        put(moment, partial(answer_requests, scene))
    for moment in _every(timedelta(minutes=30), at(scene.day, 8, 30), at(scene.day, 18)):
        put(moment, partial(answer_requests, scene))
    put(at(scene.day, 8, 5), partial(one_is_absorbed, scene))
    put(at(scene.day, 8, 10), partial(one_is_displaced, scene))
    put(at(scene.day, 10, 2), partial(change_one, scene))
    put(at(scene.day, 10, 4), partial(withdraw_one, scene))
    _put_disturbances(scene)
    _put_requests(scene, requests)


def _put_disturbances(scene: Scene) -> None:
    """What does not go as planned, and what people ask for beside single times."""
    put, portal, phone, program = scene.agenda.put, Channel.PORTAL, Channel.PHONE, Channel.API
    put(at(scene.eve, 15, 5), partial(many_at_once, scene, channel=program))
    put(at(scene.day, 9, 40), partial(many_at_once, scene, channel=portal))
    for hour, channel in ((15, portal), (16, phone), (17, program)):
        put(at(scene.eve, hour, 20), partial(one_hopes, scene, channel=channel))
    for hour, channel in ((9, portal), (13, phone)):
        put(at(scene.day, hour, 17), partial(one_is_late, scene, channel=channel))
    put(at(scene.day, 12, 10), partial(one_goes_home, scene))


def _put_ticks(scene: Scene, gateway: Gateway, opens: datetime) -> None:
    """The clock's ticks, sparse at night, from the earliest promise not visited yet."""
    stale = scene.ask("SELECT min(planned_start) AS at FROM booking WHERE state = 'confirmed'")[0].at
    begins = opens if stale is None else min(opens, stale - timedelta(minutes=10))
    for moment in _every(_TICK, begins.replace(minute=0, second=0, microsecond=0), at(scene.day, 21)):
        hour = moment.astimezone(ZONE).hour
        if _DAWN <= hour <= _DUSK or moment.minute == 0:
            scene.agenda.put(moment, partial(_tick, scene, gateway))


def _tick(scene: Scene, gateway: Gateway, now: datetime) -> None:
    expire_due(scene.database, now=now)
    while send_due(scene.database, gateway, now=now).sent:
        pass
    absorb_overruns(scene.database, now=now, answer=answer_replan)
    offer_earlier(scene.database, now=now)
    plan_visits(scene, now)


def _put_requests(scene: Scene, requests: int) -> None:
    random = scene.random
    mistakes = requests // _ONE_MISTAKE_IN
    cards = [(name, copies) for name, (copies, _) in _WISHES.items()]
    wishes = deal(random, cards, requests - mistakes)
    channels = deal(random, _CHANNELS, len(wishes))
    for wish, channel in zip(wishes, channels, strict=True):
        act = partial(_WISHES[wish][1], scene, channel=Channel(channel))
        scene.agenda.put(_some_moment(scene), act)
    for number in range(mistakes):
        mistake = MISTAKES[number % len(MISTAKES)]
        scene.agenda.put(
            at(scene.day, 11) + timedelta(minutes=random.randrange(330)), partial(mistake, scene)
        )


def _some_moment(scene: Scene) -> datetime:
    """A third of the requests come on the eve, the others over the day."""
    if scene.random.random() < 0.35:  # noqa: PLR2004 - see above
        return at(scene.eve, 13, 30) + timedelta(minutes=scene.random.randrange(240))
    return at(scene.day, 8) + timedelta(minutes=scene.random.randrange(560))


def _every(step: timedelta, begins: datetime, ends: datetime) -> list[datetime]:
    return [begins + step * n for n in range(int((ends - begins) / step))]
