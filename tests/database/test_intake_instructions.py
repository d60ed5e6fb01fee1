"""Instructions brought in from a file: known by reference, changed by content, with their enterprises."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from scheduler.database.connection import Database
from scheduler.intake.instructions import import_instructions
from scheduler.intake.report import Report

NOW = datetime(2026, 6, 1, 2, tzinfo=UTC)
USCC = "91110000600037341L"
ROWS: list[dict[str, object]] = [
    {
        "单证编号": "0100 2026 1 000000001",
        "类别": "declaration",
        "海关": "a",
        "查检场所": "s",
        "查检类型": "t",
    }
    | {"企业统一社会信用代码": USCC, "企业名称": "示例企业", "货物名称": "苹果", "货物类别": "fruit"}
    | {"数量": 3, "最迟完成时间": "2026/6/5 18:00", "最迟完成原因": "flight"},
    {"单证编号": "EX-20260001", "类别": "export_application", "海关": "a", "查检场所": "s", "查检类型": "t"}
    | {"企业统一社会信用代码": USCC, "货物名称": "梨", "货物类别": "fruit", "进出口": "出口"},
]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with an office, a site and an inspection type."""
    made = Database(database_url)
    with made.transaction() as session:
        for statement in (
            "INSERT INTO district (code, name_zh, name_en) VALUES ('0100', 'x', 'x')",
            (
                "INSERT INTO office (district, code, name_zh, name_en, short_zh, short_en)"
                " VALUES ('0100', 'a', 'x', 'x', 'x', 'x')"
            ),
            (
                "INSERT INTO site (office, code, name_zh, name_en, kind, latitude, longitude)"
                " VALUES (1, 's', 'x', 'x', 'airside', 40, 116)"
            ),
            (
                "INSERT INTO inspection_type (code, name_zh, name_en, mode, site_kinds)"
                " VALUES ('t', 'x', 'x', 'standard', '{}')"
            ),
        ):
            session.execute(text(statement))
    yield made
    made.close()


def bring(database: Database, folder: Path, rows: Sequence[Mapping[str, object]]) -> Report:
    """Write the rows to a file as a Chinese spreadsheet would and bring it in."""
    path = folder / "instructions.csv"
    with path.open("w", newline="", encoding="gb18030") as file:
        writer = csv.DictWriter(file, list({name: None for row in rows for name in row}))
        writer.writeheader()
        writer.writerows(rows)
    return import_instructions(database, path, now=NOW)


def ask(database: Database, question: str) -> list[tuple[object, ...]]:
    """Return the rows of a question."""
    with database.snapshot() as session:
        return [tuple(row) for row in session.execute(text(question))]


def test_the_same_file_twice_changes_nothing(database: Database, tmp_path: Path) -> None:
    """Instructions are entered open, once; the enterprise is entered by the first row that names it."""
    assert bring(database, tmp_path, ROWS) == Report("instructions", added=2)
    stored = ask(database, "SELECT reference, direction, state, version FROM instruction ORDER BY id")
    assert stored == [("010020261000000001", "1", "open", 1), ("EX20260001", "0", "open", 1)]
    assert ask(database, "SELECT name FROM enterprise") == [("示例企业",)]
    assert bring(database, tmp_path, ROWS) == Report("instructions", unchanged=2)


def test_new_content_changes_the_instruction(database: Database, tmp_path: Path) -> None:
    """A row that says something else steps the version and marks the instruction changed."""
    bring(database, tmp_path, ROWS)
    assert bring(database, tmp_path, [ROWS[0] | {"数量": 5}, ROWS[1]]) == Report(
        "instructions", changed=1, unchanged=1
    )
    assert ask(database, "SELECT state, version, units FROM instruction WHERE units = 5") == [
        ("changed", 2, 5)
    ]


def test_an_awaited_instruction_arrives(database: Database, tmp_path: Path) -> None:
    """What a request named before it came becomes open when the file brings it."""
    bring(database, tmp_path, ROWS)
    with database.transaction() as session:
        session.execute(text("UPDATE instruction SET state = 'awaited'"))
    assert bring(database, tmp_path, ROWS[:1]).added == 1
    assert ask(database, "SELECT state, version FROM instruction ORDER BY id LIMIT 1") == [("open", 2)]


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"单证编号": "010020261000"}, "reference", "malformed_code"),
        ({"进出口": "出口"}, "reference", "direction_mismatch"),
        ({"海关": "z"}, "office", "unknown_office"),
        ({"查检场所": "z"}, "site", "unknown_site"),
        ({"查检类型": "z"}, "type", "malformed_field"),
        ({"企业名称": ""}, "represented_name", "field_missing"),
        ({"类别": "e_ledger", "单证编号": "EX20260002"}, "direction", "field_missing"),
        ({"申报单位统一社会信用代码": "N2110199000000010"}, "declarant_uscc", "malformed_code"),
    ],
)
def test_a_bad_row_is_told_and_the_next_kept(
    database: Database, tmp_path: Path, changes: dict[str, object], field: str, reason: str
) -> None:
    """Each fault has its line, column and reason; the good row after it is stored."""
    good = ROWS[1] | {"企业名称": "示例企业"}
    report = bring(database, tmp_path, [ROWS[0] | changes, good])
    assert [(told.row, told.field, told.reason) for told in report.rejected] == [(2, field, reason)]
    assert report.added == 1
    assert ask(database, "SELECT count(*) FROM instruction") == [(1,)]


def test_a_new_declarant_is_entered_as_a_broker(database: Database, tmp_path: Path) -> None:
    """Who declares for another and is not known yet becomes a broker, by the name the row gives."""
    declarant = {"申报单位统一社会信用代码": "N21101990000000106", "申报单位名称": "示例报关"}
    report = bring(database, tmp_path, [ROWS[0] | declarant])
    if report.rejected:  # the check digit is the rule's to say
        declarant["申报单位统一社会信用代码"] = "N2110199000000010" + str(
            report.rejected[0].values["expected"]
        )
        report = bring(database, tmp_path, [ROWS[0] | declarant])
    assert report.added == 1
    kinds = ask(database, "SELECT name, kind FROM enterprise ORDER BY id")
    assert kinds == [("示例企业", "trader"), ("示例报关", "broker")]
