"""The Twilio gateway: one POST to Messages through the official client, its answers put into our words.

Measured traps: the client has no timeout of its own, loses the headers of an error (Retry-After), and has no
idempotency key for Messages. So: a connection of ours with timeouts, a 429 caught before the client sees it,
and everything that is not certain answered as Unknown. Redirects are not followed, nothing is retried, and
nothing is logged: the provider's error texts repeat the number. The read timeout bounds each wait for data.
"""

import email.utils
from collections.abc import Mapping
from datetime import timedelta

import requests
from twilio.base.exceptions import TwilioException
from twilio.http.response import Response
from twilio.rest import Client
from urllib3.exceptions import NewConnectionError

from notifications.gateway import (
    Accepted,
    Busy,
    Outcome,
    Outgoing,
    Reason,
    Rejected,
    Unknown,
    Unreachable,
)

CONNECT_TIMEOUT = timedelta(seconds=3)
READ_TIMEOUT = timedelta(seconds=30)
DEFAULT_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=1)

# Twilio's error code -> (reason, permanent). Source: Twilio's error dictionary. 30003 to 30008 come with the
# delivery state, after a text was accepted.
REASONS: Mapping[int, tuple[Reason, bool]] = {
    20003: (Reason.ACCOUNT_REFUSED, False),
    20404: (Reason.ACCOUNT_REFUSED, False),
    21211: (Reason.NOT_A_MOBILE, True),
    21212: (Reason.SENDER_REFUSED, False),
    21408: (Reason.REGION_NOT_ENABLED, False),
    21602: (Reason.TEXT_REFUSED, True),
    21603: (Reason.SENDER_REFUSED, False),
    21606: (Reason.SENDER_REFUSED, False),
    21610: (Reason.OPTED_OUT, True),
    21612: (Reason.NO_ROUTE, True),
    21614: (Reason.NOT_A_MOBILE, True),
    21617: (Reason.TEXT_REFUSED, True),
    21659: (Reason.SENDER_REFUSED, False),
    30003: (Reason.HANDSET_UNREACHABLE, False),
    30004: (Reason.CARRIER_BLOCKED, True),
    30005: (Reason.HANDSET_UNKNOWN, True),
    30006: (Reason.CARRIER_UNREACHABLE, True),
    30007: (Reason.CARRIER_FILTERED, True),
    30008: (Reason.CARRIER_FAILED, False),
}
# The account's rate, and the sender's full queue: in both cases nothing was taken.
_BUSY_CODES = (20429, 21611)
_MESSAGING_SERVICE = "MG"


class _TooManyRequestsError(Exception):
    """The provider answered 429 and asks to wait."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(wait)
        self.wait = wait


class _Connection:
    """What the official client sends its requests through; any object with this `request` will do for it."""

    def __init__(self, *, connect_timeout: timedelta, read_timeout: timedelta) -> None:
        self._session = requests.Session()
        self._timeouts = (connect_timeout.total_seconds(), read_timeout.total_seconds())

    def request(
        self,
        method: str,
        uri: str,
        *,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        **_: object,  # the client's own timeout and redirect setting: ours are fixed
    ) -> Response:
        answer = self._session.request(
            method,
            uri,
            params=params,
            data=data,
            headers=headers,
            auth=auth,
            timeout=self._timeouts,
            allow_redirects=False,
        )
        if answer.status_code == requests.codes.too_many_requests:
            raise _TooManyRequestsError(_read_wait(answer.headers))
        return Response(answer.status_code, answer.text, answer.headers)


class TwilioGateway:
    """Send texts by Twilio; may be shared by threads.

    `sender` is a number, a sender's name or a messaging service (MG...). Twilio's own address is used unless
    `base_url` says otherwise.
    """

    def __init__(
        self,
        *,
        account_sid: str,
        token: str,
        sender: str,
        base_url: str | None = None,
        connect_timeout: timedelta = CONNECT_TIMEOUT,
        read_timeout: timedelta = READ_TIMEOUT,
    ) -> None:
        connection = _Connection(connect_timeout=connect_timeout, read_timeout=read_timeout)
        self._client = Client(account_sid, token, http_client=connection)
        # The client would otherwise take these two from the environment and change the host name.
        self._client.edge = self._client.region = None
        if base_url is not None:
            self._client.api.base_url = base_url
        self._from = {"messaging_service_sid" if sender.startswith(_MESSAGING_SERVICE) else "from_": sender}

    def send(self, outgoing: Outgoing) -> Outcome:
        """Hand one text to Twilio, once."""
        try:
            message = self._client.messages.create(to=outgoing.to, body=outgoing.text, **self._from)
        except _TooManyRequestsError as error:
            return Busy(error.wait)
        except TwilioException as error:
            return _explain_answer(getattr(error, "status", None), getattr(error, "code", None))
        except requests.RequestException as error:
            return _explain_failure(error)
        except (ValueError, TypeError, AttributeError) as error:
            # 2xx, but not a message's JSON: it may well have been accepted.
            return Unknown(f"answer not understood: {type(error).__name__}")
        return Accepted(message.sid) if message.sid else Unknown("answer without an id")


def explain_code(code: int) -> Rejected:
    """Put one of Twilio's error codes into our words, a refusal's as well as a delivery's."""
    reason, permanent = REASONS.get(code, (Reason.REFUSED, True))
    return Rejected(reason, permanent, str(code))


def _explain_answer(status: object, code: object) -> Outcome:
    """Sort an answer outside 2xx: by its error code if it is 4xx, else unknown."""
    if not isinstance(status, int) or not 400 <= status < 500:  # noqa: PLR2004 - the bounds of HTTP's 4xx
        return Unknown(f"http {status}")
    number = int(code) if isinstance(code, int | str) and str(code).isdecimal() else status
    if number in _BUSY_CODES:
        return Busy(DEFAULT_WAIT)
    if number not in REASONS and status in (401, 403, 404):
        return Rejected(Reason.ACCOUNT_REFUSED, permanent=False, provider_code=str(number))
    return explain_code(number)


def _explain_failure(error: requests.RequestException) -> Outcome:
    """Tell a connection that never came about from one that broke, by the exception's causes."""
    cause: BaseException | None = error
    if isinstance(error, requests.ConnectTimeout):
        return Unreachable("connect timeout")
    while cause is not None:
        if isinstance(cause, NewConnectionError):
            return Unreachable(type(cause.__cause__ or cause).__name__)
        cause = cause.__cause__ or cause.__context__
    return Unknown(type(error).__name__)


def _read_wait(headers: Mapping[str, str]) -> timedelta:
    """Read Retry-After, in seconds or as a date beside the answer's own date; no clock of ours is read."""
    value = headers.get("Retry-After", "").strip()
    wait = DEFAULT_WAIT
    if value.isdecimal():
        wait = timedelta(seconds=min(int(value), int(LONGEST_WAIT.total_seconds())))
    elif value:
        try:
            until = email.utils.parsedate_to_datetime(value)
            wait = until - email.utils.parsedate_to_datetime(headers.get("Date", ""))
        except (TypeError, ValueError):
            wait = DEFAULT_WAIT
    return min(max(wait, timedelta(0)), LONGEST_WAIT)
