"""Is there room for one more: instructions without a booking, and an enterprise below its cap."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlmodel import Session

from scheduler import errors
from scheduler.booking.admission import Admission
from scheduler.booking.expiry import expire_lapsed
from scheduler.booking.numbers import NUMBERS, Numbers
from scheduler.booking.orders import Order
from scheduler.database.locks import lock_office_days
from scheduler.promise.reference import Reference
from scheduler.promise.rows import local_date
from scheduler.reminders.announce import most_texts
from scheduler.rules.policy import BookingRules
from scheduler.vocabulary import OPEN_STATES, WORKDAY_KINDS

_ROOM: Final = f"""
SELECT room.*, {NUMBERS}
FROM room_of(%(enterprise)s, %(instructions)s, %(open)s, %(rest_days)s, %(now)s) AS room
"""


def require_room(
    session: Session,
    reference: Reference,
    admission: Admission,
    *,
    order: Order,
    now: datetime,
) -> Numbers:
    """Refuse instructions that have a booking, and more open bookings than the enterprise may have.

    Takes the enterprise's lock, so that what is counted is true until commit; the database's
    index says the same of instructions in a race. Lapsed holds that still take an instruction
    are expired first, so that nobody waits for the clock's tick. Returns numbers for a booking
    and its texts, drawn in the same statement.

    Raises:
        InstructionTaken: with the reference.
        CapReached: with the cap of the enterprise's credit level; rest days have one beside that for all.
    """
    rules = reference.policy(BookingRules, office=admission.site.office, on=local_date(now))
    rest_days = _rest_days(reference, local_date(order.window[0]), local_date(now), rules)
    values: dict[str, object] = {
        "instructions": [row.id for row in admission.instructions],
        "enterprise": admission.represented,
        "open": [state.value for state in OPEN_STATES],
        "rest_days": rest_days,
        "now": now,
        "texts": most_texts(len(order.recipients)),
    }
    lapsed, taken, open_now, resting, *drawn = _ask(session, values)
    if lapsed:
        days = {(office, date.fromisoformat(day)) for office, day in lapsed}
        # the day that is booked next is locked now, so that locks are taken in ascending order
        beside = set() if order.start is None else {(admission.site.office, local_date(order.start))}
        lock_office_days(session, days | beside)
        for office, day in sorted(days):
            expire_lapsed(session, office=office, day=day, now=now)
        lapsed, taken, open_now, resting, *drawn = _ask(session, values)
    if taken is not None:
        place, row = next((k, row) for k, row in enumerate(admission.instructions) if row.id == taken)
        raise errors.InstructionTaken(field=f"/instructions/{place}", reference=row.reference)
    cap, rest_cap = (caps.of(admission.demand.credit) for caps in (rules.caps, rules.rest_day_caps))
    if open_now >= cap:
        raise errors.CapReached(field="/instructions", cap=cap)
    if rest_days and resting >= rest_cap:
        raise errors.CapReached(field="/start", cap=rest_cap)
    return Numbers(*drawn)


def _ask(session: Session, values: dict[str, object]) -> Sequence[Any]:
    return session.connection().exec_driver_sql(_ROOM, values).one()


def _rest_days(reference: Reference, wished: date, today: date, rules: BookingRules) -> list[date]:
    """The rest days that count together, where one of them is wished."""
    if reference.kinds.get(wished) in WORKDAY_KINDS:
        return []
    last = today + timedelta(days=rules.horizon_days)
    return [
        day for day, kind in reference.kinds.items() if kind not in WORKDAY_KINDS and today <= day <= last
    ]
