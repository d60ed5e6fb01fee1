"""What an installation sets, by environment variables without a prefix; secrets have no defaults.

| variable | meaning |
|---|---|
| DATABASE_URL | address of the PostgreSQL database, password included; needed |
| GATEWAY | who carries the texts: `console` (the default; shown, not sent) or `twilio` |
| TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_SENDER | needed by `twilio`; the sender is a number or MG... |
| TWILIO_BASE_URL | another address than Twilio's own, https unless it is this machine |
| TEXTS_FILE | file to which the console gateway appends each text as a JSON line |
| SECURE_COOKIES | sign-in cookies travel by https only: `true` (the default) or `false` for a try |
| LOG_LEVEL | `debug`, `info` (the default), `warning` or `error` |

An empty variable counts as not set. No printed form of the settings shows a secret.
"""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_DRIVER = "postgresql+psycopg://"


def _with_driver(address: SecretStr) -> SecretStr:
    """Accept the three ways to write a PostgreSQL address, keep one."""
    plain = address.get_secret_value()
    for scheme in (_DRIVER, "postgresql://", "postgres://"):
        if plain.startswith(scheme):
            return SecretStr(_DRIVER + plain.removeprefix(scheme))
    message = "DATABASE_URL must be the address of a PostgreSQL database"
    raise ValueError(message)


class Settings(BaseSettings):
    """The settings of one process, read once at its start.

    Raises (when made):
        ValidationError: a needed setting is missing or malformed; it is named, its value is not shown.
    """

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    database_url: Annotated[SecretStr, AfterValidator(_with_driver)] = Field(
        description="Address of the PostgreSQL database."
    )
    gateway: Literal["console", "twilio"] = Field(default="console", description="Who carries the texts.")
    twilio_account_sid: str = Field(default="", description="Twilio's account id (AC...).")
    twilio_auth_token: SecretStr | None = Field(default=None, description="Twilio's secret of the account.")
    twilio_sender: str = Field(default="", description="Number or messaging service that texts come from.")
    twilio_base_url: str = Field(default="", description="Another address than Twilio's own.")
    texts_file: Path | None = Field(default=None, description="Where the console gateway keeps texts too.")
    secure_cookies: bool = Field(
        default=True, description="Sign-in cookies travel by https only; off for a try on this machine."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least urgent level that is logged."
    )

    @model_validator(mode="after")
    def _twilio_complete(self) -> Self:
        needed = {
            "TWILIO_ACCOUNT_SID": self.twilio_account_sid,
            "TWILIO_AUTH_TOKEN": self.twilio_auth_token,
            "TWILIO_SENDER": self.twilio_sender,
        }
        missing = [name for name, value in needed.items() if not value]
        if self.gateway == "twilio" and missing:
            message = f"GATEWAY=twilio needs {', '.join(missing)}"
            raise ValueError(message)
        return self
