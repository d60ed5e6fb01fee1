"""Booking numbers: short enough to say on the phone, with a check digit, not to be guessed.

And the numbers of rows, which are drawn before the rows are written.
"""

import secrets
from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlmodel import Session

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


NUMBERS: Final = (
    "nextval('booking_id_seq'), ARRAY(SELECT nextval('message_id_seq') FROM generate_series(1, %(texts)s))"
)
"""Columns of a query that draw the numbers of a booking's row and of so many texts."""


class Numbers(NamedTuple):
    """The id of a booking and the numbers that its texts are marked with, drawn before they are written."""

    booking: int
    texts: Sequence[int]


def draw_numbers(session: Session, *, texts: int) -> Numbers:
    """Draw the numbers of a booking and of so many texts."""
    return Numbers(*session.connection().exec_driver_sql(f"SELECT {NUMBERS}", {"texts": texts}).one())


def new_number() -> str:
    """A random booking number such as K4827-1936; the last digit checks the others."""
    letter = secrets.choice(LETTERS)
    digits = f"{secrets.randbelow(10**7):07d}"
    return f"{letter}{digits[:4]}-{digits[4:]}{_check_digit(letter, digits)}"


def normal_number(text: str) -> str:
    """The stored form of what somebody typed."""
    plain = text.strip().upper().replace("-", "")
    return f"{plain[:5]}-{plain[5:]}"


def _check_digit(letter: str, digits: str) -> str:
    """Luhn's digit (ISO/IEC 7812-1) over the letter's place and the digits."""
    total = LETTERS.index(letter)
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if position % 2 == 0 else 1)
        total += value - 9 if value > 9 else value  # noqa: PLR2004 - digit sum of a doubled digit
    return str(-total % 10)
