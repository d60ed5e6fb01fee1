"""The clock's process: interval ticks and nothing else; what is due is a question to the rows."""

import os
import signal
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from threading import Thread

import structlog
from apscheduler.events import EVENT_SCHEDULER_STARTED
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.blocking import BlockingScheduler

from notifications.gateway import Gateway
from scheduler.clock.logs import set_up_logging
from scheduler.clock.ticks import (
    tick_expiry,
    tick_heartbeat,
    tick_leftovers,
    tick_plans,
    tick_running,
    tick_texts,
    tick_verdicts,
    tick_waitlist,
)
from scheduler.database.connection import Database, told_as_refusals
from scheduler.errors import Unavailable
from scheduler.memory import settle
from scheduler.reminders.carrier import open_gateway
from scheduler.replan.elsewhere import answer_elsewhere, replan_elsewhere, verdicts_elsewhere
from scheduler.settings import Settings

TEXTS_SECONDS, EXPIRY_SECONDS, WAITLIST_SECONDS, HEARTBEAT_SECONDS = 2, 5, 5, 10
VERDICTS_SECONDS, RUNNING_SECONDS, PLANS_SECONDS, LEFTOVERS_SECONDS = 20, 30, 60, 3600

_log = structlog.stdlib.get_logger(__name__)

Tick = Callable[[datetime], object]


def run_clock(settings: Settings) -> None:
    """Tick until the process is told to end (SIGTERM, SIGINT); running ticks are finished first.

    Must be called in the main thread, which is the only one that signals reach.

    Raises:
        DatabaseDown: the database does not answer at the start; later this is logged and waited out.
        RuntimeError: the database may lose what it acknowledges.
    """
    set_up_logging(settings.log_level)
    database = Database(settings.database_url.get_secret_value(), pool_size=6)
    try:
        with told_as_refusals():
            database.require_durable()
        settle()
        _log.info("clock started", clock=clock_name())
        _tick_until_stopped(_schedule(database, open_gateway(settings), name=clock_name()))
        _log.info("clock stopped", clock=clock_name())
    finally:
        database.close()


def clock_name() -> str:
    """The name under which this process leaves its heartbeat: machine and process."""
    return f"clock@{socket.gethostname()}:{os.getpid()}"


def run_tick(database: Database, tick: Tick, *, name: str) -> None:
    """Run one tick at the database's time; a fault is logged and the next tick comes all the same."""
    try:
        tick(database.now())
    except Unavailable as refusal:
        _log.warning("tick put off", tick=name, code=refusal.code)
    except Exception:  # noqa: BLE001 - one tick's fault must not stop the others; it is logged as an error
        _log.exception("tick failed", tick=name)


def _schedule(database: Database, gateway: Gateway, *, name: str) -> BlockingScheduler:
    scheduler = BlockingScheduler(
        timezone=UTC,
        executors={
            "default": ThreadPoolExecutor(8)
        },  # three of them may wait for searches in other processes
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    ticks: tuple[tuple[str, int, Tick], ...] = (
        ("heartbeat", HEARTBEAT_SECONDS, lambda now: tick_heartbeat(database, name=name, now=now)),
        ("texts", TEXTS_SECONDS, lambda now: tick_texts(database, gateway, now=now)),
        ("expiry", EXPIRY_SECONDS, lambda now: tick_expiry(database, now=now)),
        ("waitlist", WAITLIST_SECONDS, lambda now: tick_waitlist(database, now=now)),
        ("plans", PLANS_SECONDS, lambda now: tick_plans(database, answer_elsewhere, now=now)),
        ("running", RUNNING_SECONDS, lambda now: tick_running(database, replan_elsewhere, now=now)),
        ("verdicts", VERDICTS_SECONDS, lambda now: tick_verdicts(database, verdicts_elsewhere, now=now)),
        ("leftovers", LEFTOVERS_SECONDS, lambda now: tick_leftovers(database, now=now)),
    )
    for label, seconds, tick in ticks:
        scheduler.add_job(
            partial(run_tick, database, tick, name=label),
            "interval",
            seconds=seconds,
            id=label,
            next_run_time=datetime.now(UTC),  # the first tick at once, not after the first interval
        )
    return scheduler


def _tick_until_stopped(scheduler: BlockingScheduler) -> None:
    def stop(_number: int, _frame: object) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        # A thread of its own waits for the running ticks; a handler must not.
        Thread(target=scheduler.shutdown, name="clock-stop").start()

    def listen(_event: object) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)

    # Until it has started there is nothing to finish, and the signals' own effect is right.
    scheduler.add_listener(listen, EVENT_SCHEDULER_STARTED)
    scheduler.start()
