"""The gateway that the settings name."""

from notifications.gateway import Gateway
from notifications.selection import gateway_from
from scheduler.settings import Settings


def open_gateway(settings: Settings) -> Gateway:
    """Make the gateway of an installation.

    Raises:
        ValueError: the base address is no https address; the setting is named, its value is not.
    """
    token = settings.twilio_auth_token
    return gateway_from(
        kind=settings.gateway,
        account_sid=settings.twilio_account_sid,
        token="" if token is None else token.get_secret_value(),
        sender=settings.twilio_sender,
        base_url=settings.twilio_base_url,
        journal=settings.texts_file,
    )
