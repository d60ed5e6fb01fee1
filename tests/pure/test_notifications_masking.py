"""What is left of a phone number for those who may not see it."""

import pytest

from notifications.gateway import Outgoing
from notifications.masking import mask
from notifications.variables import Language


@pytest.mark.parametrize(
    "number", ["+8613800138000", "008613800138000", "13800138000", "+86 138 0013 8000", " 138-0013-8000 "]
)
def test_a_mobile_looks_the_same_however_it_was_written(number: str) -> None:
    """The country code, spaces and dashes make no difference."""
    assert mask(number) == "138****8000"


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("010-69456789", "010****6789"),
        ("010-69456789-8001", "010****8001"),
        ("69456789", "69****89"),
        ("4008123456", "40****56"),
        ("6945678", "****678"),
        ("12360", "****"),
        ("+12025550123", "120****0123"),
        ("", "****"),
        ("Wang", "****"),
    ],
)
def test_other_numbers_hide_at_least_four_digits(number: str, shown: str) -> None:
    """Landlines, extensions, 400 and short numbers, foreign numbers and rubbish."""
    assert mask(number) == shown


def test_an_outgoing_text_prints_neither_its_number_nor_its_words() -> None:
    """What a log would print of a text holds no phone number and no sign-in code."""
    outgoing = Outgoing(
        to="+8613800138000",
        template="activation_code",
        variables={"code": "135790"},
        language=Language.ZH_CN,
        text="验证码135790",
        code="K7M2QX",
    )
    printed = repr(outgoing)
    assert "138****8000" in printed
    assert "13800138000" not in printed
    assert "135790" not in printed
