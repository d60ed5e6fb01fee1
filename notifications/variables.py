"""The closed set of things a text may name, how each is checked, kept as JSON and said in both languages.

Nothing here can hold a personal name, a phone number or a link: that is what makes the texts fit for numbers
in China (registered templates, one segment, no contact data). The longest form is part of each kind's type.

| kind | value | longest in Chinese | longest in English |
|---|---|---|---|
| office | OfficeName | 11 characters | 60 characters |
| date | date | 12月31日周四 | Thu 31 Dec |
| time | PromisedTime, on the office's wall clock | 09:00-11:00 | 09:00-11:00 |
| number | the booking's or request's number | 12 characters | 12 characters |
| count | whole number from 1 to 99 | 99 | 99 |
| until | aware instant, said on the office's wall clock | 12月31日18:00 | 31 Dec 18:00 |
| answer | Answer | 已同意 | has not granted |
| code | six digits | 6 characters | 6 characters |
| mark | the text's own short code | 6 characters | 6 characters |
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from enum import StrEnum
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, Strict, model_validator

OFFICE_ZONE = ZoneInfo("Asia/Shanghai")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS_ZH = "一二三四五六日"
WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
FIRST_DATE, LAST_DATE = date(2020, 1, 1), date(2099, 12, 31)
FIRST_INSTANT = datetime(2020, 1, 1, tzinfo=OFFICE_ZONE)
LAST_INSTANT = datetime(2099, 12, 31, 23, 59, tzinfo=OFFICE_ZONE)
OFFICE_ZH_LONGEST, OFFICE_EN_LONGEST, NUMBER_LONGEST = 11, 60, 12

# No vowel, no 0, 1, I, L, O: a mark spells no word and is no reply keyword. It begins with a letter, so it
# is never taken for a six-digit code.
MARK_LETTERS = "BCDFGHJKMNPQRSTVWXYZ"
MARK_CHARACTERS = MARK_LETTERS + "23456789"
MARK_LENGTH = 6


class Language(StrEnum):
    """The languages texts are written in."""

    ZH_CN = "zh_CN"
    EN = "en"


class Answer(StrEnum):
    """What the office said to an application."""

    GRANTED = "granted"
    REFUSED = "refused"


def _check_minute(value: time) -> time:
    if value.tzinfo is not None or value.second or value.microsecond:
        raise ValueError("a whole minute on the office's wall clock is needed")
    return value


def _check_number(value: str) -> str:
    # A run of seven digits or more may be taken for a phone number, by people and by their phones.
    if re.search(r"\d{7}", value) or not re.search(r"[A-Z]", value):
        raise ValueError("a booking number has a letter and no run of more than six digits")
    return value


Minute = Annotated[time, AfterValidator(_check_minute)]
Day = Annotated[date, Field(ge=FIRST_DATE, le=LAST_DATE)]
Instant = Annotated[AwareDatetime, Field(ge=FIRST_INSTANT, le=LAST_INSTANT)]
BookingNumber = Annotated[
    str,
    Field(pattern=rf"^[0-9A-Z][0-9A-Z-]{{2,{NUMBER_LONGEST - 2}}}[0-9A-Z]$"),
    AfterValidator(_check_number),
]
Count = Annotated[int, Strict(), Field(ge=1, le=99)]
SixDigits = Annotated[str, Field(pattern=r"^[0-9]{6}$")]
Mark = Annotated[str, Field(pattern=rf"^[{MARK_LETTERS}][{MARK_CHARACTERS}]{{{MARK_LENGTH - 1}}}$")]


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class OfficeName(_Value):
    """An office's short name in both languages: letters only, no digits, no punctuation that makes a link."""

    zh: Annotated[str, Field(pattern=rf"^[\u4e00-\u9fff]{{2,{OFFICE_ZH_LONGEST}}}$")]
    en: Annotated[str, Field(pattern=rf"^[A-Z][A-Za-z '()-]{{1,{OFFICE_EN_LONGEST - 1}}}$")]


class PromisedTime(_Value):
    """The promised start on its date: start = end for an exact promise, else a window."""

    start: Minute
    end: Minute

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.end < self.start:
            raise ValueError("a promised time ends before it starts")
        return self


_Say = Callable[[Any, Language], str]  # Any: each of these functions takes the values of its own kind


def _say_office(value: OfficeName, language: Language) -> str:
    return value.zh if language is Language.ZH_CN else value.en


def _say_date(value: date, language: Language) -> str:
    if language is Language.ZH_CN:
        return f"{value.month}月{value.day}日周{WEEKDAYS_ZH[value.weekday()]}"
    return f"{WEEKDAYS_EN[value.weekday()]} {value.day} {MONTHS[value.month - 1]}"


def _say_time(value: PromisedTime, _: Language) -> str:
    start = f"{value.start:%H:%M}"
    return start if value.start == value.end else f"{start}-{value.end:%H:%M}"


def _say_until(value: datetime, language: Language) -> str:
    local = value.astimezone(OFFICE_ZONE)
    if language is Language.ZH_CN:
        return f"{local.month}月{local.day}日{local:%H:%M}"
    return f"{local.day} {MONTHS[local.month - 1]} {local:%H:%M}"


def _say_answer(value: Answer, language: Language) -> str:
    if language is Language.ZH_CN:
        return "已同意" if value is Answer.GRANTED else "未同意"
    return "has granted" if value is Answer.GRANTED else "has not granted"


def _say_plainly(value: str | int, _: Language) -> str:
    return str(value)


# name of a variable -> (its type, how it is said). A name means the same in every template.
KINDS: Mapping[str, tuple[object, _Say]] = {
    "office": (OfficeName, _say_office),
    "date": (Day, _say_date),
    "time": (PromisedTime, _say_time),
    "number": (BookingNumber, _say_plainly),
    "count": (Count, _say_plainly),
    "until": (Instant, _say_until),
    "answer": (Answer, _say_answer),
    "code": (SixDigits, _say_plainly),
    "mark": (Mark, _say_plainly),
}


def say(name: str, value: object, language: Language) -> str:
    """Say one checked value of the named variable in a language."""
    return KINDS[name][1](value, language)


def make_mark(sequence: int) -> str:
    """Make the short code of the text with this sequence number.

    Different for any two of 344,207,360 consecutive sequence numbers: far more than the texts to one phone on
    one day, among which a provider's list is searched.
    """
    rest, letters = sequence, ""
    for _ in range(MARK_LENGTH - 1):
        rest, index = divmod(rest, len(MARK_CHARACTERS))
        letters = MARK_CHARACTERS[index] + letters
    return MARK_LETTERS[rest % len(MARK_LETTERS)] + letters
