"""Answer a batch: the accepted times become promises in one transaction, the others are given back."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from sqlmodel import Session, col, select

from scheduler import errors
from scheduler.access.actor import Actor, batch_scope
from scheduler.booking.batch.orders import BatchAnswer
from scheduler.booking.confirm import confirm_held
from scheduler.booking.holds import release_hold
from scheduler.booking.numbers import normal_number
from scheduler.database.connection import Database, StaleDayError
from scheduler.database.idempotency import Keep
from scheduler.database.locks import lock_office_days
from scheduler.models import Batch, BatchItem, Booking
from scheduler.promise.boards import boards_of
from scheduler.vocabulary import BookingState

Kept = TypeVar("Kept")


def accept_batch(
    database: Database,
    *,
    actor: Actor,
    reference: str,
    answer: BatchAnswer,
    now: datetime,
    keep: Keep[Batch, Kept],
) -> Kept:
    """Confirm the accepted times of a batch, all or none of them, and release the rest.

    Raises:
        UnknownBatch, BatchAnswered, BatchItemsLost (which and why), UnknownBooking (not of the batch),
        AttendeeMissing, NotAMobile, TooManyRecipients: see scheduler.errors.
    """

    def work(session: Session) -> Batch:
        facts = boards_of(database).latest(session)
        batch = find_batch(session, actor=actor, reference=reference, lock=True)
        if batch.answered_at is not None:
            raise errors.BatchAnswered(field="/reference")
        holds = _lock_holds(session, batch)
        accepted = _accepted(answer, holds)
        _require_held(accepted, now)
        for held in accepted:
            confirm_held(session, held, actor=actor, details=answer.details, now=now, facts=facts)
        taken = {held.id for held in accepted}
        for held in holds:
            if held.id not in taken and held.state == BookingState.HOLD.value:
                release_hold(session, held, actor=actor, now=now, why="not chosen from the batch")
        batch.answered_at = now
        session.add(batch)
        session.flush()
        return batch

    return database.write(lambda session: keep(session, work))


def find_batch(session: Session, *, actor: Actor, reference: str, lock: bool = False) -> Batch:
    """The batch with this number in the actor's scope, locked if asked.

    Raises:
        UnknownBatch: unknown, or outside the scope.
    """
    query = select(Batch).where(col(Batch.reference) == normal_number(reference), batch_scope(actor))
    query = query.execution_options(populate_existing=True)
    found = session.exec(query.with_for_update() if lock else query).first()
    if found is None:
        raise errors.UnknownBatch(field="/reference", reference=reference)
    return found


def _lock_holds(session: Session, batch: Batch) -> Sequence[Booking]:
    """Lock the days of a batch's bookings, then the bookings as they are now."""
    mine = select(BatchItem.booking).where(col(BatchItem.batch) == batch.id)
    days = session.execute(
        select(col(Booking.office), col(Booking.date)).where(col(Booking.id).in_(mine)).distinct()
    ).all()
    locked = {(office, day) for office, day in days}
    lock_office_days(session, locked)
    holds = session.exec(
        select(Booking)
        .where(col(Booking.id).in_(mine))
        .order_by(col(Booking.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if any((one.office, one.date) not in locked for one in holds):
        raise StaleDayError
    return holds


def _accepted(answer: BatchAnswer, holds: Sequence[Booking]) -> list[Booking]:
    by_number = {one.reference: one for one in holds}
    accepted: dict[str, Booking] = {}
    for place, said in enumerate(answer.accepted):
        found = by_number.get(normal_number(said))
        if found is None:
            raise errors.UnknownBooking(field=f"/accepted/{place}", reference=said)
        accepted[found.reference] = found
    return list(accepted.values())


def _require_held(accepted: Sequence[Booking], now: datetime) -> None:
    lost: list[errors.Plain] = []
    for one in accepted:
        expired = one.state == BookingState.EXPIRED.value
        lapsed = one.state == BookingState.HOLD.value and (one.expires_at is None or one.expires_at <= now)
        if expired or lapsed:
            lost.append({"number": one.reference, "reason": errors.HoldExpired.code})
        elif one.state != BookingState.HOLD.value:
            lost.append({"number": one.reference, "reason": errors.WrongState.code, "state": one.state})
    if lost:
        raise errors.BatchItemsLost(field="/accepted", items=lost)
