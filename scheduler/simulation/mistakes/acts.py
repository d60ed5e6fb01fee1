"""What can be wrong in changes, calls, visits and rosters."""

from datetime import datetime, timedelta

from scheduler.access.calls import actor_in_call, close_call, find_enterprise, open_call
from scheduler.booking.cancel import cancel
from scheduler.booking.confirm import confirm
from scheduler.booking.move import move
from scheduler.booking.orders import Details
from scheduler.database.idempotency import plainly
from scheduler.roster.absences import record_absence
from scheduler.roster.orders import AbsenceOrder
from scheduler.simulation.changes import standing
from scheduler.simulation.mistakes.orders import a_good_start
from scheduler.simulation.people import desk_agent, enterprise_actor, manager, mobile
from scheduler.simulation.scene import Scene
from scheduler.visit.record import record_arrival
from scheduler.vocabulary import AbsenceKind, CallEnd, Channel


def a_stale_version(scene: Scene, now: datetime) -> None:
    """A change that is based on a version nobody has seen."""
    booking = standing(scene, now, "confirmed")
    if booking is None:
        return
    actor = enterprise_actor(scene, booking.enterprise, Channel.PORTAL, now)
    with scene.tally.erring("stale_version"):
        move(
            scene.database,
            actor=actor,
            reference=booking.reference,
            version=99,
            start=a_good_start(scene),
            now=now,
            keep=plainly,
        )


def a_foreign_number(scene: Scene, now: datetime) -> None:
    """Another enterprise's booking looks like none at all."""
    _try_to_cancel(scene, now, "confirmed", "unknown_booking", reason="示例", foreign=True)


def without_a_reason(scene: Scene, now: datetime) -> None:
    """A cancellation gives its reason."""
    _try_to_cancel(scene, now, "confirmed", "reason_missing", reason="  ")


def cancelled_before(scene: Scene, now: datetime) -> None:
    """What is cancelled cannot be cancelled again."""
    _try_to_cancel(scene, now, "cancelled", "wrong_state", reason="示例")


def _try_to_cancel(
    scene: Scene, now: datetime, state: str, code: str, *, reason: str, foreign: bool = False
) -> None:
    booking = standing(scene, now, state)
    if booking is None:
        return
    party = booking.enterprise
    if foreign:
        strangers = "SELECT id FROM enterprise WHERE kind = 'trader' AND id NOT IN (:one, :two) ORDER BY id"
        party = scene.ask(strangers, one=booking.enterprise, two=booking.made_by)[0].id
    actor = enterprise_actor(scene, party, Channel.PORTAL, now)
    with scene.tally.erring(code):
        cancel(
            scene.database,
            actor=actor,
            reference=booking.reference,
            version=None,
            reason=reason,
            now=now,
            keep=plainly,
        )


def a_lapsed_hold(scene: Scene, now: datetime) -> None:
    """A hold that was given up by itself."""
    lapsed = (
        "SELECT reference, enterprise FROM booking WHERE state = 'expired' AND replaces IS NULL ORDER BY id"
    )
    found = scene.ask(lapsed)
    if not found:
        return
    booking = found[-1]
    actor = enterprise_actor(scene, booking.enterprise, Channel.PORTAL, now)
    with scene.tally.erring("hold_expired"):
        confirm(
            scene.database,
            actor=actor,
            reference=booking.reference,
            version=None,
            details=Details(attendee="示例陪同人"),
            now=now,
            keep=plainly,
        )


def without_a_call(scene: Scene, now: datetime) -> None:
    """The desk acts only within an open call."""
    with scene.tally.erring("call_needed"), scene.database.transaction() as session:
        actor_in_call(session, actor=desk_agent(scene, now), reference=None, now=now)


def two_callers_in_one(scene: Scene, now: datetime) -> None:
    """A call that speaks for one enterprise is asked to speak for another."""
    agent = desk_agent(scene, now)
    first, second = scene.ask("SELECT uscc FROM enterprise WHERE kind = 'trader' ORDER BY id LIMIT 2")
    with scene.database.transaction() as session:
        call = open_call(session, actor=agent, caller_name="示例来电人", caller_phone=mobile(0), now=now)
        calling = actor_in_call(session, actor=agent, reference=call.reference, now=now)
        find_enterprise(session, actor=calling, query=first.uscc, now=now)
    with scene.tally.erring("call_bound"), scene.database.transaction() as session:
        find_enterprise(session, actor=calling, query=second.uscc, now=now)
    with scene.database.transaction() as session:
        close_call(
            session,
            actor=agent,
            reference=call.reference,
            reason=CallEnd.WRONG_NUMBER,
            note=None,
            now=now,
        )


def an_enterprise_at_the_desk(scene: Scene, now: datetime) -> None:
    """Only the desk takes calls."""
    trader = scene.ask("SELECT id FROM enterprise WHERE kind = 'trader' ORDER BY id LIMIT 1")[0].id
    actor = enterprise_actor(scene, trader, Channel.PORTAL, now)
    with scene.tally.erring("forbidden"), scene.database.transaction() as session:
        open_call(session, actor=actor, caller_name="示例来电人", caller_phone=mobile(1), now=now)


def before_its_day(scene: Scene, now: datetime) -> None:
    """Officers cannot have come to a visit of another day."""
    found = scene.ask(
        "SELECT reference, office FROM booking WHERE state = 'confirmed' AND date > :day ORDER BY id LIMIT 1",
        day=scene.day,
    )
    if not found:
        return
    actor = manager(scene, found[0].office, now)
    with scene.tally.erring("too_early"), scene.database.transaction() as session:
        record_arrival(session, actor=actor, reference=found[0].reference, now=now)


def an_unknown_inspector(scene: Scene, now: datetime) -> None:
    """Nobody has this badge."""
    office = scene.ask("SELECT id FROM office ORDER BY id LIMIT 1")[0].id
    order = AbsenceOrder(
        badge="NOBODY", kind=AbsenceKind.LEAVE, begins=now, ends=now + timedelta(days=1), reason="示例"
    )
    actor = manager(scene, office, now)
    with scene.tally.erring("unknown_inspector"):
        record_absence(scene.database, actor=actor, order=order, displace=False, now=now, keep=plainly)
