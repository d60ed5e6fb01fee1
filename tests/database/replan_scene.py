"""A disturbed Tuesday: what is reported, what is proposed, what is applied."""

from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import col, select

from scheduler.database.idempotency import plainly
from scheduler.models import Booking, Message, Replan
from scheduler.replan.applying import apply_replan
from scheduler.replan.orders import Choice, ReplanOrder
from scheduler.replan.proposing import propose_replan
from tests.factories import NOW, TUESDAY, World, at


def badge_of(world: World, inspector: int) -> str:
    """The badge of an inspector."""
    asked = text("SELECT badge FROM inspector WHERE id = :id")
    with world.database.snapshot() as session:
        return str(session.execute(asked, {"id": inspector}).scalar_one())


def ill(world: World, inspector: int, *, begins: datetime | None = None) -> dict[str, Any]:
    """An inspector is ill from Tuesday's first minute on, or from later."""
    moment = begins or at(TUESDAY, 0)
    return {
        "kind": "inspector_away",
        "badge": badge_of(world, inspector),
        "begins": moment,
        "reason": "示例",
    }


def propose(world: World, *causes: dict[str, Any], now: datetime = NOW) -> Replan:
    """Ask for proposals for Tuesday."""
    order = ReplanOrder.model_validate({"date": TUESDAY, "causes": causes})
    return propose_replan(world.database, actor=world.manager(), order=order, now=now, keep=plainly)


def apply_it(world: World, row: Replan, *, now: datetime = NOW, **choice: Any) -> Replan:
    """Apply a proposal, the first unless said otherwise."""
    assert row.id is not None
    return apply_replan(
        world.database,
        actor=world.manager(),
        number=row.id,
        choice=Choice.model_validate(choice),
        now=now,
        keep=plainly,
    )


def read(world: World, booking: Booking) -> Booking:
    """A booking as it is now."""
    with world.database.snapshot() as session:
        found = session.get_one(Booking, booking.id)
        session.expunge(found)
        return found


def offers_of(world: World, booking: Booking) -> list[datetime]:
    """The times held for a booking, in order."""
    asked = (
        select(col(Booking.planned_start))
        .where(col(Booking.replaces) == booking.id, col(Booking.state) == "hold")
        .order_by(col(Booking.planned_start))
    )
    with world.database.snapshot() as session:
        return [start for start in session.exec(asked) if start is not None]


def texts_of(world: World, booking: Booking) -> list[str]:
    """The kinds of texts that a booking's latest version was told."""
    asked = select(Message.kind).where(
        col(Message.booking) == booking.id,
        col(Message.booking_version) == read(world, booking).version,
        col(Message.kind).not_in(["reminder_24h", "reminder_2h"]),
    )
    with world.database.snapshot() as session:
        return list(session.exec(asked))
