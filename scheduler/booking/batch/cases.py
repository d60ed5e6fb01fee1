"""Each instruction of a batch judged by itself: what may be booked, and why the others may not."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

from scheduler import errors
from scheduler.access.actor import Actor
from scheduler.booking.admission import Admission, admit
from scheduler.booking.batch.orders import BatchOrder
from scheduler.errors import Plain
from scheduler.promise.reference import Reference
from scheduler.promise.rows import local_date
from scheduler.rules.policy import BookingRules
from scheduler.rules.priority import rank
from scheduler.vocabulary import OPEN_STATES

_TAKEN = text("""
SELECT i.instruction FROM booking_instruction AS i JOIN booking AS b ON b.id = i.booking
WHERE i.instruction = ANY(:instructions) AND i.takes AND (b.state <> 'hold' OR b.expires_at > :now)
""")
_OPEN = text("""
SELECT b.enterprise, count(*) FROM booking AS b
WHERE b.enterprise = ANY(:enterprises) AND b.state = ANY(:open) AND b.replaces IS NULL
    AND (b.state <> 'hold' OR b.expires_at > :now)
GROUP BY b.enterprise
""")


@dataclass(frozen=True, slots=True)
class Case:
    """One instruction of a batch: what may be booked, with its place in the office's order; or why not.

    `reason` is the code of a refusal, of what waits for the office's word, or of the solver.
    """

    place: int
    admission: Admission | None = None
    rank: int = 0
    reason: str | None = None
    values: Mapping[str, Plain] = field(default_factory=dict)
    alternatives: Sequence[datetime] = ()

    def refused(self, reason: str, **values: Plain) -> "Case":
        """The case with a reason why it has no place."""
        return replace(self, reason=reason, values=values)

    @property
    def asked(self) -> Admission | None:
        """What a place is looked for; None if it has been refused."""
        return self.admission if self.reason is None else None


def judge_cases(
    session: Session, *, actor: Actor, order: BatchOrder, now: datetime, facts: Reference
) -> list[Case]:
    """Judge every instruction as `book` does; caps count for each enterprise, first come by priority."""
    cases = [
        _judge(session, place, actor=actor, order=order, now=now, facts=facts)
        for place in range(len(order.instructions))
    ]
    cases = _without_taken(session, cases, now)
    return _within_caps(session, cases, facts, now)


def _judge(
    session: Session, place: int, *, actor: Actor, order: BatchOrder, now: datetime, facts: Reference
) -> Case:
    try:
        found = admit(session, actor=actor, order=order.of_one(place), now=now, reference=facts)
    except errors.Unavailable:
        raise
    except errors.Refusal as refusal:
        return Case(place, reason=refusal.code, values=refusal.values)
    rules = facts.policy(BookingRules, office=found.site.office, on=local_date(now))
    case = Case(place, found, rank(found.priority, found.demand.credit, rules.priority_order))
    return case if found.waits is None else case.refused(found.waits.value)


def _without_taken(session: Session, cases: Sequence[Case], now: datetime) -> list[Case]:
    """Refuse what has a booking, and what the batch names twice."""
    ids = [one.asked.instructions[0].id for one in cases if one.asked is not None]
    seen = set(session.execute(_TAKEN, {"instructions": ids, "now": now}).scalars())
    kept = []
    for case in cases:
        one = case.asked
        taken = one is not None and one.instructions[0].id in seen
        kept.append(case.refused(errors.InstructionTaken.code) if taken else case)
        seen |= set() if one is None else {one.instructions[0].id}
    return kept


def _within_caps(session: Session, cases: Sequence[Case], facts: Reference, now: datetime) -> list[Case]:
    values = {
        "enterprises": sorted({one.asked.represented for one in cases if one.asked is not None}),
        "open": [state.value for state in OPEN_STATES],
        "now": now,
    }
    used = Counter[int]()
    for enterprise, count in session.execute(_OPEN, values).all():
        used[enterprise] = count
    kept = {}
    for case in sorted(cases, key=lambda one: (one.rank, one.place)):
        kept[case.place] = case
        if case.asked is None:
            continue
        rules = facts.policy(BookingRules, office=case.asked.site.office, on=local_date(now))
        cap = rules.caps.of(case.asked.demand.credit)
        if used[case.asked.represented] >= cap:
            kept[case.place] = case.refused(errors.CapReached.code, cap=cap)
        used[case.asked.represented] += 1
    return [kept[place] for place in range(len(cases))]
