"""Rows of a CSV or JSON file, under English column names, with their numbers.

CSV is UTF-8 with or without a mark, or GB18030; comma, semicolon or tab, told by the header.
JSON is a list of objects. Columns are named in English snake case or in Chinese. Empty
cells count as absent, rows without any are skipped.
"""

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from scheduler.errors import BodyTooLarge, MalformedField
from scheduler.intake.columns import CHINESE
from scheduler.rules.identifiers import half_width

LARGEST_BYTES = 64 * 1024 * 1024
_SEPARATORS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Row:
    """A row's number and its non-empty values; None where the row does not have the file's form."""

    number: int
    values: Mapping[str, object] | None


def read_rows(path: Path) -> list[Row]:
    """Read a file's rows.

    Raises:
        MalformedField: neither text in a known encoding, nor JSON as described, nor CSV with one header.
        BodyTooLarge: more than 64 MiB.
        OSError: the file cannot be read.
    """
    if path.stat().st_size > LARGEST_BYTES:
        raise BodyTooLarge(field="/file", limit=LARGEST_BYTES)
    content = _decode(path.read_bytes())
    rows = _json_rows(content) if content.lstrip()[:1] in {"[", "{"} else _csv_rows(content)
    return [row for row in rows if row.values is None or set(row.values) - {"record"}]


def _decode(raw: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise MalformedField(field="/file", expected="utf-8, gb18030")


def _json_rows(content: str) -> Iterator[Row]:
    try:
        objects = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise MalformedField(field="/file", expected="json") from error
    if not isinstance(objects, list):
        raise MalformedField(field="/file", expected="list")
    for number, one in enumerate(objects, start=1):
        if not isinstance(one, dict):
            yield Row(number, None)
            continue
        yield Row(number, _present({_column(name): value for name, value in one.items()}))


def _csv_rows(content: str) -> Iterator[Row]:
    separator = max(_SEPARATORS, key=content.partition("\n")[0].count)
    reader = csv.reader(StringIO(content, newline=""), delimiter=separator, strict=True)
    try:
        header = [_column(name) for name in next(reader, [])]
        if not any(header) or len(set(header)) != len(header):
            raise MalformedField(field="/file", expected="header")
        begin = reader.line_num + 1
        for cells in reader:
            yield Row(begin, _named(header, cells))
            begin = reader.line_num + 1
    except csv.Error as error:
        raise MalformedField(field="/file", expected="csv", line=reader.line_num) from error


def _named(header: list[str], cells: list[str]) -> dict[str, object] | None:
    if any(cell.strip() for cell in cells[len(header) :]):
        return None
    return _present(dict(zip(header, cells, strict=False)))


def _present(values: Mapping[str, object]) -> dict[str, object]:
    stripped = {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}
    return {name: value for name, value in stripped.items() if value not in (None, "", [])}


def _column(name: str) -> str:
    plain = re.sub(r"\s+", "_", half_width(name)).lower()
    return CHINESE.get(plain, plain)
