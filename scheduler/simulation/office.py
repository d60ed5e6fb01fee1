"""The offices of the simulation: they answer requests, decide on priority, and people fall ill."""

from datetime import date, datetime, time, timedelta
from typing import Any

from scheduler.access.actor import Actor
from scheduler.booking.answer import accept_request, refuse_request
from scheduler.booking.priority import decide_priority
from scheduler.database.idempotency import plainly
from scheduler.errors import HurtsBookings, Refusal
from scheduler.promise.boards import boards_of
from scheduler.roster.absences import record_absence
from scheduler.roster.changes import RosterChange
from scheduler.roster.duties import add_duty
from scheduler.roster.orders import AbsenceOrder, DutyOrder
from scheduler.simulation.changes import take
from scheduler.simulation.people import manager
from scheduler.simulation.scene import Scene, at
from scheduler.vocabulary import AbsenceKind, Channel, DutyKind, RequestReason

_WAITING = """
SELECT reference, version, office, date, wished_from, request_reason FROM booking
WHERE state = 'requested' AND requested_at <= :before ORDER BY answer_by, id
"""

_UNDECIDED = """
SELECT b.reference, b.version, b.office FROM priority_application AS p JOIN booking AS b ON b.id = p.booking
WHERE p.answer = 'awaiting_office' AND b.state = 'confirmed' ORDER BY b.id
"""

_FIRST_OF_OFFICE = """
SELECT badge FROM inspector WHERE office = :office AND in_service
  AND NOT EXISTS (SELECT FROM duty WHERE duty.inspector = inspector.id AND duty.date = :day)
ORDER BY id LIMIT 6
"""

_HURT = """
SELECT i.badge, b.reference FROM booking AS b
JOIN crew AS c ON c.booking = b.id JOIN inspector AS i ON i.id = c.inspector
WHERE b.state = 'confirmed' AND b.date = :day AND b.planned_start > :after AND i.office = b.office
ORDER BY (SELECT count(*) FROM duty JOIN inspector_qualification AS q ON q.inspector = duty.inspector
          JOIN seat ON seat.type = b.type AND seat.number = 1 AND q.qualification = ANY (seat.qualifications)
          WHERE duty.office = b.office AND duty.date = b.date), b.id, c.seat
"""

_KEPT_TIMES = """
SELECT held.reference, b.made_by FROM booking AS held JOIN booking AS b ON b.id = held.replaces
WHERE b.reference = :reference AND held.state = 'hold' ORDER BY held.planned_start, held.id
"""

_GOES_ILL_WITHIN = 12
"""How many colleagues may fall ill until a promise cannot be kept."""


def answer_requests(scene: Scene, now: datetime) -> None:
    """Each office answers what has waited for half an hour, and decides on applications for priority."""
    for request in scene.ask(_WAITING, before=now - timedelta(minutes=30)):
        if request.request_reason != RequestReason.INSTRUCTION_AWAITED:
            _answer(scene, now, request)
    for applied in scene.ask(_UNDECIDED):
        with scene.database.transaction() as session:
            decide_priority(
                session,
                actor=manager(scene, applied.office, now),
                reference=applied.reference,
                version=applied.version,
                grant=scene.random.random() < 0.7,  # noqa: PLR2004 - seven in ten are granted
                why="示例：按货物状况",
                now=now,
                facts=boards_of(scene.database).latest(session),
            )
        scene.tally.acts["office", "decide on priority"] += 1


def _answer(scene: Scene, now: datetime, request: Any) -> None:
    actor = manager(scene, request.office, now)
    if request.request_reason == RequestReason.REST_DAY:
        _put_on_overtime(scene, now, actor, request.date)
    if scene.random.random() < 0.8:  # noqa: PLR2004 - four in five are accepted when a crew is found
        with scene.tally.asking("accept a request", Channel.OFFICE):
            _accept(scene, now, actor, request)
            return
    _refuse(scene, now, actor, request)


def _accept(scene: Scene, now: datetime, actor: Actor, request: Any) -> None:
    """Confirm at the first quarter of the wished time, or at the nearest time that is true."""
    wished = request.wished_from
    quarter = wished + timedelta(minutes=-wished.minute % 15)
    try:
        _accept_at(scene, now, actor, request, quarter)
    except Refusal as refusal:
        if not refusal.alternatives or request.request_reason == RequestReason.REST_DAY:
            raise
        _accept_at(scene, now, actor, request, refusal.alternatives[0])


def _accept_at(scene: Scene, now: datetime, actor: Actor, request: Any, start: datetime) -> None:
    accept_request(
        scene.database,
        actor=actor,
        reference=request.reference,
        version=request.version,
        start=start,
        now=now,
        keep=plainly,
    )


def _refuse(scene: Scene, now: datetime, actor: Actor, request: Any) -> None:
    with scene.database.transaction() as session:
        refuse_request(
            session,
            actor=actor,
            reference=request.reference,
            version=request.version,
            reason="示例：当日无法安排查检人员",
            now=now,
            facts=boards_of(scene.database).latest(session),
        )
    scene.tally.acts["office", "refuse a request"] += 1


def _put_on_overtime(scene: Scene, now: datetime, actor: Actor, day: date) -> None:
    """The office verifies the need and arranges overtime, once for each of its rest days."""
    assert actor.office is not None  # noqa: S101 - a manager's
    if (actor.office, day) in scene.overtime:
        return
    scene.overtime.add((actor.office, day))
    for row in scene.ask(_FIRST_OF_OFFICE, office=actor.office, day=day):
        order = DutyOrder(
            badge=row.badge, date=day, begins=time(8, 30), ends=time(17, 30), kind=DutyKind.OVERTIME
        )
        with scene.tally.asking("arrange overtime", Channel.OFFICE):
            add_duty(scene.database, actor=actor, order=order, now=now, keep=plainly)


def one_is_absorbed(scene: Scene, now: datetime) -> None:
    """Somebody calls in sick before work, and the crews are re-made: all promises stand."""
    for candidate in reversed(scene.ask(_HURT, day=scene.day, after=now + timedelta(hours=1))):
        try:
            change = _fall_ill(scene, now, candidate.badge, displace=False)
        except HurtsBookings as refusal:
            scene.tally.refusals[refusal.code] += 1
        else:
            _note(scene, change)
            return


def one_is_displaced(scene: Scene, now: datetime) -> None:
    """A wave of illness goes through the scarcest crew until a promise cannot be kept any more."""
    candidates = scene.ask(_HURT, day=scene.day, after=now + timedelta(hours=2))
    if not candidates:
        return
    number = candidates[0].reference
    for _ in range(_GOES_ILL_WITHIN):
        crew = [row.badge for row in scene.ask(_HURT, day=scene.day, after=now) if row.reference == number]
        if not crew:
            return
        try:
            _note(scene, _fall_ill(scene, now, crew[0], displace=False))
        except HurtsBookings as refusal:
            scene.tally.refusals[refusal.code] += 1
            change = _fall_ill(scene, now, crew[0], displace=True)
            _note(scene, change)
            for displaced in change.displaced:
                _take_soon(scene, now, displaced)
            return


def _take_soon(scene: Scene, now: datetime, number: str) -> None:
    """An hour later the enterprise takes one of the times that are kept for it."""
    kept = scene.ask(_KEPT_TIMES, reference=number)
    if not kept:
        return
    chosen = scene.random.choice(kept)

    def take_it(when: datetime) -> None:
        take(scene, when, Channel.PORTAL, chosen.made_by, chosen.reference)
        state = scene.ask("SELECT state FROM booking WHERE reference = :number", number=number)[0].state
        scene.tally.taken += state == "confirmed"

    scene.agenda.put(now + timedelta(hours=1), take_it)


def _fall_ill(scene: Scene, now: datetime, badge: str, *, displace: bool) -> RosterChange:
    """Record a day's sickness of an inspector."""
    (row,) = scene.ask("SELECT office FROM inspector WHERE badge = :badge", badge=badge)
    order = AbsenceOrder(
        badge=badge,
        kind=AbsenceKind.SICK,
        begins=at(scene.day, 0),
        ends=at(scene.day + timedelta(days=1), 0),
        reason="示例：病假",
    )
    return record_absence(
        scene.database,
        actor=manager(scene, row.office, now),
        order=order,
        displace=displace,
        now=now,
        keep=plainly,
    )


def _note(scene: Scene, change: RosterChange) -> None:
    scene.tally.acts["office", "record a sick leave"] += 1
    scene.tally.recrewed += len(change.recrewed)
    scene.tally.displaced += len(change.displaced)
