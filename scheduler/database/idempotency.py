"""One effect and one answer for each idempotency key.

The answer's bytes are stored in the transaction of the effect, or of the refusal, so a
replay gets the same bytes. What crashed (5xx) is never stored.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from sqlmodel import Session

from scheduler.database.locks import try_key
from scheduler.errors import KeyBusy, KeyReused, Refusal, Unavailable
from scheduler.models import IdempotentAnswer

Made = TypeVar("Made")
Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a door says: a status, headers and the body's bytes."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


Keep = Callable[[Session, Callable[[Session], Made]], Kept]
"""How the outcome of a use case's work is kept and handed back: `plainly`, or `keyed(...)`."""

Work = Callable[[Session], Made]
"""A use case that takes a session, ready to run."""

Show = Callable[[Session, Made], Answer]
"""How a door says what a use case made; it may read in the same transaction."""


def plainly(session: Session, work: Callable[[Session], Made]) -> Made:
    """Keep nothing: return the work's own value, let its refusal through."""
    return work(session)


def keyed(
    *,
    tenant: str,
    key: str,
    request_hash: str,
    now: datetime,
    render: Callable[[Session, Made | Refusal], Answer],
) -> Keep[Made, Answer]:
    """Keep the rendered answer under a tenant's key.

    Raises (when run):
        KeyBusy: the first request with the key is still running.
        KeyReused: the key was used for a request with another hash.
    """

    def keep(session: Session, work: Callable[[Session], Made]) -> Answer:
        if not try_key(session, tenant=tenant, key=key):
            raise KeyBusy
        stored = session.get(IdempotentAnswer, (tenant, key))
        if stored is not None:
            if stored.request_hash != request_hash:
                raise KeyReused(field="Idempotency-Key")
            return Answer(stored.status, stored.body, stored.headers)
        answer = render(session, _outcome(session, work))
        session.add(
            IdempotentAnswer(
                tenant=tenant,
                key=key,
                request_hash=request_hash,
                status=answer.status,
                headers=dict(answer.headers),
                body=answer.body,
                created_at=now,
            )
        )
        return answer

    return keep


def _outcome(session: Session, work: Callable[[Session], Made]) -> Made | Refusal:
    try:
        with session.begin_nested():
            return work(session)
    except Unavailable:
        raise
    except Refusal as refusal:
        return refusal
