"""`inspection import`: files brought in row by row, and empty files to fill in."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from api.cli.opening import opened
from api.cli.saying import FAILED, UNUSABLE, Stop, say, show_table, tell_reason, tell_refusal
from scheduler.database.connection import Database
from scheduler.errors import BodyTooLarge, Refusal, Unavailable
from scheduler.intake.bookings import import_bookings
from scheduler.intake.district import import_district
from scheduler.intake.instructions import import_instructions
from scheduler.intake.people import import_people
from scheduler.intake.report import Report
from scheduler.intake.templates import Form, Kind, templates

imports = typer.Typer(
    no_args_is_help=True,
    help="Bring in files (CSV or JSON). Good rows are kept; the exit code is 0 when all were,"
    " 1 when some were rejected, 2 when the file cannot be read.",
)

_File = Annotated[Path, typer.Argument(metavar="FILE", help="CSV (UTF-8 or GB18030) or JSON.")]
_Importer = Callable[..., Report]


@imports.command()
def instructions(file: _File) -> None:
    """Instructions of the risk system."""
    _bring_in(import_instructions, file)


@imports.command()
def district(file: _File) -> None:
    """Offices, hours, sites, docks, types, priority table, closures, ways."""
    _bring_in(import_district, file)


@imports.command()
def people(file: _File) -> None:
    """Inspectors, qualifications, duties, staff accounts."""
    _bring_in(import_people, file)


@imports.command()
def bookings(file: _File) -> None:
    """Cut-over: existing appointments become promises where a crew can keep them."""
    _bring_in(import_bookings, file)


@imports.command()
def template(
    kind: Annotated[Kind, typer.Argument(help="What the file is to hold.")],
    form: Annotated[Form, typer.Option("--format", help="csv or json")] = "csv",
    output: Annotated[Path | None, typer.Option(help="Write to this file instead.")] = None,
) -> None:
    """An empty file with every column of a kind."""
    content = templates(kind, form)
    if output is None:
        typer.echo(content, nl=False)
        return
    try:
        output.write_text(content, encoding="utf-8", newline="")
    except OSError as error:
        raise Stop(f"{output}: {error.strerror}", code=UNUSABLE) from error


def _bring_in(importer: _Importer, file: Path) -> None:
    with opened() as database:
        report = _read(importer, database, file, now=database.now())
    say(
        f"{report.kind}: {report.added} added, {report.changed} changed, {report.unchanged} unchanged,"
        f" {len(report.rejected)} rejected"
    )
    rows = [(one.row, one.field or "", tell_reason(one.reason, one.values)) for one in report.rejected]
    show_table("Rejected rows", ("row", "field", "reason"), rows)
    if not report.is_clean:
        raise typer.Exit(FAILED)


def _read(importer: _Importer, database: Database, file: Path, *, now: datetime) -> Report:
    """Bring the file in.

    Raises:
        Stop: the file as a whole cannot be read, or the database gave up in the middle.
    """
    try:
        return importer(database, file, now=now)
    except OSError as error:
        raise Stop(f"{file}: {error.strerror}", code=UNUSABLE) from error
    except Unavailable as refusal:
        kept = "rows written so far stay; the same file again brings in the rest"
        raise Stop(f"{tell_refusal(refusal)}; {kept}", code=UNUSABLE) from refusal
    except Refusal as refusal:
        if refusal.field != "/file" and not isinstance(refusal, BodyTooLarge):
            raise
        raise Stop(
            f"{file}: {tell_refusal(refusal)} {refusal.values or ''}".strip(), code=UNUSABLE
        ) from refusal
