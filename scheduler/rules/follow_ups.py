"""References of follow-ups: the first inspection's reference, a slash and a number from 2 on."""

import re

_FOLLOW_UP = re.compile(r"(?P<root>[^/]+)/(?P<number>[2-9]|[1-9][0-9]{1,3})")


def follow_up_reference(reference: str, number: int) -> str:
    """Return the reference of the number-th inspection of the goods that `reference` names.

    `reference` may be a follow-up's own: the third inspection follows the second but is known
    by the first one's reference. Raises ValueError for a number below 2: that is the first itself.
    """
    if number < 2:  # noqa: PLR2004 - the first inspection has the plain reference
        message = f"inspection {number} of {reference} is no follow-up"
        raise ValueError(message)
    root, _ = split_follow_up(reference)
    return f"{root}/{number}"


def split_follow_up(reference: str) -> tuple[str, int]:
    """Return the first inspection's reference and the number of the inspection, 1 for the first."""
    found = _FOLLOW_UP.fullmatch(reference)
    return (found["root"], int(found["number"])) if found else (reference, 1)
