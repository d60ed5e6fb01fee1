"""`inspection demo`: the product with the example district, or one simulated working day of it."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.cli.opening import migrate_database, opened
from api.cli.processes import running, wait_for_signal
from api.cli.saying import FAILED, UNUSABLE, Stop, say, show_table, step
from api.cli.simulated import simulate
from api.cli.state import State
from scheduler.access.actor import SYSTEM
from scheduler.access.policy import TokenScope
from scheduler.access.tokens import LONGEST_LIFE, actor_of_token, create_token
from scheduler.clock.logs import set_up_logging
from scheduler.database import server
from scheduler.database.connection import Database
from scheduler.errors import SignInNeeded
from scheduler.example.load import Summary, load_example
from scheduler.promise.rows import local_date
from scheduler.settings import Settings
from scheduler.simulation.day import REQUESTS, SEED
from scheduler.simulation.scratch import make_anew

_ONCE = "simulated_day"
"""Name of the database in which the embedded server keeps the simulated day."""


def demo(
    *,
    once: Annotated[bool, typer.Option("--once", help="Simulate one working day, sum up, end.")] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where pages and API are served.")] = 8000,
    reset: Annotated[bool, typer.Option("--reset", help="Make the example anew.")] = False,
    today: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Another date as today.")
    ] = None,
    requests: Annotated[int, typer.Option(min=1, help="Requests of the simulated day.")] = REQUESTS,
    seed: Annotated[int, typer.Option(help="Another stream of requests.")] = SEED,
) -> None:
    """Pages, API and clock with an example district; its database is in .state, or DATABASE_URL's.

    Without DATABASE_URL, --once has a database of its own, made anew each time. With it, the day
    simulated is the first working day after all days that the database has seen.
    """
    set_up_logging("warning")
    state = State(Path(".state"))
    on = None if today is None else today.date()
    if once:
        with _database_for(state, reset=reset, name=_ONCE) as url:
            clean = _simulate_once(state, url, today=on, seed=seed, requests=requests)
        raise typer.Exit(0 if clean else FAILED)
    require_free(port)
    with _database_for(state, reset=reset, name=None) as url:
        _serve(state, url, today=on, port=port)


def _simulate_once(state: State, url: str, *, today: date | None, seed: int, requests: int) -> bool:
    with step("migrations"):
        migrate_database(url)
    with opened(url) as database:
        on = today or local_date(database.now())
        _load(state, database, today=on)
        return simulate(database, today=on, seed=seed, requests=requests, texts=state.begin_texts_of_day())


def _serve(state: State, url: str, *, today: date | None, port: int) -> None:
    """Run web and clock until a signal comes; then they are ended in this order, the server last."""
    with step("migrations"):
        migrate_database(url)
    with opened(url) as database:
        summary = _load(state, database, today=today or local_date(database.now()))
        token = _token(state, database)
    settings = {
        "DATABASE_URL": url,
        "GATEWAY": "console",  # the example's numbers are made up: nothing may be sent to them
        "TEXTS_FILE": str(state.texts),
        "SECURE_COOKIES": "false",  # pages are served without TLS, to this machine alone
        "LOG_LEVEL": "warning",
    }
    with ExitStack() as stack:
        with step("clock"):
            stack.enter_context(running("clock", ["clock"], settings, log=state.log("clock")))
        with step("pages and API"):
            web = running("web", ["web", "--port", str(port)], settings, log=state.log("web"), port=port)
            stack.enter_context(web)
        _welcome(state, summary, token, port)
        wait_for_signal()
        say("stopping")
    say("stopped")


@contextmanager
def _database_for(state: State, *, reset: bool, name: str | None) -> Iterator[str]:
    """The address of DATABASE_URL, else of the embedded server's database, which is left at the end.

    Raises:
        Stop: somebody else's database is not reset.
    """
    if os.environ.get("DATABASE_URL"):
        if reset:
            raise Stop(
                "--reset deletes the demonstration's own database only: empty yours yourself", code=UNUSABLE
            )
        yield Settings().database_url.get_secret_value()
        return
    with ExitStack() as stack:
        with step("PostgreSQL"):
            embedded = stack.enter_context(server.start(state.folder / "postgres"))
        if name is not None:
            yield make_anew(embedded.url, name)
        else:
            yield make_anew(embedded.url, server.DATABASE) if reset else embedded.url


def _load(state: State, database: Database, *, today: date) -> Summary:
    """Load the example, or carry it on to today; sign-ins keep their passwords.

    Raises:
        Stop: the database holds a real district.
    """
    with step("example district"):
        try:
            summary = load_example(database, today=today, now=database.now(), passwords=state.passwords())
        except ValueError as error:
            raise Stop(str(error)) from error
        state.keep_passwords(summary.sign_ins)
    return summary


def _token(state: State, database: Database) -> str:
    """The integrator's sandbox token, made where the kept one does not count any more."""
    now = database.now()
    kept = state.token()
    with database.transaction() as session:
        try:
            if kept is not None:
                actor_of_token(session, token=kept, now=now)
                return kept
        except SignInNeeded:
            pass
        token = create_token(
            session,
            actor=SYSTEM,
            login="integrator",
            label="demonstration",
            scopes=[TokenScope.SANDBOX, *_all_scopes()],
            expires_at=now + LONGEST_LIFE,
            now=now,
        )
    state.keep_token(token)
    return token


def _all_scopes() -> list[TokenScope]:
    return [scope for scope in TokenScope if scope is not TokenScope.SANDBOX]


def _welcome(state: State, summary: Summary, token: str, port: int) -> None:
    rows = [
        (one.login, one.role.value.replace("_", " "), one.password or "API token, below")
        for one in summary.sign_ins
    ]
    say()
    show_table(
        "Sign-ins of the example (everything in it is made up)", ("login", "user group", "password"), rows
    )
    say(f"pages          http://127.0.0.1:{port}/")
    say(f"API document   http://127.0.0.1:{port}/api/v1/openapi.json")
    say(f"API token      {token}")
    say(f"text messages  {state.texts}, one JSON line each; nothing is sent")
    say(f"logs           {state.log('web')}, {state.log('clock')}")
    say("Ctrl-C ends it all; the data stay for the next time (--reset makes them anew)")


def require_free(port: int) -> None:
    """Refuse a port that somebody listens on.

    Raises:
        Stop: naming the port.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            told = f"port {port} cannot be used ({error.strerror}): end what uses it, or choose --port"
            raise Stop(told, code=UNUSABLE) from error
