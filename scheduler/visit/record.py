"""The visit, step by step: officers on site, opened, ended, outcome, later result and release."""

from datetime import datetime

from sqlmodel import Session

from scheduler.access.actor import Actor
from scheduler.booking.write import Columns
from scheduler.errors import MalformedField, WrongState
from scheduler.promise.reference import Reference
from scheduler.visit.early import rest_of, shorten_crew
from scheduler.visit.entry import (
    Opened,
    Recorded,
    is_released_first,
    open_under_lock,
    open_visit,
    require_unrecorded,
    write_entry,
)
from scheduler.visit.follow_ups import follow_outcome
from scheduler.vocabulary import BookingState, DelayReason, Outcome

_RESULT_LATER = frozenset({Outcome.SAMPLED_PENDING_LAB, Outcome.OPENED_WITHOUT_PARTY})


def record_arrival(
    session: Session,
    *,
    actor: Actor,
    reference: str,
    now: datetime,
    at: datetime | None = None,
    version: int | None = None,
) -> Recorded:
    """The officers are on site: a confirmed booking is in progress from now on.

    Raises:
        UnknownBooking, StaleVersion, WrongState, TooEarly: see scheduler.errors.
    """
    opened = open_visit(
        session, actor=actor, reference=reference, now=now, version=version, states=(BookingState.CONFIRMED,)
    )
    return _record_time(
        session, opened, "on_site", at or now, actor=actor, now=now, state=BookingState.IN_PROGRESS
    )


def record_opening(
    session: Session,
    *,
    actor: Actor,
    reference: str,
    now: datetime,
    at: datetime | None = None,
    version: int | None = None,
) -> Recorded:
    """The goods were opened; the end of on-site waiting.

    Raises:
        UnknownBooking, StaleVersion, WrongState, TooEarly, TimesOutOfOrder: see scheduler.errors.
    """
    opened = open_visit(
        session,
        actor=actor,
        reference=reference,
        now=now,
        version=version,
        states=(BookingState.IN_PROGRESS,),
    )
    return _record_time(session, opened, "opened", at or now, actor=actor, now=now)


def record_end(
    session: Session,
    *,
    actor: Actor,
    reference: str,
    now: datetime,
    at: datetime | None = None,
    version: int | None = None,
) -> Recorded:
    """The inspection ended; its outcome and, later, a result may still be to come.

    Where it ended early, its crew and dock are free from then on.

    Raises:
        UnknownBooking, StaleVersion, WrongState, TooEarly, TimesOutOfOrder: see scheduler.errors.
        StaleDayError: run again.
    """
    opened = open_under_lock(
        session,
        actor=actor,
        reference=reference,
        now=now,
        version=version,
        states=(BookingState.IN_PROGRESS,),
    )
    ended = at or now
    rest = rest_of(opened.booking, ended)
    recorded = _record_time(session, opened, "ended", ended, actor=actor, now=now, columns=rest)
    if rest:
        shorten_crew(session, opened.booking)
    return recorded


def record_outcome(
    session: Session,
    *,
    actor: Actor,
    reference: str,
    outcome: Outcome,
    now: datetime,
    facts: Reference,
    signed_by: str | None = None,
    signing_refused: bool = False,
    delay_reason: DelayReason | None = None,
    note: str | None = None,
    version: int | None = None,
) -> Recorded:
    """Close the visit with who signed, or that signing was refused (GACC Decree 138 art. 10).

    The booking is done and keeps its crew's rows. What was not finished or not passed gets
    a follow-up at once for each of its instructions. A party that did not come is a no-show.

    Raises:
        UnknownBooking, StaleVersion, WrongState: see scheduler.errors.
        TimesOutOfOrder: opening or end are missing, unless the visit was not held.
        MalformedField: nobody signed, or the goods of a visit that was not held were opened.
    """
    opened = open_visit(
        session,
        actor=actor,
        reference=reference,
        now=now,
        version=version,
        states=(BookingState.IN_PROGRESS,),
    )
    signed = {"outcome": outcome, "signed_by": signed_by, "signing_refused": signing_refused}
    kept = {"delay_reason": delay_reason or opened.entry.delay_reason, "note": note or opened.entry.note}
    recorded = write_entry(
        session,
        opened,
        opened.entry.but({**signed, **kept}),
        actor=actor,
        kind="visit_outcome",
        now=now,
        details={"outcome": outcome.value},
        state=BookingState.DONE,
    )
    return follow_outcome(session, recorded, before=None, actor=actor, now=now, facts=facts)


def record_result(
    session: Session,
    *,
    actor: Actor,
    reference: str,
    result: str,
    now: datetime,
    at: datetime | None = None,
    version: int | None = None,
) -> Recorded:
    """The laboratory's or the office's later word on a visit that ended without one (art. 9).

    Raises:
        UnknownBooking, StaleVersion, WrongState, TooEarly, TimesOutOfOrder: see scheduler.errors.
        MalformedField: the result is empty.
    """
    opened = open_visit(
        session, actor=actor, reference=reference, now=now, version=version, states=(BookingState.DONE,)
    )
    if opened.entry.outcome not in _RESULT_LATER:
        raise WrongState(field="/result", state=opened.booking.state, allowed=[])
    require_unrecorded(opened, "result_at")
    if not result.strip():
        raise MalformedField(field="/result")
    entry = opened.entry.but({"result": result.strip(), "result_at": at or now})
    details = {"result": result.strip(), "at": (at or now).isoformat()}
    return write_entry(session, opened, entry, actor=actor, kind="visit_result", now=now, details=details)


def record_release(
    session: Session,
    *,
    actor: Actor,
    reference: str,
    now: datetime,
    at: datetime | None = None,
    version: int | None = None,
) -> Recorded:
    """The goods were released; goods of *release before inspection* may be so before the visit.

    Raises:
        UnknownBooking, StaleVersion, WrongState, TooEarly, TimesOutOfOrder: see scheduler.errors.
    """
    states = (BookingState.CONFIRMED, BookingState.IN_PROGRESS, BookingState.DONE)
    opened = open_visit(session, actor=actor, reference=reference, now=now, version=version, states=states)
    if opened.booking.state != BookingState.DONE.value and not is_released_first(session, opened.booking):
        raise WrongState(state=opened.booking.state, allowed=[BookingState.DONE.value])
    return _record_time(session, opened, "released_at", at or now, actor=actor, now=now)


_KINDS = {
    "on_site": "visit_arrival",
    "opened": "visit_opening",
    "ended": "visit_end",
    "released_at": "visit_release",
}


def _record_time(
    session: Session,
    opened: Opened,
    field: str,
    at: datetime,
    *,
    actor: Actor,
    now: datetime,
    state: BookingState | None = None,
    columns: Columns | None = None,
) -> Recorded:
    require_unrecorded(opened, field)
    return write_entry(
        session,
        opened,
        opened.entry.but({field: at}),
        actor=actor,
        kind=_KINDS[field],
        now=now,
        details={"at": at.isoformat()},
        state=state,
        columns=columns,
    )
