"""The clock offers freed times to whoever waits: one party at a time, in order, held while they decide.

A day is looked at for an entry when it changed since it last had nothing for it. The search runs with no
transaction open; what it finds is checked and held under the locks of the days, as a move is.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby

from sqlalchemy import text
from sqlmodel import Session, col, select

from scheduler.access.actor import SYSTEM
from scheduler.booking.admission import credit_of
from scheduler.booking.holds import lock_family, write_hold
from scheduler.booking.place import find_room, judge_start
from scheduler.booking.standing import demand_of
from scheduler.booking.waitlist.closing import record_waiting
from scheduler.booking.waitlist.entries import find_entry
from scheduler.booking.write import make_room
from scheduler.database.connection import Database
from scheduler.database.idempotency import plainly
from scheduler.errors import Refusal, Unavailable
from scheduler.models import Booking, WaitlistEntry, WaitlistOffer
from scheduler.promise.boards import Boards, boards_of
from scheduler.promise.proposals import Proposals, write_searching
from scheduler.promise.reference import ZONE, Reference
from scheduler.promise.rows import local_date
from scheduler.promise.search import Question, answer, read_question
from scheduler.reminders.announce import announce_offer
from scheduler.rules.policy import BookingRules, WaitlistRules
from scheduler.rules.priority import rank
from scheduler.vocabulary import BookingState, OfferOutcome, Priority

# Bookings are locked before their entries, as everywhere; who is busy waits for the next tick.
_PASSED = text("""
WITH over AS MATERIALIZED (
    SELECT b.id FROM booking AS b JOIN waitlist_entry AS e ON e.booking = b.id
    WHERE e.state = 'waiting' AND (b.state <> 'confirmed' OR b.planned_start <= :now OR e.wished_to <= :now)
        AND NOT EXISTS (SELECT FROM waitlist_offer AS o WHERE o.entry = e.id AND o.outcome = 'open')
    FOR UPDATE OF b SKIP LOCKED
)
UPDATE waitlist_entry AS e SET state = 'ended', ended_at = :now
FROM over WHERE e.booking = over.id AND e.state = 'waiting'
RETURNING over.id
""")
_DUE = text("""
SELECT b.office, day.day::date, e.id
FROM waitlist_entry AS e JOIN booking AS b ON b.id = e.booking
CROSS JOIN LATERAL generate_series(
    greatest((e.wished_from AT TIME ZONE 'Asia/Shanghai')::date, :today)::timestamp,
    (e.wished_to AT TIME ZONE 'Asia/Shanghai')::date::timestamp, '1 day') AS day (day)
LEFT JOIN office_day AS d ON d.office = b.office AND d.date = day.day::date
LEFT JOIN waitlist_look AS l ON l.entry = e.id AND l.date = day.day::date
WHERE e.state = 'waiting' AND b.state = 'confirmed'
    AND (l.entry IS NULL OR l.version <> coalesce(d.version, 0)
         OR l.rules_version <> (SELECT coalesce(max(id), 0) FROM rules_revision))
    AND NOT EXISTS (SELECT FROM waitlist_offer AS o WHERE o.outcome = 'open'
                    AND (o.entry = e.id OR (o.office = b.office AND o.date = day.day::date)))
ORDER BY b.office, day.day, e.id
""")
_LOOKED = text("""
INSERT INTO waitlist_look (entry, date, version, rules_version)
SELECT id, :date, :version, :rules_version FROM waitlist_entry WHERE id = :entry
ON CONFLICT (entry, date) DO UPDATE
SET version = excluded.version, rules_version = excluded.rules_version
""")


@dataclass(frozen=True, slots=True)
class Waiting:
    """An entry and its booking, as they were read, with its place in the office's order."""

    entry: WaitlistEntry
    booking: Booking
    place: tuple[int, int, datetime, int]
    passed: frozenset[datetime]
    today: int


def offer_earlier(database: Database, *, now: datetime) -> int:
    """End the waits whose time has passed, then offer what is true on days that changed. Returns how many.

    Each office day has one open offer at most, and each party; whoever comes first in the office's order of
    priority and then waits longest is asked first.
    """
    _end_passed(database, now)
    with database.snapshot() as session:
        due = session.execute(_DUE, {"today": local_date(now)}).all()
    offered: set[int] = set()
    for (office, day), rows in groupby(due, key=lambda row: (row[0], row[1])):
        entries = [entry for _, _, entry in rows if entry not in offered]
        found = _offer_day(database, office=office, day=day, entries=entries, now=now)
        offered |= set() if found is None else {found}
    return len(offered)


def _end_passed(database: Database, now: datetime) -> None:
    """Nobody waits for a time before one that has passed."""

    def work(session: Session) -> None:
        for (number,) in session.execute(_PASSED, {"now": now}).all():
            booking = session.get_one(Booking, number)
            record_waiting(session, booking, "waitlist_ended", actor=SYSTEM, now=now)

    database.write(work)


def _offer_day(
    database: Database, *, office: int, day: date, entries: Sequence[int], now: datetime
) -> int | None:
    """Offer a day's earliest fitting time to the first in order who has one; the entry, or None."""
    boards = boards_of(database)
    with database.snapshot() as session:
        facts = boards.latest(session)
        rules = facts.policy(WaitlistRules, office=office, on=day)
        in_line = _in_order(session, facts, office=office, day=day, entries=entries, now=now)
    if not rules.enabled or not rules.offered_from <= now.astimezone(ZONE).time() < rules.offered_until:
        return None
    for waiting in in_line:
        if waiting.today >= rules.offers_a_day:
            continue
        with database.snapshot() as session:
            demand = demand_of(session, waiting.booking)
            question = read_question(session, boards, demand=demand, first=day, last=day, now=now)
        starts = [start for start in _true(boards, question) if _fits(waiting, start, rules, facts, now)]
        if starts and _hold(database, waiting, start=starts[0], now=now):
            return waiting.entry.id
        if not starts:
            _note(database, waiting, question)
    return None


def _in_order(
    session: Session, facts: Reference, *, office: int, day: date, entries: Sequence[int], now: datetime
) -> list[Waiting]:
    """Whoever waits, by the office's order of goods and credit, then by when they joined.

    Who let offers of this day pass comes after those who were not asked, or less often.
    """
    order = facts.policy(BookingRules, office=office, on=local_date(now)).priority_order
    passed: dict[int, set[datetime]] = {}
    today = Counter[int]()
    offers = session.exec(select(WaitlistOffer).where(col(WaitlistOffer.entry).in_(entries))).all()
    for offer in offers:
        passed.setdefault(offer.entry, set()).add(offer.start)
        today[offer.entry] += local_date(offer.offered_at) == local_date(now)
    rows = session.execute(
        select(WaitlistEntry, Booking)
        .join(Booking, col(Booking.id) == col(WaitlistEntry.booking))
        .where(col(WaitlistEntry.id).in_(entries))
    ).all()
    found = []
    for entry, booking in rows:
        credit = credit_of(session, booking.enterprise, local_date(now))
        times = frozenset(passed.get(entry.id, ()))
        asked = sum(local_date(start) == day for start in times)
        place = asked, rank(Priority(booking.priority), credit, order), entry.joined_at, entry.id
        found.append(Waiting(entry, booking, place, times, today[entry.id]))
    return sorted(found, key=lambda one: one.place)


def _true(boards: Boards, question: Question) -> Iterable[datetime]:
    return answer(boards, question, thorough=True).starts


def _fits(waiting: Waiting, start: datetime, rules: WaitlistRules, facts: Reference, now: datetime) -> bool:
    """Whether a true start is one that the party asked to hear of, with time left to answer."""
    entry, booking = waiting.entry, waiting.booking
    promised, gain = booking.planned_start, timedelta(minutes=rules.minimum_gain_minutes)
    if promised is None or promised - start < gain or not entry.wished_from <= start <= entry.wished_to:
        return False
    if any(abs(start - passed) < gain for passed in waiting.passed):
        return False  # next to a time that they let pass: a party is not asked every quarter of an hour
    return _ends(rules, now) <= _answered_by(booking, start, rules, facts)


def _ends(rules: WaitlistRules, now: datetime) -> datetime:
    return now + timedelta(minutes=rules.offer_minutes)


def _answered_by(booking: Booking, start: datetime, rules: WaitlistRules, facts: Reference) -> datetime:
    """The latest end of an offer: some time before it starts, and while the promise may still move."""
    assert booking.planned_start is not None  # noqa: S101 - a confirmed booking has a promise
    moving = facts.policy(BookingRules, office=booking.office, on=booking.date).move_cut_off_minutes
    return min(
        start - timedelta(minutes=rules.answered_before_minutes),
        booking.planned_start - timedelta(minutes=moving),
    )


def _note(database: Database, waiting: Waiting, question: Question) -> None:
    """The day, at the version that was looked at, has nothing for this entry."""
    (plan,) = question.plans
    values = {
        "entry": waiting.entry.id,
        "date": plan.stamp.date,
        "version": plan.stamp.version,
        "rules_version": plan.stamp.rules_version,
    }
    with database.transaction() as session:
        session.execute(_LOOKED, values)


def _hold(database: Database, waiting: Waiting, *, start: datetime, now: datetime) -> bool:
    """Hold a time for whoever waits and tell them; false if by now it is not true or not theirs."""
    boards = boards_of(database)

    def work(session: Session, proposals: Proposals) -> bool:
        facts = boards.latest(session)
        booking, _ = lock_family(
            session, actor=SYSTEM, reference=waiting.booking.reference, now=now, beside=start
        )
        rules = facts.policy(WaitlistRules, office=booking.office, on=local_date(start))
        still = replace(waiting, booking=booking)
        if not (_may_be_offered(session, still, start) and _fits(still, start, rules, facts, now)):
            return False
        _write_offer(session, boards, booking, waiting.entry, proposals, start=start, now=now, facts=facts)
        return True

    try:
        return write_searching(database, boards, plainly, work)
    except Unavailable:
        raise
    except Refusal:
        return False  # it was true when it was looked at: the day changed, and is looked at again


def _may_be_offered(session: Session, waiting: Waiting, start: datetime) -> bool:
    """Whether the party still waits, and neither it nor anybody else has an open offer of that day."""
    booking = waiting.booking
    entry = find_entry(session, booking)
    if booking.state != BookingState.CONFIRMED.value or entry is None or entry.id != waiting.entry.id:
        return False
    same_day = (col(WaitlistOffer.office) == booking.office) & (col(WaitlistOffer.date) == local_date(start))
    standing = session.exec(
        select(WaitlistOffer).where(
            col(WaitlistOffer.outcome) == OfferOutcome.OPEN.value,
            (col(WaitlistOffer.entry) == entry.id) | same_day,
        )
    ).first()
    return standing is None


def _write_offer(
    session: Session,
    boards: Boards,
    booking: Booking,
    entry: WaitlistEntry,
    proposals: Proposals,
    *,
    start: datetime,
    now: datetime,
    facts: Reference,
) -> None:
    rules = facts.policy(WaitlistRules, office=booking.office, on=local_date(start))
    demand = demand_of(session, booking)
    judge_start(facts, demand, start, now)
    found = find_room(session, boards, demand=demand, start=start, now=now, proposals=proposals)
    make_room(session, found, actor=SYSTEM, now=now)
    held = write_hold(
        session,
        booking,
        found.placed.assignment,
        actor=SYSTEM,
        start=start,
        expires_at=_ends(rules, now),
        now=now,
    )
    assert entry.id is not None  # noqa: S101 - read from the database
    assert held.id is not None  # noqa: S101 - flushed
    session.add(
        WaitlistOffer(
            entry=entry.id,
            hold=held.id,
            office=held.office,
            date=held.date,
            start=start,
            offered_at=now,
        )
    )
    record_waiting(session, booking, "waitlist_offered", actor=SYSTEM, now=now, start=start)
    announce_offer(session, booking=booking, offered=held, now=now, reference=facts)
