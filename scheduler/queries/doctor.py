"""The invariants as questions to the rows: each answer must be 0.

I1 to I3 are asked of the histories (inspection time x transaction time), not of the end
state alone: a double booking that was repaired since is still found.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlmodel import Session

from scheduler.promise.reference import read_reference
from scheduler.promise.rows import read_days
from solver.check import check


@dataclass(frozen=True, slots=True)
class Finding:
    """How often an invariant is broken, and the question that found it."""

    invariant: str
    question: str
    count: int


_LIVE = "('hold', 'confirmed', 'in_progress')"

_QUESTIONS: Sequence[tuple[str, str, str]] = (
    (
        "I1",
        "inspectors in two crews at once, over history",
        """
        SELECT count(*) FROM crew_history AS a JOIN crew_history AS b
          ON a.inspector = b.inspector AND a.id < b.id
         AND (a.booking <> b.booking OR a.seat <> b.seat)
         AND a.occupied && b.occupied
         AND tstzrange(a.recorded_from, a.recorded_to) && tstzrange(b.recorded_from, b.recorded_to)
        """,
    ),
    (
        "I1",
        "inspectors in a crew outside any duty of theirs",
        """
        SELECT count(*) FROM crew LEFT JOIN duty
          ON duty.id = crew.duty AND duty.inspector = crew.inspector AND crew.occupied <@ duty.period
        WHERE duty.id IS NULL
        """,
    ),
    (
        "I1",
        "duties during an absence of the inspector",
        """
        SELECT count(*) FROM duty JOIN absence
          ON absence.inspector = duty.inspector AND absence.period && duty.period
        """,
    ),
    (
        "I2",
        "live bookings without a full crew",
        f"""
        SELECT count(*) FROM booking AS b WHERE b.state IN {_LIVE}
          AND (SELECT count(DISTINCT crew.inspector) FROM crew WHERE crew.booking = b.id)
           <> (SELECT count(*) FROM seat WHERE seat.type = b.type)
        """,
    ),
    (
        "I2",
        "committed live states without a full crew, over history",
        f"""
        SELECT count(*) FROM booking_history AS h
        WHERE h.state IN {_LIVE}
          -- rows of one commit share one stamp: what it replaced itself was never seen by anybody
          AND coalesce(h.recorded_to, 'infinity') > h.recorded_from
          AND (SELECT count(DISTINCT c.inspector) FROM crew_history AS c
               WHERE c.booking = h.booking AND c.recorded_from <= h.recorded_from
                 AND (c.recorded_to IS NULL OR c.recorded_to > h.recorded_from)) < 2
        """,
    ),
    (
        "I3",
        "docks with two inspections at once, over history",
        f"""
        SELECT count(*) FROM booking_history AS a JOIN booking_history AS b
          ON a.dock = b.dock AND a.booking < b.booking AND a.occupied && b.occupied
         AND tstzrange(a.recorded_from, a.recorded_to) && tstzrange(b.recorded_from, b.recorded_to)
        WHERE a.state IN {_LIVE} AND b.state IN {_LIVE}
        """,
    ),
    (
        "I4",
        "live bookings outside opening hours without an overtime crew",
        f"""
        SELECT count(*) FROM booking AS b
        JOIN office_day AS d ON d.office = b.office AND d.date = b.date
        LEFT JOIN work_day AS w ON w.calendar = d.calendar_version AND w.date = b.date
        LEFT JOIN LATERAL (
            SELECT opens, closes FROM opening_hours AS o
            WHERE o.office = b.office AND o.day_kind = w.kind AND o.valid_from <= b.date
            ORDER BY o.valid_from DESC LIMIT 1) AS o ON true
        WHERE b.state IN {_LIVE}
          AND NOT coalesce((lower(b.occupied) AT TIME ZONE 'Asia/Shanghai')::time >= o.opens
                       AND (upper(b.occupied) AT TIME ZONE 'Asia/Shanghai')::time <= o.closes, false)
          AND EXISTS (SELECT FROM crew JOIN duty ON duty.id = crew.duty
                      WHERE crew.booking = b.id AND duty.kind <> 'overtime')
        """,
    ),
    (
        "I4",
        "office days that stand under an old calendar",
        f"""
        SELECT count(*) FROM office_day AS d
        WHERE calendar_version <> (SELECT max(version) FROM calendar)
          AND EXISTS (SELECT FROM booking AS b
                      WHERE b.office = d.office AND b.date = d.date AND b.state IN {_LIVE})
        """,
    ),
    (
        "I5",
        "kept answers of success whose booking or batch does not exist",
        """
        SELECT count(*) FROM idempotent_answer AS k
        CROSS JOIN LATERAL (  -- a page's answer is no JSON
            SELECT CASE WHEN get_byte(k.body, 0) = ascii('{')
                        THEN convert_from(k.body, 'UTF8')::jsonb ->> 'number' END
            WHERE length(k.body) > 0) AS told (number)
        WHERE k.status BETWEEN 200 AND 299 AND told.number IS NOT NULL
          AND NOT EXISTS (SELECT FROM booking WHERE reference = told.number)
          AND NOT EXISTS (SELECT FROM batch WHERE reference = told.number)
        """,
    ),
    (
        "I7",
        "bookings whose versions or events have a gap",
        """
        SELECT count(*) FROM booking AS b
        WHERE (SELECT count(*) FROM event AS e
               WHERE e.booking = b.id AND e.new_version IS NOT NULL) <> b.version
           OR (SELECT count(DISTINCT h.version) FROM booking_history AS h WHERE h.booking = b.id) <> b.version
           OR (SELECT max(h.version) FROM booking_history AS h WHERE h.booking = b.id) <> b.version
        """,
    ),
    (
        "I8",
        "transitions whose texts are not exactly one for each recipient",
        """
        SELECT count(*) FROM event AS e
        JOIN booking AS b ON b.id = e.booking
        LEFT JOIN booking_history AS before ON before.booking = e.booking AND before.version = e.old_version
        JOIN (VALUES ('booking_confirmed', '{confirmation}'), ('booking_moved', '{change}'),
                     ('booking_requested', '{requested_received}'),
                     ('request_accepted', '{request_answered}'),
                     ('booking_displaced', '{displaced}'),
                     ('booking_cancelled', '{cancellation,request_answered}')) AS rule (kind, texts)
          ON rule.kind = e.kind
        WHERE e.new_version IS NOT NULL AND b.replaces IS NULL
          AND NOT (e.kind = 'booking_cancelled' AND before.state = 'hold')
          AND (SELECT count(*) FROM message AS m WHERE m.booking = e.booking
                 AND m.booking_version >= e.new_version AND m.kind = ANY (rule.texts::text[])
                 -- a later version that changes nothing of what is said takes over what is still due
                 AND NOT EXISTS (SELECT FROM event AS later WHERE later.booking = e.booking
                     AND later.new_version > e.new_version AND later.new_version <= m.booking_version
                     AND later.kind NOT IN
                         ('goods_ready', 'priority_decided', 'visit_release', 'visit_correction')))
           <> (SELECT count(DISTINCT r.mobile) FROM recipient AS r WHERE r.booking = e.booking)
        """,
    ),
    (
        "I10",
        "texts still due of an older version of their booking",
        """
        SELECT count(*) FROM message AS m JOIN booking AS b ON b.id = m.booking
        WHERE m.state = 'due' AND m.booking_version < b.version
        """,
    ),
    (
        "I12",
        "bookings that are over and still take a crew or an instruction",
        f"""
        SELECT (SELECT count(*) FROM crew JOIN booking AS b ON b.id = crew.booking
                WHERE b.state NOT IN {_LIVE} AND b.state <> 'done')
             + (SELECT count(*) FROM booking_instruction AS i JOIN booking AS b ON b.id = i.booking
                WHERE i.takes <> booking_takes(b.state, b.replaces))
        """,
    ),
    (
        "I12",
        "offers of earlier times without a live hold of their booking, or two at once",
        """
        SELECT (SELECT count(*) FROM waitlist_offer AS o JOIN waitlist_entry AS e ON e.id = o.entry
                LEFT JOIN booking AS b ON b.id = o.hold AND b.state = 'hold' AND b.replaces = e.booking
                    AND b.office = o.office AND b.date = o.date AND b.planned_start = o.start
                WHERE o.outcome = 'open' AND b.id IS NULL)
             + (SELECT count(*) FROM waitlist_offer AS a JOIN waitlist_offer AS b
                  ON a.id < b.id AND (a.entry = b.entry OR (a.office = b.office AND a.date = b.date))
                WHERE a.outcome = 'open' AND b.outcome = 'open')
        """,
    ),
    (
        "I12",
        "waits for something earlier than a promise that is gone",
        """
        SELECT count(*) FROM waitlist_entry AS e JOIN booking AS b ON b.id = e.booking
        WHERE e.state = 'waiting' AND b.state <> 'confirmed'
        """,
    ),
    (
        "I13",
        "changes that nobody answers for",
        """
        SELECT (SELECT count(*) FROM event WHERE actor IS NULL AND actor_role NOT IN ('system', 'anonymous'))
             + (SELECT count(*) FROM event WHERE channel = 'phone' AND (call IS NULL OR on_behalf_of IS NULL))
             + (SELECT count(*) FROM booking AS b
                WHERE NOT EXISTS (SELECT FROM event WHERE event.booking = b.id))
        """,
    ),
)


def diagnose(session: Session) -> list[Finding]:
    """Ask every question, and put `check` to each office day with live bookings."""
    findings = [
        Finding(invariant, question, int(session.execute(text(sql)).scalar_one()))
        for invariant, question, sql in _QUESTIONS
    ]
    broken = _broken_rules(session)
    findings.insert(4, Finding("I2", "hard rules broken by stored plans (check)", broken))
    return findings


def _broken_rules(session: Session) -> int:
    days = session.execute(
        text(f"SELECT DISTINCT office, date FROM booking WHERE state IN {_LIVE} ORDER BY office, date")
    ).all()
    if not days:
        return 0
    reference = read_reference(session)
    count = 0
    for office in sorted({office for office, _ in days}):
        dates = [day for one, day in days if one == office]
        for read in read_days(session, office=office, days=dates, reference=reference).values():
            count += len(check(read.problem, read.plan))
    return count
