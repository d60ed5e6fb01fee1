"""Settings come from the environment, name what is missing, and show no secret."""

import pytest
from pydantic import ValidationError

from notifications.console import ConsoleGateway
from notifications.twilio import TwilioGateway
from scheduler.reminders.carrier import open_gateway
from scheduler.settings import Settings

TWILIO = {
    "GATEWAY": "twilio",
    "TWILIO_ACCOUNT_SID": "AC0",
    "TWILIO_AUTH_TOKEN": "hush-hush",
    "TWILIO_SENDER": "MG0",
}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the database's address is set."""
    for name in (*TWILIO, "TWILIO_BASE_URL", "TEXTS_FILE", "LOG_LEVEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABASE_URL", "postgresql://somebody:hush-hush@127.0.0.1/inspection")


def set_all(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    """Set environment variables for one test."""
    for name, value in values.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_database_address_names_the_driver(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    """However the address is written, it is kept in one form."""
    monkeypatch.setenv("DATABASE_URL", f"{scheme}://u@127.0.0.1/d")
    assert Settings().database_url.get_secret_value() == "postgresql+psycopg://u@127.0.0.1/d"


@pytest.mark.parametrize("value", ["", "mysql://u:hush-hush@127.0.0.1/d"])
def test_unfit_database_address_is_refused_unseen(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """A missing or foreign address is an error that names the setting and hides its value."""
    monkeypatch.setenv("DATABASE_URL", value)
    with pytest.raises(ValidationError, match="database_url") as caught:
        Settings()
    assert "hush" not in str(caught.value)


def test_console_is_the_default_gateway() -> None:
    """Without settings of a provider texts are shown, not sent."""
    assert isinstance(open_gateway(Settings()), ConsoleGateway)


def test_complete_twilio_settings_make_its_gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    """Account, token and sender are enough."""
    set_all(monkeypatch, TWILIO)
    assert isinstance(open_gateway(Settings()), TwilioGateway)


@pytest.mark.parametrize("missing", ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_SENDER"])
def test_incomplete_twilio_settings_are_named(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    """The error names the variable that is missing; an empty one counts as missing."""
    set_all(monkeypatch, TWILIO | {missing: ""})
    with pytest.raises(ValidationError, match=f"needs {missing}$|needs {missing} "):
        Settings()


def test_settings_print_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the database's password nor the provider's token is part of a printed form."""
    set_all(monkeypatch, TWILIO)
    assert "hush" not in repr(Settings()) + Settings().model_dump_json()
