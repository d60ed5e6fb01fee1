"""What is recorded of a visit, as a value; the rules it must keep; and its row."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Self

from sqlmodel import Session, col, select

from scheduler.access.actor import Actor
from scheduler.booking.write import Columns, change_booking, find_booking, require_state, require_version
from scheduler.database.connection import StaleDayError
from scheduler.database.locks import lock_office_days
from scheduler.errors import MalformedField, Plain, SignatureMissing, TimesOutOfOrder, TooEarly, WrongState
from scheduler.models import Booking, InspectionType, Instruction, Visit
from scheduler.promise.rows import instant_of, local_date
from scheduler.reminders.announce import cancel_older_texts, keep_texts
from scheduler.rules.visit_order import require_order
from scheduler.vocabulary import BookingState, DelayReason, Mode, Outcome

_NOT_SIGNED = frozenset({Outcome.NOT_HELD, Outcome.OPENED_WITHOUT_PARTY})
_FIELDS_OF_ORDER = {"/result": "/result_at", "/released": "/released_at"}


@dataclass(frozen=True, slots=True)
class Entry:
    """All that is recorded of a visit: aware instants, None where nothing was recorded."""

    on_site: datetime | None = None
    opened: datetime | None = None
    ended: datetime | None = None
    outcome: Outcome | None = None
    signed_by: str | None = None
    signing_refused: bool = False
    delay_reason: DelayReason | None = None
    result: str | None = None
    result_at: datetime | None = None
    released_at: datetime | None = None
    note: str | None = None

    @classmethod
    def of(cls, visit: Visit | None) -> Self:
        """The entry of a visit's row; an empty one where there is none."""
        if visit is None:
            return cls()
        return cls(
            on_site=visit.on_site,
            opened=visit.opened,
            ended=visit.ended,
            outcome=None if visit.outcome is None else Outcome(visit.outcome),
            signed_by=visit.signed_by,
            signing_refused=visit.signing_refused,
            delay_reason=None if visit.delay_reason is None else DelayReason(visit.delay_reason),
            result=visit.result,
            result_at=visit.result_at,
            released_at=visit.released_at,
            note=visit.note,
        )

    def but(self, changes: Mapping[str, object]) -> Self:
        """The same entry with other values, by field name."""
        return replace(self, **changes)  # type: ignore[arg-type]  # names and types are checked by callers' requests


@dataclass(frozen=True, slots=True)
class Recorded:
    """A booking and its visit after a recording, and the follow-ups that it made."""

    booking: Booking
    visit: Visit
    follow_ups: tuple[Instruction, ...] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """A booking, locked for a recording, its visit's row if there is one, and its entry."""

    booking: Booking
    visit: Visit | None
    entry: Entry


def open_visit(
    session: Session,
    *,
    actor: Actor,
    reference: str,
    now: datetime,
    version: int | None,
    states: tuple[BookingState, ...],
) -> Opened:
    """Lock a booking of the actor's scope for a recording that its state allows.

    Raises:
        UnknownBooking, StaleVersion, WrongState: see scheduler.errors.
    """
    booking = find_booking(session, actor=actor, reference=reference, now=now, lock=True)
    require_version(booking, version)
    require_state(booking, *states)
    found = session.exec(
        select(Visit).where(col(Visit.booking) == booking.id).execution_options(populate_existing=True)
    ).first()
    return Opened(booking, found, Entry.of(found))


def open_under_lock(
    session: Session,
    *,
    actor: Actor,
    reference: str,
    now: datetime,
    version: int | None,
    states: tuple[BookingState, ...],
) -> Opened:
    """As `open_visit`, under the lock of the booking's day: its crew is going to change.

    Raises:
        StaleDayError: it was moved to another day between the two locks; run again.
        UnknownBooking, StaleVersion, WrongState: see scheduler.errors.
    """
    seen = find_booking(session, actor=actor, reference=reference, now=now)
    day = (seen.office, seen.date)
    lock_office_days(session, [day])
    opened = open_visit(session, actor=actor, reference=reference, now=now, version=version, states=states)
    if (opened.booking.office, opened.booking.date) != day:
        raise StaleDayError
    return opened


def require_unrecorded(opened: Opened, field: str) -> None:
    """Refuse to record a second time what is recorded: a wrong entry is corrected with a reason.

    Raises:
        WrongState: naming the field.
    """
    if getattr(opened.entry, field) is not None:
        raise WrongState(field=f"/{field}", state=opened.booking.state, allowed=[])


def write_entry(
    session: Session,
    opened: Opened,
    entry: Entry,
    *,
    actor: Actor,
    kind: str,
    now: datetime,
    details: Mapping[str, Plain] | None = None,
    state: BookingState | None = None,
    columns: Columns | None = None,
) -> Recorded:
    """Check an entry and write it: the visit's row, the booking's next version, its event.

    Texts that are still due are cancelled, unless the visit is still to come.

    Raises:
        TooEarly, TimesOutOfOrder, MalformedField: as `require_entry`.
    """
    booking = opened.booking
    require_entry(session, booking, entry, now=now)
    assert booking.id is not None  # noqa: S101 - read from the database
    visit = opened.visit or Visit(booking=booking.id)
    if opened.visit is not None:
        visit.version += 1
    for name, value in asdict(entry).items():
        setattr(visit, name, value)
    session.add(visit)
    written = {**(columns or {}), **({} if state is None else {"state": state.value})}
    change_booking(session, booking, actor=actor, kind=kind, now=now, details=details, **written)
    if booking.state == BookingState.CONFIRMED.value:
        keep_texts(session, booking=booking)  # goods released before their inspection are still reminded of
    else:
        cancel_older_texts(session, booking=booking)
    return Recorded(booking, visit)


def require_entry(session: Session, booking: Booking, entry: Entry, *, now: datetime) -> None:
    """Refuse an entry that cannot be true.

    Raises:
        TooEarly: a time lies in the future, or the officers came before the booking's date.
        TimesOutOfOrder: times do not follow each other, or one that others rest on is missing.
        MalformedField: the outcome does not fit the times, or nobody signed and nobody refused to.
    """
    for field in ("on_site", "opened", "ended", "result_at", "released_at"):
        instant = getattr(entry, field)
        if instant is not None and instant > now:
            raise TooEarly(field=f"/{field}", not_before=instant)
    if entry.on_site is not None and local_date(entry.on_site) < booking.date:
        raise TooEarly(field="/on_site", not_before=instant_of(booking.date, 0))
    if entry.on_site is None and entry.opened is not None:
        raise TimesOutOfOrder(field="/on_site", not_after=entry.opened)
    _require_order(entry, release_first=_released_first(session, booking, entry))
    if entry.outcome is not None:
        _require_outcome(entry, entry.outcome)


def _require_order(entry: Entry, *, release_first: bool) -> None:
    try:
        require_order(
            entry.on_site,
            entry.opened,
            entry.ended,
            entry.result_at,
            entry.released_at,
            release_first=release_first,
        )
    except TimesOutOfOrder as refusal:
        refusal.field = _FIELDS_OF_ORDER.get(refusal.field or "", refusal.field)
        raise


def _released_first(session: Session, booking: Booking, entry: Entry) -> bool:
    """Whether the goods may be released before the inspection, or before its laboratory result."""
    return entry.outcome is Outcome.SAMPLED_PENDING_LAB or is_released_first(session, booking)


def is_released_first(session: Session, booking: Booking) -> bool:
    """Whether goods of the booking's mode are released before they are inspected."""
    mode = session.get_one(InspectionType, booking.type).mode
    return mode == Mode.RELEASE_BEFORE_INSPECTION.value


def _require_outcome(entry: Entry, outcome: Outcome) -> None:
    if entry.on_site is None:
        raise TimesOutOfOrder(field="/on_site")
    if outcome is Outcome.NOT_HELD and entry.opened is not None:
        raise MalformedField(field="/outcome", value=outcome.value)
    if outcome is not Outcome.NOT_HELD and (entry.opened is None or entry.ended is None):
        raise TimesOutOfOrder(field="/opened" if entry.opened is None else "/ended")
    if outcome not in _NOT_SIGNED and not entry.signed_by and not entry.signing_refused:
        raise SignatureMissing(field="/signed_by")
    if entry.signed_by and entry.signing_refused:
        raise MalformedField(field="/signing_refused")
