"""Live bookings that a row would leave without place, day or crew: the row is refused with their numbers."""

from sqlalchemy import text
from sqlmodel import Session

from scheduler.errors import HurtsBookings
from scheduler.vocabulary import LIVE_STATES

_LIVE = "booking.state IN ({})".format(", ".join(f"'{state.value}'" for state in sorted(LIVE_STATES)))

BY_CLOSURE = """
    booking.office = :office AND booking.occupied && tstzrange(:begin, :end)
    AND (CAST(:site AS bigint) IS NULL OR booking.site = :site)
    AND (CAST(:dock AS bigint) IS NULL OR booking.dock = :dock)
"""

BY_SITE = """
    EXISTS (SELECT FROM site WHERE site.id = booking.site AND site.office = :office AND site.code = :code
            AND (booking.date < site.valid_from OR booking.date >= site.valid_to))
"""

BY_DOCK = """
    EXISTS (SELECT FROM dock WHERE dock.id = booking.dock AND dock.site = :site AND NOT dock.in_use)
"""

BY_TYPE = """
    EXISTS (SELECT FROM inspection_type AS t WHERE t.id = booking.type AND t.code = :code
            AND t.minimum_crew > (SELECT count(*) FROM crew WHERE crew.booking = booking.id))
"""

BY_SEAT = "booking.type = :type"

BY_HELD = """
    EXISTS (SELECT FROM crew JOIN seat ON seat.type = booking.type AND seat.number = crew.seat
            WHERE crew.booking = booking.id AND crew.inspector = :inspector
              AND :qualification = ANY (seat.qualifications)
              AND NOT EXISTS (SELECT FROM inspector_qualification AS held
                              WHERE held.inspector = crew.inspector AND held.qualification = :qualification
                                AND held.valid_from <= booking.date
                                AND (held.valid_to IS NULL OR held.valid_to > booking.date)))
"""

BY_HOURS = "booking.id = ANY (CAST(:bookings AS bigint[]))"


def refuse_if_hurt(session: Session, condition: str, **values: object) -> None:
    """Refuse what was just written when live bookings fulfil the condition.

    Raises:
        HurtsBookings: with the numbers of the bookings; the caller's savepoint undoes the write.
    """
    session.flush()
    question = text(f"SELECT reference FROM booking WHERE {_LIVE} AND {condition} ORDER BY reference")
    hurt = list(session.execute(question, values).scalars())
    if hurt:
        raise HurtsBookings(bookings=hurt)
