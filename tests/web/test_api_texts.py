"""Every code that a person can meet has its words in both languages."""

import pytest

from api.problems import FAULT, refusals, status_of
from api.texts import LANGUAGES, choose_language, find_text, tell
from scheduler.vocabulary import BookingState, InstructionState, PriorityAnswer, RequestReason
from solver import reasons
from tests.factories import TUESDAY, at

REASONS = (
    reasons.RULES
    | reasons.NO_PLACE
    | reasons.ORACLE
    | reasons.EXPLANATION
    | {reason.value for reason in RequestReason}
    | {"too_short_notice"}
)
STATES = {state.value for kind in (BookingState, InstructionState, PriorityAnswer) for state in kind}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_has_title_and_detail(language: str) -> None:
    """A refusal without words could not be told."""
    codes = [kind.code for kind in refusals()] + [FAULT]
    missing = [
        (context, code)
        for code in codes
        for context in ("title", "detail")
        if not find_text(context, code, language)
    ]
    assert missing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_and_state_has_words(language: str) -> None:
    """Reasons of the solver and states are codes until the door says them."""
    missing = [code for code in REASONS if not find_text("reason", code, language)]
    missing += [code for code in STATES if not find_text("state", code, language)]
    assert missing == []


def test_every_refusal_has_a_status() -> None:
    """Only the door knows HTTP: each class has a status that a client can act on."""
    assert {status_of(kind) for kind in refusals()} <= {
        400,
        401,
        403,
        404,
        405,
        409,
        412,
        413,
        422,
        428,
        429,
        503,
    }


def test_chinese_unless_english_is_preferred() -> None:
    """The reader's order counts, and Chinese is the default."""
    assert choose_language("en-GB,en;q=0.9,zh;q=0.8") == "en"
    assert choose_language("fr, zh-TW;q=0.5, en;q=0.1") == "zh_CN"
    assert choose_language("de;q=x,;;") == "zh_CN"
    assert choose_language(None) == "zh_CN"


def test_values_are_said_in_the_language_of_the_text() -> None:
    """Times on the office's clock, codes in words; a value that nobody gave is left open."""
    said = tell("detail", "no_place", "en", {"reason": "crew_busy"})
    assert "crews are taken" in said
    assert "2026-12-01 10:00" in tell("detail", "too_late_to_change", "zh_CN", {"until": at(TUESDAY, 10)})
    assert "…" in tell("detail", "too_late_to_change", "en")
