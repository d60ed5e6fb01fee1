"""A wrong entry is corrected with a reason: the old row is kept by the database, the change told."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from pydantic import StringConstraints
from sqlmodel import Session

from scheduler.access.actor import Actor
from scheduler.booking.orders import Instant, Name, Request, Why
from scheduler.errors import MalformedField, Plain, ReasonMissing, WrongState
from scheduler.promise.reference import Reference
from scheduler.visit.entry import Entry, Opened, Recorded, open_visit, write_entry
from scheduler.visit.follow_ups import follow_outcome
from scheduler.vocabulary import BookingState, DelayReason, Outcome


class Correction(Request):
    """What an entry should have said: fields sent are set (null clears), others stay."""

    on_site: Instant | None = None
    opened: Instant | None = None
    ended: Instant | None = None
    outcome: Outcome | None = None
    signed_by: Name | None = None
    signing_refused: bool = False
    delay_reason: DelayReason | None = None
    result: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)] | None = (
        None
    )
    result_at: Instant | None = None
    released_at: Instant | None = None
    note: Why | None = None


_OF_ABSENCE = frozenset({"delay_reason", "note"})
_ALL = frozenset(Correction.model_fields)
_CORRECTABLE: Mapping[BookingState, frozenset[str]] = {
    BookingState.CONFIRMED: frozenset({"released_at", "note"}),
    BookingState.IN_PROGRESS: _ALL - {"outcome", "result", "result_at"},
    BookingState.DONE: _ALL,
    BookingState.NO_SHOW: _OF_ABSENCE,
    BookingState.MISSED_BY_CUSTOMS: _OF_ABSENCE,
}
"""What can be wrong in each state; an outcome is not corrected before it is recorded."""


def correct_visit(
    session: Session,
    *,
    actor: Actor,
    reference: str,
    changes: Correction,
    reason: str,
    now: datetime,
    facts: Reference,
    version: int | None = None,
) -> Recorded:
    """Correct what was recorded of a visit; all rules of recording hold for what it says then.

    An arrival that never was leaves the booking confirmed again. An outcome that now needs a
    follow-up makes it; one that needs none any more withdraws it.

    Raises:
        ReasonMissing, UnknownBooking, StaleVersion, TooEarly, TimesOutOfOrder: see scheduler.errors.
        WrongState: the state has no such entry, or a follow-up that would go is booked.
        MalformedField: nothing is changed, or the entry would contradict itself.
    """
    if not reason.strip():
        raise ReasonMissing(field="/reason")
    opened = open_visit(
        session, actor=actor, reference=reference, now=now, version=version, states=tuple(_CORRECTABLE)
    )
    state = BookingState(opened.booking.state)
    asked = {name: getattr(changes, name) for name in changes.model_fields_set}
    for name in sorted(asked.keys() - _CORRECTABLE[state]):
        raise WrongState(field=f"/{name}", state=state.value, allowed=[])
    entry = opened.entry.but(asked)
    _require_kept(opened, entry, state)
    recorded = write_entry(
        session,
        opened,
        entry,
        actor=actor,
        kind="visit_correction",
        now=now,
        details={"reason": reason.strip(), **_difference(opened.entry, entry)},
        state=BookingState.CONFIRMED if state is BookingState.IN_PROGRESS and entry.on_site is None else None,
    )
    return follow_outcome(session, recorded, before=opened.entry.outcome, actor=actor, now=now, facts=facts)


def _require_kept(opened: Opened, entry: Entry, state: BookingState) -> None:
    """Refuse a correction that changes nothing, or takes away what the state rests on."""
    if opened.visit is None or entry == opened.entry:
        raise MalformedField(field="/changes")
    if state is BookingState.DONE and entry.outcome is None:
        raise MalformedField(field="/outcome")
    if (entry.result is None) != (entry.result_at is None):
        raise MalformedField(field="/result" if entry.result is None else "/result_at")
    if state in {BookingState.NO_SHOW, BookingState.MISSED_BY_CUSTOMS} and entry.delay_reason is None:
        raise ReasonMissing(field="/delay_reason")


def _difference(before: Entry, after: Entry) -> dict[str, Plain]:
    """What the event tells: each changed field, as it was and as it is."""
    old, new = asdict(before), asdict(after)
    changed = [name for name in old if old[name] != new[name]]
    return {
        "was": {name: _plain(old[name]) for name in changed},
        "is": {name: _plain(new[name]) for name in changed},
    }


def _plain(value: datetime | str | bool | None) -> Plain:  # noqa: FBT001 - one of an entry's values
    return value.isoformat() if isinstance(value, datetime) else value
