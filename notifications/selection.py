"""Which gateway carries the texts, made from plain setting values."""

from datetime import timedelta
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

from notifications.console import ConsoleGateway
from notifications.gateway import Gateway
from notifications.twilio import CONNECT_TIMEOUT, READ_TIMEOUT, TwilioGateway

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def gateway_from(
    *,
    kind: str,
    account_sid: str = "",
    token: str = "",
    sender: str = "",
    base_url: str = "",
    connect_timeout: timedelta = CONNECT_TIMEOUT,
    read_timeout: timedelta = READ_TIMEOUT,
    stream: TextIO | None = None,
    journal: Path | None = None,
) -> Gateway:
    """Make the gateway of this kind, `console` or `twilio`.

    An empty value counts as not set. Raises ValueError that names the setting, never its value.
    """
    if kind == "console":
        return ConsoleGateway(stream, journal)
    if kind != "twilio":
        raise ValueError("setting 'kind' must be 'console' or 'twilio'")
    for name, value in {"account_sid": account_sid, "token": token, "sender": sender}.items():
        if not value.strip():
            raise ValueError(f"setting {name!r} is needed by the twilio gateway")
    for name, period in {"connect_timeout": connect_timeout, "read_timeout": read_timeout}.items():
        if period <= timedelta(0):
            raise ValueError(f"setting {name!r} must be longer than nothing")
    return TwilioGateway(
        account_sid=account_sid,
        token=token,
        sender=sender,
        base_url=_check_base_url(base_url) if base_url else None,
        connect_timeout=connect_timeout,
        read_timeout=read_timeout,
    )


def _check_base_url(base_url: str) -> str:
    """Refuse an address that would carry the token in the clear to another machine."""
    parts = urlsplit(base_url)
    if not parts.hostname or parts.scheme not in ("http", "https"):
        raise ValueError("setting 'base_url' must be an http or https address")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ValueError("setting 'base_url' must be https unless it is this machine")
    return base_url
