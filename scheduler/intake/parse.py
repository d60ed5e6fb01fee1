"""From a file's rows to validated rows, or to the reasons why they are none."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from scheduler.errors import MalformedField, Plain, Refusal, UnknownField
from scheduler.intake.fields import RowModel
from scheduler.intake.files import Row
from scheduler.intake.report import Rejected

_OWN = {"missing": "field_missing", "extra_forbidden": UnknownField.code}

SomeRow = TypeVar("SomeRow", bound=RowModel)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A validated row and its number in the file."""

    number: int
    row: RowModel


def parse(rows: Sequence[Row], models: Mapping[str, type[RowModel]]) -> tuple[list[Parsed], list[Rejected]]:
    """Validate rows by the model of their record; return them in the models' order, and the rejected.

    A row of a key that an earlier row has is rejected: one file says one thing.
    """
    good: list[tuple[int, Parsed]] = []
    rejected: list[Rejected] = []
    seen: dict[tuple[object, ...], int] = {}
    for row in rows:
        model = _model(row, models)
        if isinstance(model, Rejected):
            rejected.append(model)
            continue
        rank, chosen, values = model
        try:
            parsed = chosen.model_validate(values)
        except ValidationError as error:
            rejected.extend(_rejections(row.number, error))
            continue
        first = seen.setdefault(parsed.key, row.number)
        if first != row.number:
            rejected.append(Rejected(row.number, chosen.KEY[-1], "duplicate_row", {"first": first}))
            continue
        good.append((rank, Parsed(row.number, parsed)))
    return [parsed for _, parsed in sorted(good, key=lambda pair: pair[0])], rejected


def _model(
    row: Row, models: Mapping[str, type[RowModel]]
) -> Rejected | tuple[int, type[RowModel], dict[str, object]]:
    if row.values is None:
        return Rejected(row.number, None, "malformed_row")
    names = list(models)
    values = dict(row.values)
    record = values.pop("record", names[0] if len(names) == 1 else None)
    if record is None:
        return Rejected(row.number, "record", "field_missing")
    if record not in names:
        return Rejected(row.number, "record", "unknown_record", {"known": names})
    return names.index(str(record)), models[str(record)], values


def _rejections(number: int, error: ValidationError) -> Iterator[Rejected]:
    for details in error.errors(include_url=False, include_input=False):
        field = str(details["loc"][0]) if details["loc"] else None
        reason = _reason(details["type"])
        yield Rejected(number, field, reason, _values(details, reason))


def _reason(kind: str) -> str:
    if kind in _OWN:
        return _OWN[kind]
    return kind if kind in _codes(Refusal) else MalformedField.code


def _codes(refusal: type[Refusal]) -> set[str]:
    return {refusal.code}.union(*(_codes(each) for each in refusal.__subclasses__()))


def _values(details: ErrorDetails, reason: str) -> dict[str, Plain]:
    """Plain values of a reason: a refusal's own, else what pydantic expected."""
    context: dict[str, Any] = details.get("ctx", {})  # plain values, or an exception of ours
    values: dict[str, Plain] = {
        name: value if isinstance(value, str | int) else str(value) for name, value in context.items()
    }
    if reason == MalformedField.code:
        values["expected"] = str(context.get("error") or details["msg"])
        values.pop("error", None)
    return values
