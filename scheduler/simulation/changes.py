"""What people change about bookings that stand: moved at once or by a held time, cancelled with a reason."""

from datetime import datetime, timedelta
from typing import Any

from scheduler.booking.cancel import cancel
from scheduler.booking.confirm import confirm
from scheduler.booking.move import hold_move, move
from scheduler.booking.orders import Details
from scheduler.booking.ready import report_ready
from scheduler.errors import Refusal
from scheduler.simulation.people import speaking
from scheduler.simulation.scene import Scene
from scheduler.simulation.tally import NATURAL
from scheduler.simulation.wishes import heed, keep_as, some_start
from scheduler.vocabulary import CallEnd, Channel

_STANDING = """
SELECT reference, version, enterprise, made_by, state FROM booking
WHERE state = ANY(:states) AND replaces IS NULL
  AND (planned_start IS NULL OR planned_start > :soon)
ORDER BY id
"""

_REASONS = ("示例：货物延误到达", "示例：单证需要更正", "示例：车辆安排有变")
_ALSO_CHANGED = NATURAL | {"wrong_state", "stale_version"}


def standing(scene: Scene, now: datetime, *states: str, ahead: timedelta = timedelta(hours=3)) -> Any | None:
    """A booking at random that stands for a while yet: number, version, enterprise, made_by, state."""
    found = scene.ask(_STANDING, states=list(states), soon=now + ahead)
    return scene.random.choice(found) if found else None


def change_time(scene: Scene, now: datetime, channel: Channel) -> None:
    """Move a booking; who is refused a time takes the first alternative, if there is one."""
    booking = standing(scene, now, "confirmed")
    if booking is None:
        return
    if scene.random.random() < 0.4:  # noqa: PLR2004 - two in five look at the new time first
        _move_by_hold(scene, now, channel, booking)
        return
    refusal = _move(scene, now, channel, booking, some_start(scene, now))
    if refusal is not None and refusal.alternatives:
        _move(scene, now, channel, booking, refusal.alternatives[-1])


def _move(scene: Scene, now: datetime, channel: Channel, booking: Any, start: datetime) -> Refusal | None:
    heard: list[Refusal] = []
    with (
        scene.tally.asking("move", channel),
        speaking(scene, channel, booking.enterprise, now, ends=CallEnd.CHANGED) as actor,
    ):
        try:
            heed(
                move(
                    scene.database,
                    actor=actor,
                    reference=booking.reference,
                    version=booking.version,
                    start=start,
                    now=now,
                    keep=keep_as(scene, actor, now),
                )
            )
        except Refusal as refusal:
            heard.append(refusal)
            raise
    return heard[0] if heard else None


def _move_by_hold(scene: Scene, now: datetime, channel: Channel, booking: Any) -> None:
    with (
        scene.tally.asking("hold another time", channel),
        speaking(scene, channel, booking.enterprise, now, ends=CallEnd.CHANGED) as actor,
    ):
        held = heed(
            hold_move(
                scene.database,
                actor=actor,
                reference=booking.reference,
                version=booking.version,
                start=some_start(scene, now),
                now=now,
                keep=keep_as(scene, actor, now),
            )
        )
        party, number = booking.enterprise, held.reference
        scene.agenda.put(now + timedelta(minutes=2), lambda when: take(scene, when, channel, party, number))


def take(scene: Scene, now: datetime, channel: Channel, party: int, held: str) -> None:
    """Take a time that is held for a booking; it may have changed meanwhile."""
    with (
        scene.tally.asking("take the held time", channel, may=_ALSO_CHANGED),
        speaking(scene, channel, party, now, ends=CallEnd.CHANGED) as actor,
    ):
        heed(
            confirm(
                scene.database,
                actor=actor,
                reference=held,
                version=None,
                details=Details(),
                now=now,
                keep=keep_as(scene, actor, now),
            )
        )


def call_off(scene: Scene, now: datetime, channel: Channel) -> None:
    """Cancel a booking or a request with a reason."""
    booking = standing(scene, now, "confirmed", "confirmed", "requested", ahead=timedelta(minutes=15))
    if booking is None:
        return
    with (
        scene.tally.asking("cancel", channel),
        speaking(scene, channel, booking.enterprise, now, ends=CallEnd.CHANGED) as actor,
    ):
        heed(
            cancel(
                scene.database,
                actor=actor,
                reference=booking.reference,
                version=booking.version,
                reason=scene.random.choice(_REASONS),
                now=now,
                keep=keep_as(scene, actor, now),
            )
        )


_NEAR = """
SELECT reference, version, enterprise FROM booking
WHERE state IN ('confirmed', 'in_progress') AND goods_ready_at IS NULL AND date = :day
  AND planned_start BETWEEN :since AND :until
ORDER BY id
"""


def say_ready(scene: Scene, now: datetime, channel: Channel) -> None:
    """Say that the goods are ready, some time before the promise or a little after it."""
    spans = {"since": now - timedelta(minutes=10), "until": now + timedelta(hours=2)}
    near = scene.ask(_NEAR, day=scene.day, **spans)
    if not near:
        return
    booking = scene.random.choice(near)
    with (
        scene.tally.asking("say the goods are ready", channel),
        speaking(scene, channel, booking.enterprise, now, ends=CallEnd.INFORMATION) as actor,
        scene.database.transaction() as session,
    ):
        report_ready(
            session,
            actor=actor,
            reference=booking.reference,
            version=booking.version,
            ready_at=None,
            now=now,
        )
