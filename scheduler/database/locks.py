"""Advisory locks, in the one order in which they are taken.

    1 idempotency key   2 enterprise   3 inspectors   4 office days

Each key is a bigint: the class in the top bits, the subject below. They end with the
transaction, or when the savepoint under which they were taken is rolled back.
"""

import hashlib
from collections.abc import Iterable
from datetime import date

from sqlalchemy import text
from sqlmodel import Session

_KEY, _ENTERPRISE, _INSPECTOR, _OFFICE_DAY = 1, 2, 3, 4
_LOCK = text("SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) AS key")
_TRY = text("SELECT pg_try_advisory_xact_lock(:key)")


def try_key(session: Session, *, tenant: str, key: str) -> bool:
    """Take the lock of an idempotency key, or say at once that another request holds it."""
    digest = hashlib.blake2b(f"{tenant}\x00{key}".encode(), digest_size=6).digest()
    wanted = _KEY << 48 | int.from_bytes(digest, "big")
    return bool(session.execute(_TRY, {"key": wanted}).scalar_one())


def lock_enterprise(session: Session, enterprise: int) -> None:
    """Take the lock under which an enterprise's open bookings are counted."""
    session.execute(_LOCK, {"keys": [_ENTERPRISE << 48 | enterprise]})


def lock_inspectors(session: Session, inspectors: Iterable[int]) -> None:
    """Take the locks of inspectors whose duties change, in ascending order."""
    keys = [_INSPECTOR << 48 | inspector for inspector in sorted(set(inspectors))]
    session.execute(_LOCK, {"keys": keys})


def lock_office_days(session: Session, days: Iterable[tuple[int, date]]) -> None:
    """Take the locks of (office, date) pairs in ascending order; crews change only under them."""
    session.execute(_LOCK, {"keys": [office_day_key(office, day) for office, day in sorted(set(days))]})


def office_day_key(office: int, day: date) -> int:
    """The lock key of one office day: 28 bits of office above 20 bits of ordinal date."""
    return _OFFICE_DAY << 48 | office << 20 | day.toordinal()
