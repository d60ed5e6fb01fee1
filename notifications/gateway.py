"""What a carrier of texts must do, in words that belong to no provider.

The contract of `send`:
- It is called with no database connection held and makes at most one attempt: a gateway never retries.
- It never raises for anything the provider or the network does; it answers one of five outcomes, and only
  *Busy* and *Unreachable* say for sure that nothing was taken, so only they may be tried again as they are.
- *Unknown* means that the provider may or may not have the text. Whoever asked must find out before sending
  again: each text carries its own code, by which the provider's list can be searched.
- *Accepted* means accepted by the provider, not delivered.
- No outcome, message or log line of a gateway contains a phone number or the text.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from notifications.masking import mask
from notifications.variables import Language


class Reason(StrEnum):
    """Why a text was refused, or later not delivered."""

    OPTED_OUT = "opted_out"
    NOT_A_MOBILE = "not_a_mobile"
    REGION_NOT_ENABLED = "region_not_enabled"
    NO_ROUTE = "no_route"
    TEXT_REFUSED = "text_refused"
    SENDER_REFUSED = "sender_refused"
    ACCOUNT_REFUSED = "account_refused"
    HANDSET_UNREACHABLE = "handset_unreachable"
    CARRIER_BLOCKED = "carrier_blocked"
    HANDSET_UNKNOWN = "handset_unknown"
    CARRIER_UNREACHABLE = "carrier_unreachable"
    CARRIER_FILTERED = "carrier_filtered"
    CARRIER_FAILED = "carrier_failed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One text to one number (E.164); `code` is the short code that the text carries.

    Only the masked number is part of its printed form; the text is not, because it may hold a sign-in code.
    """

    to: str = field(repr=False)
    template: str
    variables: Mapping[str, str] = field(repr=False)
    language: Language
    text: str = field(repr=False)
    code: str
    masked: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "masked", mask(self.to))


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has the text and knows it by this id."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """The provider refused the text.

    Permanent: this text to this number will be refused again. Not permanent: the account, the sender or the
    moment is at fault, and the text may be sent once that is put right.
    """

    reason: Reason
    permanent: bool
    provider_code: str


@dataclass(frozen=True, slots=True)
class Busy:
    """The provider took nothing and asks to wait so long."""

    retry_after: timedelta


@dataclass(frozen=True, slots=True)
class Unreachable:
    """No connection came about: nothing was sent."""

    detail: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The text may or may not have been accepted."""

    detail: str


Outcome = Accepted | Rejected | Busy | Unreachable | Unknown


class Gateway(Protocol):
    """A carrier of texts."""

    def send(self, outgoing: Outgoing) -> Outcome:
        """Hand one text to the provider, once."""
        ...
