"""Book at once, or hold a time: one use case for every channel."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlmodel import Session

from scheduler import errors
from scheduler.access.actor import Actor
from scheduler.booking.admission import Admission, admit, require_attendee
from scheduler.booking.answers import answer_by
from scheduler.booking.kept import record_kept
from scheduler.booking.numbers import Numbers
from scheduler.booking.orders import Order
from scheduler.booking.place import crew_on, judge_start, lock_day, try_day
from scheduler.booking.priority import apply_for_priority
from scheduler.booking.room import require_room
from scheduler.booking.write import create_booking, promised_at
from scheduler.database.connection import Database, StaleDayError, undone_if_refused
from scheduler.database.idempotency import Keep
from scheduler.models import Booking
from scheduler.promise.boards import Boards, Standing, boards_of
from scheduler.promise.proposals import Found, Proposals, write_searching
from scheduler.promise.reference import Reference
from scheduler.promise.rows import local_date
from scheduler.promise.search import (
    Demand,
    Question,
    TrueStarts,
    answer,
    nearest,
    read_question,
    true_starts,
)
from scheduler.reminders.announce import What
from scheduler.rules.lead_times import ceil_to_grid
from scheduler.rules.policy import BookingRules
from scheduler.vocabulary import PRIORITY_GOODS, BookingState, PriorityAnswer, RequestReason

Kept = TypeVar("Kept")

ALTERNATIVES_WITHIN = timedelta(days=7)
"""How far around a wished time alternatives are looked for."""


@dataclass(frozen=True, slots=True)
class Asking:
    """What every step of one booking needs: who, what, when, and the district's facts."""

    actor: Actor
    order: Order
    now: datetime
    reference: Reference
    boards: Boards
    state: BookingState
    proposals: Proposals


def book(database: Database, *, actor: Actor, order: Order, now: datetime, keep: Keep[Booking, Kept]) -> Kept:
    """Book at once: confirmed with a checked crew, or requested where the office has to answer.

    Raises:
        Refusal: any of scheduler.errors' rules of booking, with alternatives where times are true.
    """
    return _write(database, BookingState.CONFIRMED, actor=actor, order=order, now=now, keep=keep)


def hold(database: Database, *, actor: Actor, order: Order, now: datetime, keep: Keep[Booking, Kept]) -> Kept:
    """Hold a time for some minutes, crew and dock included, while a form is filled.

    Raises:
        NeedsOfficeWord: only a booking can be asked for.
        Refusal: as `book`.
    """
    return _write(database, BookingState.HOLD, actor=actor, order=order, now=now, keep=keep)


def _write(
    database: Database,
    state: BookingState,
    *,
    actor: Actor,
    order: Order,
    now: datetime,
    keep: Keep[Booking, Kept],
) -> Kept:
    boards = boards_of(database)

    def work(session: Session, proposals: Proposals) -> Booking:
        facts = boards.at_hand(session)
        return _book(session, Asking(actor, order, now, facts, boards, state, proposals))

    return write_searching(database, boards, keep, work)


def _book(session: Session, asking: Asking) -> Booking:
    order = asking.order
    admission = _admit(session, asking)
    if asking.state is BookingState.CONFIRMED:
        require_attendee(order.attendee)
    numbers = require_room(session, asking.reference, admission, order=order, now=asking.now)

    def decide() -> Booking:
        start, kept = _start(session, asking, admission)
        judged = _judge(asking, admission, start)
        reason = admission.waits or judged
        if reason is not None:
            return _request(session, asking, admission, numbers, start=start, reason=reason)
        booking = _promise(session, asking, admission, numbers, start)
        if kept is not None and asking.state is BookingState.CONFIRMED:
            record_kept(session, booking, kept=kept, now=asking.now)
        return booking

    return with_alternatives(
        session, decide, boards=asking.boards, demand=admission.demand, wished=order.window[0], now=asking.now
    )


def _admit(session: Session, asking: Asking) -> Admission:
    """Admit by the rules at hand, which must be the latest: to refuse as much as to go on.

    Raises:
        StaleDayError: they are not; run again.
    """
    try:
        admission = admit(
            session, actor=asking.actor, order=asking.order, now=asking.now, reference=asking.reference
        )
    except errors.Refusal:
        if asking.boards.latest(session).version != asking.reference.version:
            raise StaleDayError from None
        raise
    if admission.rules_version != asking.reference.version:
        asking.boards.latest(session)
        raise StaleDayError
    return admission


def _start(session: Session, asking: Asking, admission: Admission) -> tuple[datetime, datetime | None]:
    """The start to book: the exact one, or the earliest true one of a window, or its beginning on a rest day.

    With it an earlier start that is kept for the green channel, if there is one.
    """
    if asking.order.start is not None:
        return asking.order.start, None
    begins, ends = asking.order.window
    first, last = local_date(max(begins, asking.now)), local_date(ends)
    rules = asking.reference.policy(BookingRules, office=admission.site.office, on=first)
    if (last - first).days > rules.window_max_days:
        raise errors.WindowTooLong(field="/wished_to", days=rules.window_max_days)
    last = min(last, local_date(asking.now) + timedelta(days=rules.horizon_days))
    question = read_question(
        session, asking.boards, demand=admission.demand, first=first, last=last, now=asking.now
    )
    fitting = _within(answer(asking.boards, question), begins, ends)
    if fitting:
        return fitting[0], _kept_start(session, asking, question, begins=begins, ends=fitting[0])
    if admission.waits is not None or asking.reference.opening(admission.site.office, first) is None:
        return ceil_to_grid(max(begins, asking.now), rules.grid_minutes), None
    raise errors.NoPlace(field="/wished_from", reason="crew_busy")


def _within(found: TrueStarts, begins: datetime, ends: datetime) -> list[datetime]:
    return [start for start in found.starts if begins <= start <= ends]


def _kept_start(
    session: Session, asking: Asking, question: Question, *, begins: datetime, ends: datetime
) -> datetime | None:
    """The first start before another one that could be kept, were its day not kept for the green channel."""
    days = [day for day in question.kept if day <= local_date(ends)]
    if not days:
        return None
    found = true_starts(
        session,
        asking.boards,
        demand=question.demand.for_office(),
        first=min(days),
        last=max(days),
        now=asking.now,
    )
    earlier = [start for start in _within(found, begins, ends) if start < ends and local_date(start) in days]
    return earlier[0] if earlier else None


def _judge(asking: Asking, admission: Admission, start: datetime) -> RequestReason | None:
    demand = admission.demand
    try:
        return judge_start(asking.reference, demand, start, asking.now)
    except errors.TooShortNotice:
        decision = admission.decision
        waiting = decision is not None and decision.answer is PriorityAnswer.AWAITING_OFFICE
        if not waiting or decision is None or decision.priority not in PRIORITY_GOODS:
            raise
    # only priority makes this time possible, and the office decides on it
    judge_start(asking.reference, demand.as_green(), start, asking.now)
    return RequestReason.PRIORITY_DECISION


def _request(
    session: Session,
    asking: Asking,
    admission: Admission,
    numbers: Numbers,
    *,
    start: datetime,
    reason: RequestReason,
) -> Booking:
    if asking.state is BookingState.HOLD:
        raise errors.NeedsOfficeWord(field="/start", reason=reason.value)
    due = answer_by(
        asking.reference, office=admission.site.office, reason=reason, wished=start, now=asking.now
    )
    columns = {
        **_common(asking, admission),
        "date": local_date(start),
        "request_reason": reason.value,
        "answer_by": due,
    }
    what = What.REQUESTED
    return _create(
        session, asking, admission, numbers, state=BookingState.REQUESTED, columns=columns, what=what
    )


def _promise(
    session: Session, asking: Asking, admission: Admission, numbers: Numbers, start: datetime
) -> Booking:
    """Find a crew and write the booking with it: at once on a quiet day, else under the day's lock."""
    rules = asking.reference.policy(BookingRules, office=admission.site.office, on=local_date(start))
    held = asking.state is BookingState.HOLD
    columns = {
        **_common(asking, admission),
        **promised_at(start, admission.demand.minutes),
        "expires_at": asking.now + timedelta(minutes=rules.hold_minutes) if held else None,
        "first_promise": None if held else start,
        "answered_at": None if held else asking.now,
    }
    found = _find(session, asking, admission, start)
    what = None if held else What.CONFIRMED
    return _create(
        session, asking, admission, numbers, state=asking.state, columns=columns, what=what, found=found
    )


def _find(session: Session, asking: Asking, admission: Admission, start: datetime) -> Found:
    """The crew for a start, under the day's lock."""
    office, day = admission.site.office, local_date(start)
    standing = try_day(session, asking.boards, office=office, day=day, now=asking.now)
    if standing is not None:
        return _crew(asking, admission, standing, start)
    # many want this day: whoever is refused gives its lock up before looking at other days
    with undone_if_refused(session):
        standing = lock_day(session, asking.boards, office=office, day=day, now=asking.now)
        return _crew(asking, admission, standing, start)


def _crew(asking: Asking, admission: Admission, standing: Standing, start: datetime) -> Found:
    try:
        return crew_on(
            standing, demand=admission.demand, start=start, now=asking.now, proposals=asking.proposals
        )
    except (errors.NoPlace, errors.KeptForPriority):
        if asking.order.start is None:
            raise StaleDayError from None
        raise


def _common(asking: Asking, admission: Admission) -> dict[str, object]:
    begins, ends = asking.order.window
    decision = admission.decision
    return {
        "attendee": asking.order.attendee,
        "wished_from": begins,
        "wished_to": ends,
        "priority_answer": (decision.answer if decision else PriorityAnswer.NOT_APPLIED).value,
    }


def _create(
    session: Session,
    asking: Asking,
    admission: Admission,
    numbers: Numbers,
    *,
    state: BookingState,
    columns: dict[str, object],
    what: What | None,
    found: Found | None = None,
) -> Booking:
    booking = create_booking(
        session,
        actor=asking.actor,
        admission=admission,
        state=state,
        now=asking.now,
        reference=asking.reference,
        numbers=numbers,
        columns=columns,
        what=what,
        found=found,
    )
    if admission.decision is not None:
        apply_for_priority(
            session, booking, decision=admission.decision, now=asking.now, reference=asking.reference
        )
    return booking


_WITH_ALTERNATIVES = (
    errors.NoPlace,
    errors.KeptForPriority,
    errors.UnqualifiedDay,
    errors.ClosedDay,
    errors.TooLateToFinish,
    errors.TooShortNotice,
    errors.BeyondHorizon,
    errors.PastTime,
    errors.OffGrid,
    errors.SiteNotOpenYet,
    errors.NeedsOfficeWord,
)


def with_alternatives(
    session: Session,
    work: Callable[[], Booking],
    *,
    boards: Boards,
    demand: Demand,
    wished: datetime,
    now: datetime,
) -> Booking:
    """Run the work; a refusal about time carries the three nearest true times.

    Work that takes a day's lock does so in a savepoint, to give it up before other days are looked at.
    """
    try:
        return work()
    except _WITH_ALTERNATIVES as refusal:
        around = max(wished, now)
        found = true_starts(
            session,
            boards,
            demand=demand,
            first=local_date(max(around - ALTERNATIVES_WITHIN, now)),
            last=local_date(around + ALTERNATIVES_WITHIN),
            now=now,
        )
        refusal.alternatives = nearest(found.starts, around)
        raise
