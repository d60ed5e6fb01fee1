"""References of follow-ups."""

import pytest

from scheduler.rules.follow_ups import follow_up_reference, split_follow_up

FIRST = "010020261000000001"


def test_a_follow_up_is_known_by_the_first_reference() -> None:
    """The second has /2; the third follows the second but has the first one's reference and /3."""
    assert follow_up_reference(FIRST, 2) == f"{FIRST}/2"
    assert follow_up_reference(f"{FIRST}/2", 3) == f"{FIRST}/3"


@pytest.mark.parametrize("number", [1, 0, -1])
def test_the_first_inspection_is_no_follow_up(number: int) -> None:
    """Numbers begin with 2."""
    with pytest.raises(ValueError, match="no follow-up"):
        follow_up_reference(FIRST, number)


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        (FIRST, (FIRST, 1)),
        (f"{FIRST}/2", (FIRST, 2)),
        (f"{FIRST}/17", (FIRST, 17)),
        (f"{FIRST}/1", (f"{FIRST}/1", 1)),
        (f"{FIRST}/02", (f"{FIRST}/02", 1)),
        (f"{FIRST}/2/3", (f"{FIRST}/2/3", 1)),
    ],
)
def test_a_reference_is_taken_apart(reference: str, parts: tuple[str, int]) -> None:
    """Only a plain number from 2 on is a follow-up's; anything else stays whole and fails its own form."""
    assert split_follow_up(reference) == parts
