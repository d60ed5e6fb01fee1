"""The cut-over: existing appointments are proved together and become promises, or stay requested."""

import json
from pathlib import Path

import pytest
from sqlalchemy import text

from scheduler.intake.bookings import import_bookings
from scheduler.intake.report import Report
from tests.factories import NOW, TUESDAY, World, at, make_world


def _row(reference: str, hour: int, minute: int = 0, **values: object) -> dict[str, object]:
    return {
        "references": reference,
        "starts_at": at(TUESDAY, hour, minute).isoformat(),
        "attendee": "示例陪同人",
        "recipient_mobile": "13800138000",
        **values,
    }


@pytest.fixture
def run(world: World, tmp_path: Path) -> object:
    """Import rows as a JSON file."""

    def importer(*rows: dict[str, object]) -> Report:
        path = tmp_path / "bookings.json"
        path.write_text(json.dumps(rows), encoding="utf-8")
        return import_bookings(world.database, path, now=NOW)

    return importer


def _states(world: World) -> list[str]:
    with world.database.snapshot() as session:
        rows = session.execute(text("SELECT state FROM booking ORDER BY state"))
        return [str(row[0]) for row in rows]


def test_what_can_be_crewed_becomes_a_promise(world: World, run: object) -> None:
    """Three at ten o'clock and two crews: two promises, one left requested with its reason."""
    references = [world.instruction() for _ in range(3)]
    report = run(*(_row(reference, 10) for reference in references))
    assert (report.added, len(report.rejected)) == (2, 1)
    assert report.rejected[0].reason == "left_requested"
    assert report.rejected[0].values["why"] == "crew_busy"
    assert _states(world) == ["confirmed", "confirmed", "requested"]


def test_the_same_file_twice_changes_nothing(world: World, run: object) -> None:
    """The second time every row is known, the requested one too."""
    rows = [_row(world.instruction(), 10) for _ in range(3)]
    run(*rows)
    again = run(*rows)
    assert (again.added, again.unchanged, again.rejected) == (0, 3, ())
    assert len(_states(world)) == 3


def test_bad_rows_are_listed_and_good_ones_kept(world: World, run: object) -> None:
    """Unknown instruction, past start, landline: row, field and reason of each."""
    good = world.instruction()
    report = run(
        _row(good, 9),
        _row("010020261888888888", 9),
        _row(world.instruction(), 9, starts_at="2026-11-02T09:00:00+08:00"),
        _row(world.instruction(), 9, recipient_mobile="01065194114"),
    )
    assert report.added == 1
    assert [(one.row, one.field, one.reason) for one in report.rejected] == [
        (2, "references", "unknown_instruction"),
        (3, "starts_at", "past_time"),
        (4, "recipient_mobile", "not_a_mobile"),
    ]


def test_a_day_is_packed_anew_where_that_keeps_more(database_url: str, tmp_path: Path) -> None:
    """The only two who may do the special one stand first in line for an ordinary one: all are kept."""
    world = make_world(database_url, inspectors=0)
    for qualifications in (("food", "special_articles"), ("food", "special_articles"), ("food",), ("food",)):
        world.duty(world.inspector(qualifications=qualifications), TUESDAY)
    world.type("special", seats=(("special_articles",), ("special_articles",)))
    rows = [
        _row(world.instruction(), 10),
        _row(world.instruction(type=world.types["special"]), 10),
    ]
    path = tmp_path / "bookings.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    report = import_bookings(world.database, path, now=NOW)
    assert (report.added, report.rejected) == (2, ())
    world.database.close()
