"""May this be booked at all? Facts are read, and every rule that needs no crew is put to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import text
from sqlmodel import Session, col, select

from scheduler.access.actor import Actor
from scheduler.booking.awaited import awaited_instructions
from scheduler.booking.instructed import InstructionFacts, Known, read_instructions
from scheduler.booking.orders import InstructionRef, Order, RecipientOrder
from scheduler.errors import (
    AlreadyInspected,
    AttendeeMissing,
    InstructionMissing,
    InstructionNotOpen,
    InstructionsDiffer,
    TooManyRecipients,
    UnknownInstruction,
)
from scheduler.models import Booking, Crew, CrewHistory
from scheduler.promise.reference import Reference, SiteFacts, TypeFacts
from scheduler.promise.rows import local_date
from scheduler.promise.search import Demand
from scheduler.rules.durations import GoodsLine, planned_minutes
from scheduler.rules.follow_ups import follow_up_reference, split_follow_up
from scheduler.rules.identifiers import compact, normal_mobile, normal_reference
from scheduler.rules.modes import require_bookable, waits_for_office
from scheduler.rules.policy import BookingRules, ReferencePatterns, VisitRules
from scheduler.rules.priority import Decision, decide
from scheduler.vocabulary import (
    PRIORITY_GOODS,
    CreditLevel,
    Direction,
    GoodsCategory,
    InstructionState,
    Priority,
    PriorityAnswer,
    RequestReason,
    RiskLevel,
)


@dataclass(frozen=True, slots=True)
class Admission:
    """What may be booked: the facts that the promise and its rows rest on, judged by `rules_version`."""

    rules_version: int
    instructions: tuple[InstructionFacts, ...]
    represented: int
    made_by: int
    type: TypeFacts
    site: SiteFacts
    demand: Demand
    decision: Decision | None
    waits: RequestReason | None
    follows: int | None
    must_finish_kind: str | None
    recipients: tuple[RecipientOrder, ...]

    @property
    def priority(self) -> Priority:
        """The class that counts now: an application that waits gives none yet."""
        if self.decision is not None and self.decision.answer is PriorityAnswer.GRANTED:
            return self.decision.priority
        return Priority.ORDINARY


def admit(session: Session, *, actor: Actor, order: Order, now: datetime, reference: Reference) -> Admission:
    """Read the instructions and refuse what cannot be booked.

    Raises:
        UnknownInstruction, InstructionMissing, InstructionNotOpen, InstructionsDiffer,
        NoVisitNeeded, FilingNumberMissing, ApprovalMissing, SiteKindUnfit, ReasonMissing,
        NotAMobile, TooManyRecipients, NoAuthority: see scheduler.errors.
    """
    version, rows, credit = _instructions(session, actor, order, now, reference)
    first = rows[0]
    _require_alike(rows)
    type_ = reference.types[_known(first.type)]
    site = _site(order, first, reference)
    require_fit(rows, type_, site)
    on = local_date(order.window[0])
    rules = reference.policy(BookingRules, office=site.office, on=on)
    must_finish_by, kind = _deadline(order, rows)
    decision = _decision(order, rows, site, on, reference)
    follows, excluded = _first_crew(session, rows, reference, site.office, on)
    return Admission(
        rules_version=version,
        instructions=tuple(rows),
        represented=first.represented,
        made_by=_made_by(actor, first),
        type=type_,
        site=site,
        demand=Demand(
            office=site.office,
            site=site.id,
            type=type_.id,
            minutes=minutes_for(rows, type_),
            credit=credit,
            green=decision is not None
            and decision.answer is PriorityAnswer.GRANTED
            and decision.priority in PRIORITY_GOODS,
            excluded=excluded,
            must_finish_by=must_finish_by,
        ),
        decision=decision,
        waits=_waits(rows, type_),
        follows=follows,
        must_finish_kind=kind,
        recipients=normal_recipients(order.recipients, rules),
    )


_CREDIT = text("""
SELECT level FROM enterprise_credit
WHERE enterprise = :enterprise AND valid_from <= :on AND (valid_to IS NULL OR valid_to > :on)
ORDER BY valid_from DESC LIMIT 1
""")


def credit_of(session: Session, enterprise: int, on: date) -> CreditLevel:
    """The credit level of an enterprise on a date; regular where nothing is recorded."""
    found = session.execute(_CREDIT, {"enterprise": enterprise, "on": on}).scalar()
    return CreditLevel(found) if found else CreditLevel.REGULAR


def require_attendee(attendee: str) -> None:
    """Refuse a booking that names nobody to attend (GACC Decree 138 arts 6-7).

    Raises:
        AttendeeMissing: the name is empty.
    """
    if not attendee.strip():
        raise AttendeeMissing(field="/attendee")


def _instructions(
    session: Session, actor: Actor, order: Order, now: datetime, reference: Reference
) -> tuple[int, list[InstructionFacts], CreditLevel]:
    """The latest rules version, the instructions of an order, and the credit level of whom they are for."""
    today, on = local_date(now), local_date(order.window[0])
    rules = reference.policy(BookingRules, office=None, on=today)
    asked = [
        (one.kind.value, stored_reference(one, patterns=rules.references, field=_field(place)))
        for place, one in enumerate(order.instructions)
    ]
    version, known = read_instructions(session, actor=actor, asked=asked, on=on, today=today)
    rows: list[InstructionFacts] = []
    for place, one in enumerate(known):
        if one.facts is None and order.awaited is None:
            raise UnknownInstruction(field=_field(place), reference=asked[place][1])
        if one.facts is not None:
            rows.append(_open(one.facts, one, _field(place)))
    if len(rows) == len(known):
        return version, rows, known[0].credit
    if rows or order.awaited is None:
        raise InstructionsDiffer(field="/instructions")
    awaited = awaited_instructions(session, actor=actor, order=order, on=today, reference=reference)
    rows = [InstructionFacts.of(row) for row in awaited]
    return version, rows, credit_of(session, rows[0].represented, on)


def stored_reference(asked: InstructionRef, *, patterns: ReferencePatterns, field: str) -> str:
    """The stored form of a reference; a follow-up's is the first one's, a slash and its number.

    Raises:
        MalformedCode: naming the field.
    """
    root, number = split_follow_up(compact(asked.reference))
    first = normal_reference(asked.kind, root, direction=None, patterns=patterns, field=field)
    return first if number == 1 else follow_up_reference(first, number)


def _field(place: int) -> str:
    return f"/instructions/{place}/reference"


def _open(instruction: InstructionFacts, known: Known, field: str) -> InstructionFacts:
    if instruction.state == InstructionState.WITHDRAWN.value:
        raise InstructionNotOpen(field=field, reference=instruction.reference)
    if known.inspected:
        raise AlreadyInspected(field=field, reference=instruction.reference)
    return instruction


def _require_alike(rows: Sequence[InstructionFacts]) -> None:
    alike = {(row.represented, row.office, row.type, row.site) for row in rows}
    if len(alike) != 1:
        raise InstructionsDiffer(field="/instructions")
    if len({row.id for row in rows}) != len(rows):
        raise InstructionsDiffer(field="/instructions")


def require_fit(rows: Sequence[InstructionFacts], type_: TypeFacts, site: SiteFacts) -> None:
    """Refuse what the mode of inspection does not allow, instruction by instruction.

    Raises:
        NoVisitNeeded, FilingNumberMissing, ApprovalMissing, SiteKindUnfit, ReasonMissing.
    """
    for row in rows:
        require_bookable(
            type_.mode,
            filing_number=row.filing_number,
            approval_number=row.approval_number,
            risk_level=None if row.risk_level is None else RiskLevel(row.risk_level),
            site_kind=site.kind,
            off_site_reason=row.off_site_reason,
            site_kinds=type_.site_kinds,
        )


def _site(order: Order, first: InstructionFacts, reference: Reference) -> SiteFacts:
    if order.site is None:
        return reference.sites[_known(first.site)]
    office = first.office if order.office is None else reference.office_by_code(order.office).id
    return reference.site_by_code(office, order.site)


def _known(value: int | None) -> int:
    if value is None:
        raise InstructionMissing(field="/instructions")
    return value


def _made_by(actor: Actor, first: InstructionFacts) -> int:
    if actor.enterprise is not None:
        return actor.enterprise
    if actor.call is not None and actor.call.enterprise is not None:
        return actor.call.enterprise
    return first.represented


def minutes_for(rows: Sequence[InstructionFacts], type_: TypeFacts) -> int:
    """Planned minutes of one visit that inspects these instructions."""
    lines = []
    for row in rows:
        base, per_unit = type_.durations.get(row.goods_category or "", _longest(type_))
        lines.append(GoodsLine(base, per_unit, row.units))
    return planned_minutes(lines)


def _longest(type_: TypeFacts) -> tuple[float, float]:
    """Goods without a duration of their own are planned as the type's longest."""
    return max(type_.durations.values(), default=(60.0, 0.0))


def _deadline(order: Order, rows: Sequence[InstructionFacts]) -> tuple[datetime | None, str | None]:
    known = [(row.must_finish_by, row.must_finish_kind) for row in rows if row.must_finish_by is not None]
    if order.must_finish_by is not None:
        kind = None if order.must_finish_kind is None else order.must_finish_kind.value
        known.append((order.must_finish_by, kind))
    return min(known, key=lambda pair: pair[0]) if known else (None, None)


def _decision(
    order: Order, rows: Sequence[InstructionFacts], site: SiteFacts, on: date, reference: Reference
) -> Decision | None:
    if not order.apply_for_priority:
        return None
    decisions = [
        decide(
            reference.priority_rules,
            office=site.office,
            direction=None if row.direction is None else Direction(row.direction),
            hs_code=row.hs_code,
            category=None if row.goods_category is None else GoodsCategory(row.goods_category),
            on=on,
        )
        for row in rows
    ]
    worst_first = (PriorityAnswer.REFUSED, PriorityAnswer.AWAITING_OFFICE, PriorityAnswer.GRANTED)
    return min(decisions, key=lambda decision: worst_first.index(decision.answer))


def _waits(rows: Sequence[InstructionFacts], type_: TypeFacts) -> RequestReason | None:
    if any(row.state == InstructionState.AWAITED.value for row in rows):
        return RequestReason.INSTRUCTION_AWAITED
    reasons = (
        waits_for_office(type_.mode, None if row.risk_level is None else RiskLevel(row.risk_level))
        for row in rows
    )
    return next((reason for reason in reasons if reason is not None), None)


def _first_crew(
    session: Session, rows: Sequence[InstructionFacts], reference: Reference, office: int, on: date
) -> tuple[int | None, frozenset[int]]:
    """The visit that this one follows, and its officers where the policy bars them."""
    follows = next((row.follows for row in rows if row.follows is not None), None)
    barred = [row.follows for row in rows if row.follows is not None and row.excludes_first_crew]
    if not barred or not reference.policy(VisitRules, office=office, on=on).first_crew_excluded:
        return follows, frozenset()
    crew = session.exec(select(Crew.inspector).where(col(Crew.booking).in_(barred))).all()
    if not crew:
        crew = session.exec(
            select(CrewHistory.inspector)
            .join(Booking, col(Booking.id) == CrewHistory.booking)
            .where(col(CrewHistory.booking).in_(barred), col(CrewHistory.occupied) == col(Booking.occupied))
        ).all()
    return follows, frozenset(crew)


def normal_recipients(asked: Sequence[RecipientOrder], rules: BookingRules) -> tuple[RecipientOrder, ...]:
    """The recipients with their numbers in stored form.

    Raises:
        TooManyRecipients, NotAMobile: naming the field.
    """
    if len(asked) > rules.max_recipients:
        raise TooManyRecipients(field="/recipients", most=rules.max_recipients)
    return tuple(
        recipient.model_copy(
            update={"mobile": normal_mobile(recipient.mobile, field=f"/recipients/{place}/mobile")}
        )
        for place, recipient in enumerate(asked)
    )
