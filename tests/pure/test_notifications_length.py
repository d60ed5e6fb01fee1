"""The length of a text on the air."""

import pytest

from notifications.length import Alphabet, Length, measure


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", Length(Alphabet.GSM_7, 0, 1)),
        ("a" * 160, Length(Alphabet.GSM_7, 160, 1)),
        ("a" * 161, Length(Alphabet.GSM_7, 161, 2)),
        ("a" * 306, Length(Alphabet.GSM_7, 306, 2)),
        ("a" * 307, Length(Alphabet.GSM_7, 307, 3)),
        ("查" * 70, Length(Alphabet.UCS_2, 70, 1)),
        ("查" * 71, Length(Alphabet.UCS_2, 71, 2)),
        ("查" * 134, Length(Alphabet.UCS_2, 134, 2)),
        ("查" * 135, Length(Alphabet.UCS_2, 135, 3)),
    ],
)
def test_segments_change_exactly_at_the_limits(text: str, length: Length) -> None:
    """One segment holds 160 or 70 units, each part of a longer text 153 or 67."""
    assert measure(text) == length


def test_characters_of_the_extension_table_take_two_septets() -> None:
    """Brackets, braces and the euro sign cost an escape each, and the text stays in GSM-7."""
    assert measure("[]{}~^|\\€") == Length(Alphabet.GSM_7, 18, 1)


def test_one_foreign_character_turns_the_whole_text_into_ucs_2() -> None:
    """A single Chinese full stop makes 71 characters two segments."""
    assert measure("a" * 70 + "。") == Length(Alphabet.UCS_2, 71, 2)


def test_an_escaped_pair_is_not_cut_between_two_parts() -> None:
    """306 septets fit two parts only if the pair at the seam fits the first one."""
    assert measure("a" * 152 + "[" + "a" * 152).segments == 3
    assert measure("a" * 151 + "[" + "a" * 153).segments == 2


def test_a_surrogate_pair_counts_two_and_is_not_cut() -> None:
    """A rare ideograph outside the basic plane takes two units and moves whole into the next part."""
    assert measure("𠮷") == Length(Alphabet.UCS_2, 2, 1)
    assert measure("查" * 66 + "𠮷" + "查" * 66) == Length(Alphabet.UCS_2, 134, 3)
