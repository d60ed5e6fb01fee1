"""Rows validated: what people write is understood, what is wrong is told by column and reason."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time

import pytest

from scheduler.intake.columns import CHINESE
from scheduler.intake.district_rows import DISTRICT_ROWS, ClosureRow, OpeningRow, TypeRow
from scheduler.intake.fields import RowModel
from scheduler.intake.files import Row
from scheduler.intake.instruction_rows import INSTRUCTION_ROWS, InstructionRow
from scheduler.intake.parse import parse
from scheduler.intake.people_rows import PEOPLE_ROWS
from scheduler.intake.report import Rejected
from scheduler.intake.templates import MODELS, Form, Kind, templates
from scheduler.vocabulary import Direction, SiteKind

INSTRUCTION: dict[str, object] = {
    "kind": "declaration",
    "reference": "010020261000000001",
    "office": "A",
    "site": "S",
    "type": "T",
    "represented_uscc": "91110000600037341L",
    "goods_name": "x",
    "goods_category": "food",
}


def one(values: dict[str, object], models: Mapping[str, type[RowModel]] = DISTRICT_ROWS) -> RowModel:
    """Parse one row that is right."""
    good, rejected = parse([Row(2, values)], models)
    assert rejected == []
    return good[0].row


def wrong(values: dict[str, object], models: Mapping[str, type[RowModel]] = DISTRICT_ROWS) -> Rejected:
    """Parse one row that is wrong in one way."""
    good, rejected = parse([Row(2, values)], models)
    assert good == []
    assert len(rejected) == 1
    return rejected[0]


def test_dates_and_times_as_spreadsheets_write_them() -> None:
    """Slashes and single digits are read; times without an offset are the offices' own."""
    row = one(
        {"record": "opening", "office": "A", "day_kind": "workday", "valid_from": "2026/1/3"}
        | {"opens": "8:30", "closes": "17:30:00"}
    )
    assert isinstance(row, OpeningRow)
    assert (row.valid_from, row.opens, row.closes) == (date(2026, 1, 3), time(8, 30), time(17, 30))
    closure = one(
        {"record": "closure", "office": "A", "reason": "x"}
        | {"starts_at": "2026/1/3 8:30", "ends_at": "2026-01-03T10:00:00Z"}
    )
    assert isinstance(closure, ClosureRow)
    assert closure.starts_at == datetime(2026, 1, 3, 0, 30, tzinfo=UTC)
    assert closure.ends_at == datetime(2026, 1, 3, 10, tzinfo=UTC)


def test_a_bare_number_is_no_date() -> None:
    """20260103 is refused: read as seconds it would be a day of 1970."""
    told = wrong(
        {"record": "held_qualification", "badge": "1", "qualification": "q", "valid_from": "20260103"},
        PEOPLE_ROWS,
    )
    assert (told.row, told.field, told.reason) == (2, "valid_from", "malformed_field")


def test_lists_in_a_cell() -> None:
    """Semicolons, Chinese ones included, separate the values of a list."""
    row = one(
        {"record": "type", "code": "T", "name_zh": "x", "name_en": "x", "mode": "standard"}
        | {"site_kinds": "cold_store；airside"}
    )
    assert isinstance(row, TypeRow)
    assert row.site_kinds == (SiteKind.COLD_STORE, SiteKind.AIRSIDE)


@pytest.mark.parametrize("direction", ["import", "进口", "1"])
def test_directions_by_word_or_digit(direction: str) -> None:
    """Both languages and the declaration's digit name a direction."""
    row = one(INSTRUCTION | {"direction": direction}, INSTRUCTION_ROWS)
    assert isinstance(row, InstructionRow)
    assert row.direction is Direction.IMPORT


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"represented_uscc": "911100006000373410"}, "represented_uscc", "wrong_check_digit"),
        ({"represented_uscc": "1"}, "represented_uscc", "malformed_code"),
        ({"hs_code": "12"}, "hs_code", "malformed_code"),
        ({"containers": "X"}, "containers", "malformed_code"),
        ({"goods_category": "gold"}, "goods_category", "malformed_field"),
        ({"units": "-1"}, "units", "malformed_field"),
        ({"colour": "red"}, "colour", "unknown_field"),
        ({"issued_at": "yesterday"}, "issued_at", "malformed_field"),
        ({"goods_name": "a\x00"}, "goods_name", "malformed_field"),
    ],
)
def test_a_wrong_cell_is_told_by_column_and_reason(
    changes: dict[str, object], field: str, reason: str
) -> None:
    """Each kind of wrong value has its column and a stable reason."""
    told = wrong(INSTRUCTION | changes, INSTRUCTION_ROWS)
    assert (told.field, told.reason) == (field, reason)


def test_a_rejection_never_repeats_a_number() -> None:
    """What was sent may be a person's number, so no reason repeats it."""
    told = wrong(
        {"record": "inspector", "badge": "1", "name": "x", "office": "A"} | {"mobile": "010-12345678"},
        PEOPLE_ROWS,
    )
    assert told.reason == "not_a_mobile"
    assert "12345678" not in repr(told)


def test_all_wrong_cells_of_a_row_are_told() -> None:
    """A row with three faults is rejected three times, under one number."""
    _, rejected = parse([Row(7, {"record": "dock", "in_use": "perhaps", "code": "D"})], DISTRICT_ROWS)
    assert {(told.row, told.field, told.reason) for told in rejected} == {
        (7, "office", "field_missing"),
        (7, "site", "field_missing"),
        (7, "in_use", "malformed_field"),
    }


@pytest.mark.parametrize(
    ("values", "reason"),
    [(None, "malformed_row"), ({"code": "A"}, "field_missing"), ({"record": "shop"}, "unknown_record")],
)
def test_a_row_must_say_what_it_is(values: dict[str, object] | None, reason: str) -> None:
    """Without a known record a row of a file with several is rejected."""
    _, rejected = parse([Row(1, values)], DISTRICT_ROWS)
    assert [told.reason for told in rejected] == [reason]


def test_two_rows_about_one_thing() -> None:
    """The second row of a key is rejected and names the first: else each import would change twice."""
    row = {"record": "qualification", "code": "q", "name_zh": "x", "name_en": "x"}
    good, rejected = parse([Row(2, row), Row(3, row | {"name_en": "y"})], DISTRICT_ROWS)
    assert [parsed.number for parsed in good] == [2]
    assert rejected == [Rejected(3, "code", "duplicate_row", {"first": 2})]


def test_rows_come_in_the_order_in_which_they_can_be_stored() -> None:
    """What others refer to comes first, wherever it stands in the file."""
    rows = [
        Row(2, {"record": "dock", "office": "A", "site": "S", "code": "D"}),
        Row(3, {"record": "qualification", "code": "q", "name_zh": "x", "name_en": "x"}),
        Row(4, {"record": "district", "code": "0100", "name_zh": "x", "name_en": "x"}),
    ]
    good, _ = parse(rows, DISTRICT_ROWS)
    assert [parsed.number for parsed in good] == [4, 2, 3]


def test_every_column_has_a_chinese_name() -> None:
    """A file may name each column of each kind in Chinese."""
    columns = {name for models in MODELS.values() for model in models.values() for name in model.model_fields}
    assert columns | {"record"} == set(CHINESE.values())


@pytest.mark.parametrize("kind", ["district", "people", "instructions"])
@pytest.mark.parametrize("form", ["csv", "json"])
def test_templates_name_all_columns_and_hold_no_row(kind: Kind, form: Form) -> None:
    """An empty template shows every column."""
    content = templates(kind, form)
    for model in MODELS[kind].values():
        assert all(name in content for name in model.model_fields)
