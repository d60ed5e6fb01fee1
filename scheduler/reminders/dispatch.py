"""Due texts are claimed, handed to the gateway once, and their rows told what came of it.

A claim commits before the call and names a token; no connection is held during the call;
the result is written only where the token is still ours. What may have reached the provider
is never sent again from here: it is *unknown* until somebody has found out.
"""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import text
from sqlmodel import Session

from notifications.gateway import (
    Accepted,
    Busy,
    Gateway,
    Outcome,
    Outgoing,
    Reason,
    Rejected,
    Unknown,
    Unreachable,
)
from notifications.masking import mask
from notifications.templates import TemplateError, render
from notifications.variables import Language
from scheduler.database.connection import Database
from scheduler.reminders.reasons import TextReason
from scheduler.vocabulary import MessageState

LEASE = timedelta(seconds=90)
"""How long a worker may be silent about a claim; longer than a whole pass with the slowest call."""

PASS_SECONDS = 5.0
"""No call begins later than this after a pass began, so that its `now` stays nearly true."""

SHORTEST_WAIT, FIRST_WAIT, LONGEST_WAIT = (timedelta(seconds=seconds) for seconds in (1, 5, 60))
"""Waits after *busy* at least; after *unreachable*, doubled each time, from first to longest."""

_LOST = text(f"""
WITH lost AS MATERIALIZED (
    SELECT id FROM message WHERE state = 'sending' AND lease_until <= :now
    ORDER BY due, id LIMIT :limit FOR UPDATE SKIP LOCKED
)
UPDATE message SET state = 'unknown', reason = '{TextReason.WORKER_LOST}', token = token + 1,
    lease_until = NULL
FROM lost WHERE message.id = lost.id
RETURNING message.id
""")
_DUE = text("""
SELECT id FROM message WHERE state = 'due' AND due <= :now
ORDER BY due, id LIMIT :limit FOR UPDATE SKIP LOCKED
""")
# A statement of its own, after the locks: it sees each booking's version as it is now.
_DECIDE = text(f"""
UPDATE message SET
    state = decision.state,
    reason = CASE decision.state WHEN 'cancelled' THEN '{TextReason.BOOKING_CHANGED}'
        WHEN 'expired' THEN '{TextReason.NO_LONGER_USEFUL}' ELSE message.reason END,
    token = message.token + 1,
    attempts = message.attempts + CASE decision.state WHEN 'sending' THEN 1 ELSE 0 END,
    lease_until = CASE decision.state WHEN 'sending' THEN CAST(:lease_until AS timestamptz) END
FROM (
    SELECT message.id, CASE WHEN booking.version > message.booking_version THEN 'cancelled'
        WHEN message.not_after <= :now THEN 'expired' ELSE 'sending' END AS state
    FROM message LEFT JOIN booking ON booking.id = message.booking
    WHERE message.id = ANY(:ids)
) AS decision
WHERE message.id = decision.id
RETURNING message.id, message.token, message.state, message.kind, message.recipient, message.language,
    message.variables, message.code, message.due, message.not_after, message.attempts
""")
# A sign-in code that was sent, or never will be, is nobody's business any more.
_SETTLE = text("""
UPDATE message SET
    state = CAST(:state AS text), reason = :reason, due = coalesce(:due, due), lease_until = NULL,
    provider = :provider, provider_id = :provider_id, sent_at = :sent_at,
    variables = CASE WHEN CAST(:state AS text) IN ('due', 'unknown') THEN variables
        ELSE variables - 'code' END
WHERE id = :id AND token = :token AND state = 'sending'
RETURNING id
""")

_log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A text that is ours to send while its token is the row's; its printed form names nobody."""

    id: int
    token: int
    kind: str
    recipient: str = field(repr=False)
    language: str
    variables: Mapping[str, object] = field(repr=False)
    code: str
    due: datetime
    not_after: datetime | None
    attempts: int


@dataclass(frozen=True, slots=True)
class Claim:
    """What one claim found: texts to send, and how many rows it decided without sending."""

    texts: tuple[Claimed, ...]
    decided: Counter[MessageState]


@dataclass(frozen=True, slots=True)
class Counts:
    """What a pass did, by the state that rows were left in; `again` are due again, `void` came too late."""

    sent: int = 0
    again: int = 0
    unknown: int = 0
    failed: int = 0
    call_back: int = 0
    expired: int = 0
    cancelled: int = 0
    void: int = 0


@dataclass(frozen=True, slots=True)
class _Result:
    state: MessageState
    reason: str | None = None
    due: datetime | None = None
    provider_id: str | None = None


def claim(session: Session, *, now: datetime, limit: int) -> list[Claimed]:
    """Claim up to `limit` due texts, earliest first; no other worker gets them.

    Rows whose claim has lapsed become *unknown*; due rows that are of no use any more expire,
    and those of a booking that has a newer version are cancelled.
    """
    return list(_claim(session, now=now, limit=limit).texts)


def send_due(database: Database, gateway: Gateway, *, now: datetime, limit: int = 50) -> Counts:
    """Send due texts one after the other, up to `limit` calls or until the pass has taken its time.

    Each is claimed just before its call, so that nothing is sent long after its booking changed.
    A provider that takes nothing at the moment ends the pass: the other texts stay due.

    Raises:
        DatabaseDown: a text just sent stays claimed and becomes unknown, never sent again blindly.
    """
    counts: Counter[str] = Counter()
    begun = time.monotonic()
    while limit > 0 and not counts["again"] and time.monotonic() - begun < PASS_SECONDS:
        with database.transaction() as session:
            found = _claim(session, now=now, limit=1)
        counts.update({state.value: number for state, number in found.decided.items()})
        if not found.texts and not found.decided:
            break
        for claimed in found.texts:
            limit -= 1
            counts[_deliver(database, gateway, claimed, now=now)] += 1
    return Counts(**counts)


def _claim(session: Session, *, now: datetime, limit: int) -> Claim:
    lost = session.execute(_LOST, {"now": now, "limit": limit}).all()
    decided = Counter({MessageState.UNKNOWN: len(lost)}) if lost else Counter[MessageState]()
    ids = session.execute(_DUE, {"now": now, "limit": limit}).scalars().all()
    if not ids:
        return Claim((), decided)
    rows = session.execute(_DECIDE, {"ids": ids, "now": now, "lease_until": now + LEASE}).all()
    decided.update(MessageState(row.state) for row in rows if row.state != MessageState.SENDING)
    texts = [
        Claimed(
            id=row.id,
            token=row.token,
            kind=row.kind,
            recipient=row.recipient,
            language=row.language,
            variables=row.variables,
            code=row.code,
            due=row.due,
            not_after=row.not_after,
            attempts=row.attempts,
        )
        for row in rows
        if row.state == MessageState.SENDING
    ]
    return Claim(tuple(sorted(texts, key=lambda claimed: (claimed.due, claimed.id))), decided)


def _deliver(database: Database, gateway: Gateway, claimed: Claimed, *, now: datetime) -> str:
    """Send one claimed text and write its result; say under which name it counts."""
    result = _result(claimed, _send(gateway, claimed), now=now)
    settled = _settle(database, claimed, result, gateway=gateway, now=now)
    _log.info(
        "text",
        message=claimed.id,
        kind=claimed.kind,
        to=mask(claimed.recipient),
        state=result.state.value,
        reason=result.reason,
        attempt=claimed.attempts,
        void=not settled,
    )
    if not settled:
        return "void"
    return "again" if result.state is MessageState.DUE else result.state.value


def _send(gateway: Gateway, claimed: Claimed) -> Outcome | TemplateError:
    try:
        language = Language(claimed.language)
        rendered = render(claimed.kind, language=language, variables=claimed.variables, mark=claimed.code)
    except TemplateError as error:
        return error
    except ValueError:
        return TemplateError(f"no text is written in '{claimed.language}'")
    outgoing = Outgoing(
        to=claimed.recipient,
        template=claimed.kind,
        variables=rendered.variables,
        language=language,
        text=rendered.text,
        code=claimed.code,
    )
    return gateway.send(outgoing)


def _result(claimed: Claimed, outcome: Outcome | TemplateError, *, now: datetime) -> _Result:
    match outcome:
        case TemplateError():
            return _Result(MessageState.FAILED, f"{TextReason.TEXT_NOT_MADE}: {outcome}")
        case Accepted():
            return _Result(MessageState.SENT, provider_id=outcome.provider_id)
        case Rejected():
            landline = outcome.reason is Reason.NOT_A_MOBILE  # a person is told by voice
            state = MessageState.CALL_BACK if landline else MessageState.FAILED
            return _Result(state, f"{outcome.reason}: {outcome.provider_code}")
        case Busy():
            wait = max(outcome.retry_after, SHORTEST_WAIT)
            return _again(claimed, TextReason.PROVIDER_BUSY, at=now + wait)
        case Unreachable():
            wait = min(FIRST_WAIT * 2 ** min(claimed.attempts - 1, 10), LONGEST_WAIT)
            return _again(claimed, f"{TextReason.PROVIDER_UNREACHABLE}: {outcome.detail}", at=now + wait)
        case Unknown():
            return _Result(MessageState.UNKNOWN, f"{TextReason.NO_CLEAR_ANSWER}: {outcome.detail}")


def _again(claimed: Claimed, reason: str, *, at: datetime) -> _Result:
    if claimed.not_after is not None and at >= claimed.not_after:
        return _Result(MessageState.EXPIRED, TextReason.NO_LONGER_USEFUL)
    return _Result(MessageState.DUE, reason, due=at)


def _settle(
    database: Database, claimed: Claimed, result: _Result, *, gateway: Gateway, now: datetime
) -> bool:
    """Write a call's result where the claim still holds; say whether it did."""
    sent = result.state is MessageState.SENT
    values = {
        "id": claimed.id,
        "token": claimed.token,
        "state": result.state.value,
        "reason": result.reason,
        "due": result.due,
        "provider": type(gateway).__name__.removesuffix("Gateway").lower() if sent else None,
        "provider_id": result.provider_id,
        "sent_at": now if sent else None,
    }
    return database.write(lambda session: session.execute(_SETTLE, values).first() is not None)
