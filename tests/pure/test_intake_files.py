"""Files as offices write them: encodings, separators, Chinese headers, numbers of rows."""

from pathlib import Path

import pytest

from scheduler.errors import MalformedField
from scheduler.intake.files import Row, read_rows

TEXT = "记录,代码,中文名称\r\nsite,A-1,一号库\r\n\r\n,,\r\nsite,A-2,二号库\r\n"
WANTED = [
    Row(2, {"record": "site", "code": "A-1", "name_zh": "一号库"}),
    Row(5, {"record": "site", "code": "A-2", "name_zh": "二号库"}),
]


def written(folder: Path, content: str | bytes, name: str = "rows.csv") -> Path:
    """Write a file and return its path."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings_that_offices_use(tmp_path: Path, encoding: str) -> None:
    """UTF-8 with and without mark and GB18030 give equal rows; empty lines are skipped, yet counted."""
    assert read_rows(written(tmp_path, TEXT.encode(encoding))) == WANTED


@pytest.mark.parametrize("separator", [";", "\t"])
def test_separators_told_by_the_header(tmp_path: Path, separator: str) -> None:
    """Semicolons and tabs are understood as well."""
    assert read_rows(written(tmp_path, TEXT.replace(",", separator))) == WANTED


def test_a_cell_over_two_lines_counts_both(tmp_path: Path) -> None:
    """A row is numbered by the line it begins on."""
    path = written(tmp_path, 'code,reason\nA,"one\ntwo"\nB,three\n')
    assert [row.number for row in read_rows(path)] == [2, 4]


def test_json_rows(tmp_path: Path) -> None:
    """Objects are numbered from 1; nulls, blanks, empty lists count as absent, a bare record is skipped."""
    content = '[{"code": " A ", "units": 3, "port": null, "containers": []}, {"record": "x", "code": ""}]'
    assert read_rows(written(tmp_path, content, "rows.json")) == [Row(1, {"code": "A", "units": 3})]


@pytest.mark.parametrize("content", ["code,name\nA,B,C\n", '[["A"]]'])
def test_a_row_of_another_form_is_told(tmp_path: Path, content: str) -> None:
    """More cells than columns, or no object, make a row without values."""
    assert read_rows(written(tmp_path, content))[0].values is None


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "header"),
        ("code,代码\nA,B\n", "header"),
        ('code\n"A\n', "csv"),
        ("[1,", "json"),
        ("[" * 100_000, "json"),
        ('{"code": "A"}', "list"),
        (b"\xff\xff\xff", "utf-8, gb18030"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: str | bytes, expected: str) -> None:
    """What cannot be read as a whole is refused with what was expected."""
    with pytest.raises(MalformedField) as told:
        read_rows(written(tmp_path, content))
    assert told.value.values["expected"] == expected
