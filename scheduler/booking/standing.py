"""A standing booking as a demand: what it asks of a day, from its own row."""

from sqlmodel import Session

from scheduler.booking.admission import credit_of
from scheduler.models import Booking
from scheduler.promise.rows import local_date
from scheduler.promise.search import Demand
from scheduler.vocabulary import PRIORITY_GOODS, Priority, PriorityAnswer


def demand_of(session: Session, booking: Booking) -> Demand:
    """What the booking needs of a day, at any time it may move to."""
    return Demand(
        office=booking.office,
        site=booking.site,
        type=booking.type,
        minutes=booking.planned_minutes,
        credit=credit_of(session, booking.enterprise, local_date(booking.wished_from)),
        green=booking.priority_answer == PriorityAnswer.GRANTED.value
        and Priority(booking.priority) in PRIORITY_GOODS,
        excluded=frozenset(booking.excluded),
        must_finish_by=booking.must_finish_by,
    )
