"""Wrong tries slow further tries down, softly: nobody is ever locked out for good.

Three counts of wrong tries, each with its own limit, after which every further wrong one doubles
the wait: of a login from an address (strict), of a login from everywhere, of an address for every
login. Somebody who signed in from an address before is held to the strict count of that pair
alone, so an attack from elsewhere cannot keep the desk from its line.

Subjects are kept as digests: people type passwords into the wrong box.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, text
from sqlmodel import Session, col, delete, select

from scheduler.errors import TooManyTries
from scheduler.models import SignInTry

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
KNOWN_FOR = timedelta(days=90)
"""How long an address counts as known after a successful sign-in."""

_LOCK_CLASS = 5  # after the four of scheduler.database.locks; a sign-in takes no other


@dataclass(frozen=True, slots=True)
class Limit:
    """So many wrong tries within a span are free; `kind` names what is counted."""

    kind: str
    tries: int
    span: timedelta


PAIR = Limit("pair", 5, timedelta(minutes=15))
LOGIN = Limit("login", 20, timedelta(hours=1))
ADDRESS = Limit("address", 50, timedelta(minutes=15))
_KNOWN = "known"


def check_tries(session: Session, *, login: str, address: str, now: datetime) -> None:
    """Let a try through, or refuse it; tries of one login are let through one after the other.

    Raises:
        TooManyTries: `retry_after` says after how many seconds the next try is heard.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _lock_key(login)})
    known = session.exec(
        select(SignInTry.id).where(
            SignInTry.subject == _subject(_KNOWN, login, address), SignInTry.at > now - KNOWN_FOR
        )
    ).first()
    limits = (PAIR,) if known is not None else (PAIR, LOGIN, ADDRESS)
    free_at = max(_free_at(session, limit, login=login, address=address, now=now) for limit in limits)
    if free_at > now:
        raise TooManyTries(retry_after=-((now - free_at) // timedelta(seconds=1)))


def note_wrong(session: Session, *, login: str, address: str, now: datetime) -> None:
    """Count a wrong try; the transaction must commit, though the person is refused."""
    for limit in (PAIR, LOGIN, ADDRESS):
        session.add(SignInTry(subject=_subject(limit.kind, login, address), at=now))


def note_right(session: Session, *, login: str, address: str, now: datetime) -> None:
    """Forget the pair's wrong tries and remember the address as known to the login."""
    forgotten = (_subject(PAIR.kind, login, address), _subject(_KNOWN, login, address))
    session.exec(delete(SignInTry).where(col(SignInTry.subject).in_(forgotten)))
    session.add(SignInTry(subject=_subject(_KNOWN, login, address), at=now))


def drop_old_tries(session: Session, now: datetime) -> int:
    """Delete what no count looks at any more; return how many rows."""
    longest = max(limit.span for limit in (PAIR, LOGIN, ADDRESS))
    is_known = col(SignInTry.subject).startswith(f"{_KNOWN}:")
    old = (is_known & (col(SignInTry.at) <= now - KNOWN_FOR)) | (
        ~is_known & (col(SignInTry.at) <= now - longest)
    )
    return session.exec(delete(SignInTry).where(old)).rowcount


def _free_at(session: Session, limit: Limit, *, login: str, address: str, now: datetime) -> datetime:
    subject = _subject(limit.kind, login, address)
    wrong, latest = session.exec(
        select(func.count(), func.max(SignInTry.at)).where(
            SignInTry.subject == subject, SignInTry.at > now - limit.span
        )
    ).one()
    if wrong < limit.tries or latest is None:
        return now
    doublings = min(wrong - limit.tries, 10)
    wait: timedelta = min(FIRST_WAIT * 2**doublings, LONGEST_WAIT)
    return latest + wait


def _subject(kind: str, login: str, address: str) -> str:
    parts = {"login": (login,), "address": (address,)}.get(kind, (login, address))
    digest = hashlib.sha256("\x00".join(parts).encode()).hexdigest()
    return f"{kind}:{digest[:32]}"


def _lock_key(login: str) -> int:
    digest = hashlib.blake2b(login.encode(), digest_size=6).digest()
    return _LOCK_CLASS << 48 | int.from_bytes(digest, "big")
