"""The commands of an installation: migrate, web, clock, health, imports, doctor, texts, accounts, demo."""

import http.client
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Literal

import typer
import uvicorn

from api.cli.demo import demo
from api.cli.imports import imports
from api.cli.opening import database_url, migrate_database, opened
from api.cli.saying import FAILED, Stop, known_errors, say, show_table
from api.cli.tables import show_findings
from scheduler.access.accounts import hand_out_code
from scheduler.access.actor import SYSTEM
from scheduler.access.members import StaffRow, import_staff
from scheduler.clock.run import clock_name, run_clock
from scheduler.queries.doctor import diagnose
from scheduler.queries.installation import booking_numbers, count_texts, last_heartbeat
from scheduler.replan.runs import replay as repeat
from scheduler.settings import Settings
from scheduler.work_days import bookings_that_no_longer_fit, import_calendar

ALIVE = timedelta(seconds=60)
"""A clock beats every ten seconds; one that has not for this long is not there."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Appointments for territorial inspection: 属地查检预约.",
)
work_days = typer.Typer(no_args_is_help=True, help="The calendar of work days and rest days.")
account = typer.Typer(no_args_is_help=True, help="Accounts of the staff.")
app.add_typer(imports, name="import")
app.add_typer(work_days, name="work-days")
app.add_typer(account, name="account")
app.command(demo.__name__)(demo)


@app.command()
def migrate() -> None:
    """Bring the database to the newest version; waits for another process that does."""
    migrate_database(database_url())
    say("the database is at the newest version")


@app.command()
def web(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8000,
) -> None:
    """Serve pages and API."""
    Settings()
    uvicorn.run(
        "api.app:app_from_environment", factory=True, host=host, port=port, log_config=None, access_log=False
    )


@app.command()
def clock() -> None:
    """Tick: expire holds, send texts; ends by SIGTERM or Ctrl-C after running ticks."""
    run_clock(Settings())


@app.command()
def health(
    of: Annotated[
        Literal["web", "clock"] | None, typer.Option(help="web or clock of this machine as well.")
    ] = None,
    port: Annotated[int, typer.Option(help="Where web listens.")] = 8000,
) -> None:
    """Exit with 0 if the database answers, is migrated, and what is asked of runs."""
    with opened() as database:
        now = database.now()
        if of == "clock":
            machine = clock_name().rpartition(":")[0]
            with database.snapshot() as session:
                seen = last_heartbeat(session, of=machine)
            if seen is None or seen < now - ALIVE:
                raise Stop("no clock has ticked on this machine within a minute")
    if of == "web":
        _ask_web(port)
    say("healthy")


def _ask_web(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=3)
    try:
        connection.request("GET", "/api/v1/health")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise Stop(f"nothing answers on port {port}: {error}") from error
    finally:
        connection.close()
    if status != http.HTTPStatus.OK:
        raise Stop(f"web answers on port {port} with {status}")


@app.command()
def doctor() -> None:
    """Count what breaks an invariant; exit with 1 if anything does."""
    with opened() as database, database.snapshot() as session:
        findings = diagnose(session)
    show_findings(findings)
    if any(finding.count for finding in findings):
        raise typer.Exit(FAILED)


@app.command()
def replay(run: Annotated[int, typer.Argument(help="The number of a kept search.")]) -> None:
    """Run a kept search again from what was stored; exit with 1 if it answers otherwise."""
    with opened() as database, known_errors(), database.snapshot() as session:
        found = repeat(session, run)
    verdict = "equal" if found.equal else "NOT EQUAL"
    say(f"run {found.run} ({found.kind}, {found.made_at:%Y-%m-%d %H:%M}): {verdict}")
    if not found.equal:
        raise typer.Exit(FAILED)


@app.command()
def messages() -> None:
    """Count the texts by state."""
    with opened() as database, database.snapshot() as session:
        counts = count_texts(session)
    show_table("Texts", ("state", "texts"), sorted(counts.items()))
    if not counts:
        say("no texts yet")


@work_days.command("import")
def import_work_days(
    first_year: Annotated[int | None, typer.Option(help="Default: last year.")] = None,
    last_year: Annotated[int | None, typer.Option(help="Default: next year.")] = None,
) -> None:
    """Store a new version of the calendar where the installed packages know better.

    Exit with 1 and list the promises that no longer lie in opening hours, if there are any.
    """
    with opened() as database, database.transaction() as session:
        now = database.now()
        version = import_calendar(
            session, now=now, first_year=first_year or now.year - 1, last_year=last_year or now.year + 1
        )
        numbers = booking_numbers(session, bookings_that_no_longer_fit(session))
    say("nothing differs" if version is None else f"calendar version {version.version} stored")
    show_table("Bookings outside opening hours now", ("number",), [(number,) for number in numbers])
    if numbers:
        raise typer.Exit(FAILED)


@account.command("create-staff")
def create_staff(
    login: str,
    *,
    name: Annotated[str, typer.Option(help="The person's name.")],
    role: Annotated[
        Literal["administrator", "office_manager", "desk_agent", "inspector"], typer.Option(help="The role.")
    ],
    office: Annotated[str | None, typer.Option(help="Code of the office.")] = None,
    badge: Annotated[str | None, typer.Option(help="Badge number of an inspector.")] = None,
    mobile: Annotated[str | None, typer.Option(help="Mobile for codes.")] = None,
) -> None:
    """Create an account; the person sets the password with a code (`account hand-out-code`)."""
    row = StaffRow(login=login, name=name, role=role, office=office, badge=badge, mobile=mobile)
    with opened() as database, database.transaction() as session:
        told = import_staff(session, actor=SYSTEM, rows=[row], now=database.now())
        for _, refusal in told.rejected:
            raise refusal
    say("created" if told.created else "this account exists already")


@account.command("hand-out-code")
def give_code(login: str) -> None:
    """Print a code with which the person sets a password within ten minutes."""
    with opened() as database, database.transaction() as session:
        code = hand_out_code(session, actor=SYSTEM, login=login, now=database.now())
    say(code)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; what a person can be told is one line on standard error.

    Raises:
        SystemExit: with the command's exit code.
    """
    with known_errors():
        app(args=None if arguments is None else list(arguments), prog_name="inspection")
