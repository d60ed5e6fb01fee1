"""How long a text is on the air: its alphabet, its units and the segments it is charged as.

Source: 3GPP TS 23.038 (GSM 7 bit default alphabet and its extension table) and TS 23.040 (concatenation): one
segment holds 160 septets or 70 UCS-2 units, a part of several holds 153 or 67.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà",
)
_EXTENSION = frozenset("\f^{}\\[~]|€")


# Characters beyond this one take a surrogate pair, two units, in UCS-2.
_LAST_OF_ONE_UNIT = "\uffff"


class Alphabet(StrEnum):
    """The alphabet a text is sent in; one character outside GSM-7 turns the whole text into UCS-2."""

    GSM_7 = "gsm7"
    UCS_2 = "ucs2"


# For each alphabet: units in a text of one segment, units in each part of a longer one.
CAPACITY = {Alphabet.GSM_7: (160, 153), Alphabet.UCS_2: (70, 67)}


@dataclass(frozen=True, slots=True)
class Length:
    """A text's alphabet, its units (septets or UTF-16 code units) and its segments."""

    alphabet: Alphabet
    units: int
    segments: int


def measure(text: str) -> Length:
    """Measure a text; the empty one is a single segment of no units."""
    if all(character in _BASIC or character in _EXTENSION for character in text):
        alphabet = Alphabet.GSM_7
        widths = [2 if character in _EXTENSION else 1 for character in text]
    else:
        alphabet = Alphabet.UCS_2
        widths = [2 if character > _LAST_OF_ONE_UNIT else 1 for character in text]
    single, part = CAPACITY[alphabet]
    units = sum(widths)
    return Length(alphabet, units, 1 if units <= single else _count_parts(widths, part))


def _count_parts(widths: Sequence[int], capacity: int) -> int:
    """Count the parts of a long text; a character of two units is never cut between two parts."""
    parts, used = 1, 0
    for width in widths:
        if used + width > capacity:
            parts, used = parts + 1, 0
        used += width
    return parts
