"""Which gateway the settings make, and what the console shows."""

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from notifications.console import ConsoleGateway
from notifications.gateway import Accepted, Outgoing, Unreachable
from notifications.selection import gateway_from
from notifications.twilio import TwilioGateway
from notifications.variables import Language

OUTGOING = Outgoing(
    to="+8613800138000",
    template="confirmation",
    variables={"number": "BJ26-7F3K2"},
    language=Language.ZH_CN,
    text="【属地查检】预约号BJ26-7F3K2。#K7M2QX",
    code="K7M2QX",
)
COMPLETE: dict[str, Any] = {
    "account_sid": "AC" + "0" * 32,
    "token": "secret",
    "sender": "+12025550123",
}  # Any: spread beside arguments of other types


def test_the_console_shows_the_text_and_masks_the_number() -> None:
    """Masked number, template, language and text on one line; accepted under an id of its own."""
    stream = io.StringIO()
    assert gateway_from(kind="console", stream=stream).send(OUTGOING) == Accepted("console-K7M2QX")
    assert stream.getvalue() == "SMS 138****8000 confirmation zh_CN: 【属地查检】预约号BJ26-7F3K2。#K7M2QX\n"


def test_the_console_writes_to_standard_error_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    """Standard output stays free for what a command prints."""
    gateway_from(kind="console").send(OUTGOING)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "138****8000" in printed.err


def test_the_console_keeps_a_journal_without_full_numbers(tmp_path: Path) -> None:
    """One JSON line a text, in order, with the masked number only."""
    journal = tmp_path / "texts.jsonl"
    gateway = ConsoleGateway(stream=io.StringIO(), journal=journal)
    gateway.send(OUTGOING)
    gateway.send(OUTGOING)
    lines = journal.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2
    assert json.loads(lines[0]) == {
        "to": "138****8000",
        "template": "confirmation",
        "language": "zh_CN",
        "variables": {"number": "BJ26-7F3K2"},
        "text": "【属地查检】预约号BJ26-7F3K2。#K7M2QX",
        "code": "K7M2QX",
    }


def test_a_journal_that_cannot_be_written_is_told_and_nothing_shown(tmp_path: Path) -> None:
    """The text was not sent, so it can be tried again."""
    stream = io.StringIO()
    gateway = ConsoleGateway(stream=stream, journal=tmp_path / "missing" / "texts.jsonl")
    assert gateway.send(OUTGOING) == Unreachable("journal: FileNotFoundError")
    assert stream.getvalue() == ""


def test_complete_settings_make_the_twilio_gateway() -> None:
    """Account, token and sender are enough; the provider's own address is used."""
    assert isinstance(gateway_from(kind="twilio", **COMPLETE), TwilioGateway)


@pytest.mark.parametrize("name", COMPLETE)
@pytest.mark.parametrize("value", ["", "  "])
def test_a_missing_setting_is_named(name: str, value: str) -> None:
    """Each of the three is needed, and the message does not show the others."""
    with pytest.raises(ValueError, match=f"'{name}' is needed") as refusal:
        gateway_from(kind="twilio", **(COMPLETE | {name: value}))
    assert "secret" not in str(refusal.value)


def test_an_unknown_kind_is_refused() -> None:
    """A typing mistake does not fall back to the console in silence."""
    with pytest.raises(ValueError, match="'kind'"):
        gateway_from(kind="twillio", **COMPLETE)


@pytest.mark.parametrize(
    "base_url", ["http://provider.example", "ftp://127.0.0.1", "127.0.0.1:80", "https://"]
)
def test_an_unsafe_or_broken_address_is_refused(base_url: str) -> None:
    """The token never goes in the clear to another machine."""
    with pytest.raises(ValueError, match="'base_url'"):
        gateway_from(kind="twilio", base_url=base_url, **COMPLETE)


@pytest.mark.parametrize(
    "base_url", ["http://127.0.0.1:8080", "http://localhost:1", "https://gateway.example"]
)
def test_a_safe_address_is_taken(base_url: str) -> None:
    """Loopback for tests, https for everything else."""
    assert isinstance(gateway_from(kind="twilio", base_url=base_url, **COMPLETE), TwilioGateway)


@pytest.mark.parametrize("name", ["connect_timeout", "read_timeout"])
def test_a_timeout_of_nothing_is_refused(name: str) -> None:
    """A zero timeout would make every call fail; none would wait for ever."""
    with pytest.raises(ValueError, match=f"'{name}'"):
        gateway_from(kind="twilio", **(COMPLETE | {name: timedelta(0)}))
