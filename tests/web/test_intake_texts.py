"""What is said of rejected rows, in both languages."""

import pytest

from api.texts import LANGUAGES, find_text
from scheduler.intake.report import REASONS


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_of_a_rejected_row_has_words(reason: str, language: str) -> None:
    """No code of a report is left untold."""
    assert find_text("intake", reason, language)
