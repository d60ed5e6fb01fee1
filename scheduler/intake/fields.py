"""Kinds of values in files: how people write them, and the one form in which they are stored."""

import re
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Annotated, ClassVar, Protocol
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
)
from pydantic_core import PydanticCustomError

from scheduler.errors import Refusal
from scheduler.rules import identifiers
from scheduler.vocabulary import Direction

ZONE = ZoneInfo("Asia/Shanghai")
"""Times without an offset are the offices' wall-clock times."""

_DATE = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")
_INSTANT = re.compile(rf"({_DATE.pattern})[T ]+({_CLOCK.pattern})\s*(Z|[+-][0-9]{{2}}:?[0-9]{{2}})?")
_LIST = re.compile(r"[;；、|,，\s]+")
_DIRECTIONS = {
    "import": Direction.IMPORT,
    "export": Direction.EXPORT,
    "进口": Direction.IMPORT,
    "出口": Direction.EXPORT,
}
_ANSWERS = {"是": True, "否": False}


class RowModel(BaseModel):
    """A row of a file; `KEY` names the columns that tell which thing it is about."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", coerce_numbers_to_str=True, hide_input_in_errors=True
    )
    KEY: ClassVar[tuple[str, ...]]

    @property
    def key(self) -> tuple[object, ...]:
        """What the row is about; two rows of a file with one key contradict each other."""
        return (type(self).__name__, *(getattr(self, name) for name in self.KEY))


def _day(value: object) -> object:
    """Dates as spreadsheets write them; a bare number would silently become seconds since 1970."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    found = _DATE.fullmatch(identifiers.half_width(str(value)))
    if not found:
        raise ValueError("not a date")
    return date(*map(int, found.groups()))


def _clock(value: object) -> object:
    text = identifiers.half_width(str(value))
    if not _CLOCK.fullmatch(text):
        raise ValueError("not a time of day")
    return _time_of(text)


def _instant(value: object) -> object:
    found = _INSTANT.fullmatch(identifiers.half_width(str(value)))
    if not found:
        raise ValueError("not a date and time")
    local = datetime.combine(date(*map(int, found.group(2, 3, 4))), _time_of(found.group(5)))
    offset = found.group(9)
    return local.replace(tzinfo=ZONE) if offset is None else datetime.fromisoformat(f"{local}{offset}")


def _time_of(text: str) -> time:
    hour, _, rest = text.partition(":")
    return time.fromisoformat(f"{hour:0>2}:{rest}")


def _direction(value: object) -> object:
    return _DIRECTIONS.get(str(value).lower(), value)


def _yes_or_no(value: object) -> object:
    return _ANSWERS.get(value, value) if isinstance(value, str) else value


def listed(value: object) -> object:
    """Split a cell that holds a list; lists of JSON stay as they are."""
    return [part for part in _LIST.split(value) if part] if isinstance(value, str) else value


def _without_null(text: str) -> str:
    if "\x00" in text:  # PostgreSQL stores no such text
        raise ValueError("a null character")
    return text


class _Normal(Protocol):
    def __call__(self, text: str, *, field: str | None) -> str: ...


def _by(normal: _Normal) -> Callable[[str, ValidationInfo], str]:
    """Let a rule of identifiers validate a column; its refusal becomes the row's reason."""

    def check(text: str, info: ValidationInfo) -> str:
        try:
            return normal(text, field=info.field_name)
        except Refusal as refusal:
            raise PydanticCustomError(refusal.code, refusal.code, dict(refusal.values)) from refusal

    return check


Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_without_null),
]
Code = Annotated[Text, StringConstraints(max_length=60)]
Codes = Annotated[tuple[Code, ...], BeforeValidator(listed)]
Day = Annotated[date, BeforeValidator(_day)]
Clock = Annotated[time, BeforeValidator(_clock)]
Instant = Annotated[datetime, BeforeValidator(_instant)]
YesNo = Annotated[bool, BeforeValidator(_yes_or_no)]
Way = Annotated[Direction, BeforeValidator(_direction)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
Minutes = Annotated[int, Field(ge=0, le=1440)]
Uscc = Annotated[Text, AfterValidator(_by(identifiers.normal_uscc))]
Mobile = Annotated[Text, AfterValidator(_by(identifiers.normal_mobile))]
Phone = Annotated[Text, AfterValidator(_by(identifiers.normal_phone))]
HsCode = Annotated[Text, AfterValidator(_by(identifiers.normal_hs_code))]
Container = Annotated[Text, AfterValidator(_by(identifiers.normal_container))]
Containers = Annotated[tuple[Container, ...], BeforeValidator(listed), Field(max_length=200)]
