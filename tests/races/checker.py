"""Reads history, inspection time x transaction time, and counts what must never have been true.

A row of history is true over [recorded_from, recorded_to); all rows of one transaction carry one
stamp, so every moment of transaction time shows a committed state. Each count must be 0.
"""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import text
from sqlmodel import Session

from scheduler.promise.boards import Boards
from scheduler.queries.doctor import diagnose
from solver.check import check
from tests.factories import World

_LIVE = "('hold', 'confirmed', 'in_progress')"
_OPEN = "('hold', 'confirmed', 'in_progress', 'requested', 'displaced')"

_PREPARE = """
CREATE TEMP TABLE crewed ON COMMIT DROP AS
    SELECT *, tstzrange(recorded_from, recorded_to) AS recorded FROM crew_history;
CREATE TEMP TABLE stood ON COMMIT DROP AS
    SELECT booking_history.*, tstzrange(recorded_from, recorded_to) AS recorded,
        booking.type, booking.enterprise, booking.replaces
    FROM booking_history JOIN booking ON booking.id = booking_history.booking;
CREATE INDEX ON crewed USING gist (inspector, occupied, recorded);
CREATE INDEX ON crewed (booking, seat);
CREATE INDEX ON stood USING gist (dock, occupied, recorded)
    WHERE dock IS NOT NULL;
ANALYZE crewed;
ANALYZE stood;
"""

_COUNTS = {
    "inspector_twice": """
        SELECT count(*) FROM crewed AS one JOIN crewed AS other
        ON one.inspector = other.inspector AND one.occupied && other.occupied
            AND one.recorded && other.recorded AND one.id < other.id
    """,
    "crew_incomplete": f"""
        SELECT count(*) FROM stood
        WHERE state IN {_LIVE} AND NOT isempty(recorded) AND (
            (SELECT count(*) FROM seat WHERE seat.type = stood.type)
                < (SELECT minimum_crew FROM inspection_type AS t WHERE t.id = stood.type)
            OR EXISTS (
                SELECT FROM seat WHERE seat.type = stood.type AND NOT coalesce((
                    SELECT range_agg(crewed.recorded) @> stood.recorded FROM crewed
                    WHERE crewed.booking = stood.booking AND crewed.seat = seat.number
                        AND crewed.occupied = stood.occupied
                ), false)))
    """,
    "crew_of_one_twice": """
        SELECT count(*) FROM crewed AS one JOIN crewed AS other
        ON one.booking = other.booking AND one.id < other.id AND one.recorded && other.recorded
            AND (one.seat = other.seat OR one.inspector = other.inspector)
    """,
    "crew_unqualified": """
        SELECT count(*) FROM crewed JOIN booking ON booking.id = crewed.booking
        JOIN seat ON seat.type = booking.type AND seat.number = crewed.seat
        CROSS JOIN unnest(seat.qualifications) AS needed
        WHERE NOT isempty(crewed.recorded) AND NOT EXISTS (
            SELECT FROM inspector_qualification AS held
            WHERE held.inspector = crewed.inspector AND held.qualification = needed
                AND (lower(crewed.occupied) AT TIME ZONE 'Asia/Shanghai')::date
                    <@ daterange(held.valid_from, held.valid_to))
    """,
    "crew_off_duty": """
        SELECT count(*) FROM crewed
        WHERE NOT isempty(recorded) AND NOT coalesce((
            SELECT range_agg(tstzrange(duty.recorded_from, duty.recorded_to)) @> crewed.recorded
            FROM duty_history AS duty
            WHERE duty.duty = crewed.duty AND duty.inspector = crewed.inspector
                AND duty.period @> crewed.occupied
        ), false)
    """,
    "dock_twice": f"""
        SELECT count(*) FROM stood AS one JOIN stood AS other
        ON one.dock = other.dock AND one.occupied && other.occupied
            AND one.recorded && other.recorded AND one.booking < other.booking
        WHERE one.state IN {_LIVE} AND other.state IN {_LIVE}
    """,
    "version_gap": """
        SELECT count(*) FROM booking
        WHERE (SELECT array_agg(DISTINCT version ORDER BY version) FROM booking_history AS h
               WHERE h.booking = booking.id)
            IS DISTINCT FROM (SELECT array_agg(n ORDER BY n) FROM generate_series(1, booking.version) AS n)
    """,
    "version_without_one_event": """
        SELECT count(*) FROM booking
        WHERE (SELECT array_agg(new_version ORDER BY new_version) FROM event
               WHERE event.booking = booking.id AND new_version IS NOT NULL)
            IS DISTINCT FROM (SELECT array_agg(n ORDER BY n) FROM generate_series(1, booking.version) AS n)
    """,
    "instruction_twice": f"""
        SELECT count(*) FROM booking_instruction AS a JOIN booking_instruction AS b
        ON a.instruction = b.instruction AND a.booking < b.booking
        JOIN stood AS one ON one.booking = a.booking JOIN stood AS other ON other.booking = b.booking
        WHERE one.recorded && other.recorded AND one.state IN {_OPEN} AND other.state IN {_OPEN}
            AND one.replaces IS NULL AND other.replaces IS NULL
    """,
    "ends_differ": """
        SELECT (SELECT count(*) FROM booking FULL JOIN (SELECT * FROM stood WHERE recorded_to IS NULL) AS last
                ON last.booking = booking.id
                WHERE (booking.version, booking.state, booking.dock, booking.occupied)
                IS DISTINCT FROM (last.version, last.state, last.dock, last.occupied))
             + (SELECT count(*) FROM crew FULL JOIN (SELECT * FROM crewed WHERE recorded_to IS NULL) AS last
                ON last.booking = crew.booking AND last.seat = crew.seat
                WHERE (crew.inspector, crew.duty, crew.occupied)
                IS DISTINCT FROM (last.inspector, last.duty, last.occupied))
    """,
}
_MOST_OPEN = f"""
WITH steps AS (
    SELECT enterprise, recorded_from AS at, 1 AS step FROM stood
    WHERE state IN {_OPEN} AND replaces IS NULL AND NOT isempty(recorded)
    UNION ALL
    SELECT enterprise, recorded_to, -1 FROM stood
    WHERE state IN {_OPEN} AND replaces IS NULL AND NOT isempty(recorded) AND recorded_to IS NOT NULL
), counts AS (
    SELECT enterprise, sum(step) OVER (PARTITION BY enterprise ORDER BY at, step) AS open FROM steps
)
SELECT count(DISTINCT enterprise) FROM counts WHERE open > :cap
"""


def count_violations(world: World, *, cap: int = 50) -> dict[str, int]:
    """The number of violations over all of history, by name, and of days that `check` refuses now.

    `cap` is how many open bookings an enterprise may have at any moment.
    """
    with world.database.transaction() as session:
        session.execute(text("SET LOCAL statement_timeout = '2min'"))
        for statement in filter(str.strip, _PREPARE.split(";")):
            session.execute(text(statement))
        counts = {name: int(session.execute(text(sql)).scalar_one()) for name, sql in _COUNTS.items()}
        counts["cap_exceeded"] = int(session.execute(text(_MOST_OPEN), {"cap": cap}).scalar_one())
    with world.database.snapshot() as session:
        counts["day_unsound"] = sum(not _is_sound(session, *key) for key in _booked_days(session))
    return counts


def count_violations_at_the_end(world: World) -> dict[str, int]:
    """What a checker of the end state alone would see; it misses what was repaired or cancelled."""
    with world.database.snapshot() as session:
        twice = """
            SELECT count(*) FROM crew AS one JOIN crew AS other
            ON one.inspector = other.inspector AND one.occupied && other.occupied
                AND (one.booking, one.seat) < (other.booking, other.seat)
        """
        return {"inspector_twice": int(session.execute(text(twice)).scalar_one())}


def count_findings(world: World) -> dict[str, int]:
    """What `inspection doctor` would count, by invariant and question."""
    with world.database.transaction() as session:
        session.execute(text("SET LOCAL statement_timeout = '2min'"))
        return {f"{one.invariant}: {one.question}": one.count for one in diagnose(session)}


def violated(counts: dict[str, int]) -> dict[str, int]:
    """The counts that are not 0."""
    return {name: count for name, count in counts.items() if count}


def _booked_days(session: Session) -> Iterable[tuple[int, date]]:
    rows = session.execute(
        text(f"SELECT DISTINCT office, date FROM booking WHERE state IN {_LIVE} ORDER BY 1, 2")
    )
    return [(office, day) for office, day in rows]


def _is_sound(session: Session, office: int, day: date) -> bool:
    _, (standing,) = Boards().days(session, office=office, days=[day])
    return not check(standing.day, standing.plan)
