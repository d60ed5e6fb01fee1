"""The Twilio gateway against a stand-in on loopback: what it sends, and how it reads each answer."""

import logging
import socket
from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests
from urllib3.exceptions import MaxRetryError, NameResolutionError

from notifications.gateway import (
    Accepted,
    Busy,
    Gateway,
    Outgoing,
    Reason,
    Rejected,
    Unknown,
    Unreachable,
)
from notifications.selection import gateway_from
from notifications.twilio import DEFAULT_WAIT, LONGEST_WAIT, REASONS, _explain_failure, explain_code
from notifications.variables import Language
from tests.web.fake_twilio import ACCOUNT, Answer, FakeTwilio, refuse, serve

NUMBER = "+8613800138000"
SENDER = "+12025550123"
TEXT = "【属地查检】已约定12月28日周一09:15，首都机场海关查检，预约号BJ26-7F3K2。#K7M2QX"
OUTGOING = Outgoing(
    to=NUMBER,
    template="confirmation",
    variables={"number": "BJ26-7F3K2"},
    language=Language.ZH_CN,
    text=TEXT,
    code="K7M2QX",
)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTwilio]:
    """Run a stand-in that no proxy of this machine gets between."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serve() as running:
        yield running


def connect(base_url: str, *, sender: str = SENDER, read_timeout: float = 5.0) -> Gateway:
    """Make the gateway as the settings do."""
    return gateway_from(
        kind="twilio",
        account_sid=ACCOUNT,
        token="secret-token",  # noqa: S106 - the stand-in's
        sender=sender,
        base_url=base_url,
        read_timeout=timedelta(seconds=read_timeout),
    )


def test_an_accepted_text_is_known_by_the_providers_id(fake: FakeTwilio) -> None:
    """201 gives the message's sid; form, path and credentials are as Twilio wants them."""
    assert connect(fake.base_url).send(OUTGOING) == Accepted(f"SM{1:032x}")
    (request,) = fake.requests
    assert request.path == f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    assert request.form == {"To": NUMBER, "From": SENDER, "Body": TEXT}
    assert (request.user, request.password) == (ACCOUNT, "secret-token")
    assert request.content_type == "application/x-www-form-urlencoded"


def test_a_messaging_service_is_named_as_such(fake: FakeTwilio) -> None:
    """A sender MG... goes into its own field and no From is sent."""
    service = "MG" + "1" * 32
    assert isinstance(connect(fake.base_url, sender=service).send(OUTGOING), Accepted)
    assert fake.requests[0].form == {"To": NUMBER, "MessagingServiceSid": service, "Body": TEXT}


def test_one_gateway_sends_many_texts(fake: FakeTwilio) -> None:
    """A connection that is used again gives each text its own id."""
    gateway = connect(fake.base_url)
    answers = [gateway.send(OUTGOING) for _ in range(3)]
    assert answers == [Accepted(f"SM{n:032x}") for n in (1, 2, 3)]


@pytest.mark.parametrize(
    ("code", "reason", "permanent"),
    [
        (21610, Reason.OPTED_OUT, True),
        (21211, Reason.NOT_A_MOBILE, True),
        (21614, Reason.NOT_A_MOBILE, True),
        (21408, Reason.REGION_NOT_ENABLED, False),
        (21606, Reason.SENDER_REFUSED, False),
        (21612, Reason.NO_ROUTE, True),
        (21617, Reason.TEXT_REFUSED, True),
        (29999, Reason.REFUSED, True),
    ],
)
def test_a_refusal_is_put_into_our_words(
    fake: FakeTwilio, code: int, reason: Reason, *, permanent: bool
) -> None:
    """400 with an error code becomes a reason, and tells whether trying again can help."""
    fake.answer = refuse(code)
    assert connect(fake.base_url).send(OUTGOING) == Rejected(reason, permanent, str(code))


@pytest.mark.parametrize(("status", "code"), [(401, 20003), (403, 20006), (404, 20404), (404, 12345)])
def test_refused_credentials_are_the_accounts_fault(fake: FakeTwilio, status: int, code: int) -> None:
    """The text itself is not condemned: it may be sent once the account is put right."""
    fake.answer = refuse(code, status=status)
    assert connect(fake.base_url).send(OUTGOING) == Rejected(
        Reason.ACCOUNT_REFUSED, permanent=False, provider_code=str(code)
    )


def test_a_refusal_without_json_is_still_a_refusal(fake: FakeTwilio) -> None:
    """A 4xx from something between us and the provider: nothing was taken."""
    fake.answer = Answer(400, "<html>Bad Request</html>")
    assert connect(fake.base_url).send(OUTGOING) == Rejected(
        Reason.REFUSED, permanent=True, provider_code="400"
    )


def test_the_newer_error_document_is_read_too(fake: FakeTwilio) -> None:
    """Twilio's RFC 9457 form carries the same code."""
    fake.answer = Answer(400, '{"type": "about:blank", "title": "Opted out", "status": 400, "code": 21610}')
    assert connect(fake.base_url).send(OUTGOING) == Rejected(
        Reason.OPTED_OUT, permanent=True, provider_code="21610"
    )


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "17"}, timedelta(seconds=17)),
        ({"Retry-After": "Tue, 01 Dec 2099 01:00:40 GMT"}, LONGEST_WAIT),
        ({"Retry-After": "Tue, 01 Dec 2020 01:00:40 GMT"}, timedelta(0)),
        ({"Retry-After": "99999999999999999999"}, LONGEST_WAIT),
        ({"Retry-After": "soon"}, DEFAULT_WAIT),
        ({}, DEFAULT_WAIT),
    ],
)
def test_too_many_requests_says_how_long_to_wait(
    fake: FakeTwilio, headers: dict[str, str], wait: timedelta
) -> None:
    """429 with Retry-After in seconds, as a date beside the answer's date, unreadable or missing."""
    body = '{"code": 20429, "message": "Too Many Requests", "status": 429}'
    fake.answer = Answer(429, body, headers)
    assert connect(fake.base_url).send(OUTGOING) == Busy(wait)


@pytest.mark.parametrize("code", [20429, 21611])
def test_a_full_queue_is_busy_whatever_its_status(fake: FakeTwilio, code: int) -> None:
    """The code alone says that nothing was taken and that waiting helps."""
    fake.answer = refuse(code)
    assert connect(fake.base_url).send(OUTGOING) == Busy(DEFAULT_WAIT)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_failing_provider_leaves_the_text_unknown(fake: FakeTwilio, status: int) -> None:
    """5xx may come before or after the message was accepted; it is asked exactly once."""
    fake.answer = refuse(20500, status=status)
    assert connect(fake.base_url).send(OUTGOING) == Unknown(f"http {status}")
    assert len(fake.requests) == 1


def test_a_slow_answer_leaves_the_text_unknown(fake: FakeTwilio) -> None:
    """The provider has the request when the read timeout ends the wait; it is not sent again."""
    fake.answer = Answer(delay=0.6)
    assert connect(fake.base_url, read_timeout=0.15).send(OUTGOING) == Unknown("ReadTimeout")
    assert len(fake.requests) == 1


def test_a_broken_connection_leaves_the_text_unknown(fake: FakeTwilio) -> None:
    """The provider hangs up after it has read the request."""
    fake.answer = Answer(hangs_up=True)
    assert connect(fake.base_url).send(OUTGOING) == Unknown("ConnectionError")
    assert len(fake.requests) == 1


@pytest.mark.parametrize("body", ["", "{}", "not json", "[]", '{"sid": null}'])
def test_success_without_an_id_leaves_the_text_unknown(fake: FakeTwilio, body: str) -> None:
    """201 with an answer that names no message: it may well have been accepted."""
    fake.answer = Answer(201, body)
    assert isinstance(connect(fake.base_url).send(OUTGOING), Unknown)


def test_a_redirect_is_not_followed(fake: FakeTwilio) -> None:
    """The token and the text go nowhere but to the address of the settings."""
    fake.answer = Answer(307, "", {"Location": f"{fake.base_url}/elsewhere"})
    assert connect(fake.base_url).send(OUTGOING) == Unknown("http 307")
    assert len(fake.requests) == 1


def test_a_closed_port_means_that_nothing_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connection refused is the one failure of the network that is certain."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound but not listening: refused, and nobody else can take the port
        base_url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        assert connect(base_url).send(OUTGOING) == Unreachable("ConnectionRefusedError")


def test_a_name_that_does_not_resolve_means_that_nothing_was_sent() -> None:
    """The chain of exceptions of a failed look-up, as requests raises it."""
    lookup = NameResolutionError("provider.invalid", None, socket.gaierror("unknown"))  # type: ignore[arg-type]  # only the chain of causes matters
    lookup.__cause__ = socket.gaierror("unknown")
    failure = requests.ConnectionError("failed")
    failure.__context__ = MaxRetryError(None, "/", lookup)  # type: ignore[arg-type]  # only the chain of causes matters
    failure.__context__.__cause__ = lookup
    assert _explain_failure(failure) == Unreachable("gaierror")


def test_neither_number_nor_text_reaches_log_or_outcome(
    fake: FakeTwilio, caplog: pytest.LogCaptureFixture
) -> None:
    """Even at DEBUG, and though the provider's error text repeats the number."""
    caplog.set_level(logging.DEBUG)
    gateway = connect(fake.base_url)
    outcomes = []
    for answer in (Answer(), refuse(21211), refuse(20500, status=500), Answer(429, "{}"), Answer(201, "?")):
        fake.answer = answer
        outcomes.append(gateway.send(OUTGOING))
    shown = repr(outcomes) + caplog.text
    assert "13800138000" not in shown
    assert "属地查检" not in shown
    assert "secret-token" not in shown


@pytest.mark.parametrize("code", range(30003, 30009))
def test_every_carrier_failure_has_a_reason(code: int) -> None:
    """The codes that come with a delivery state are words of ours, one each."""
    assert explain_code(code).reason is not Reason.REFUSED
    assert [reason for reason, _ in REASONS.values()].count(explain_code(code).reason) == 1


def test_the_environment_cannot_send_texts_elsewhere(
    fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client's own variables for region and edge do not change the address of the settings."""
    monkeypatch.setenv("TWILIO_REGION", "ie1")
    monkeypatch.setenv("TWILIO_EDGE", "dublin")
    assert isinstance(connect(fake.base_url).send(OUTGOING), Accepted)
