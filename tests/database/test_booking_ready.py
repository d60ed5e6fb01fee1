"""Goods ready: kept for the measures of waiting, without touching promise or texts."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from scheduler import errors
from scheduler.booking.book import book
from scheduler.booking.orders import RecipientOrder
from scheduler.booking.ready import report_ready
from scheduler.database.idempotency import plainly
from tests.factories import NOW, TUESDAY, World, at, order


def test_ready_goods_keep_the_texts_that_are_due(world: World) -> None:
    """The version steps, the reminders go on with it."""
    told = (RecipientOrder(name="示例收信人", mobile="13800138000"),)
    booking = book(
        world.database,
        actor=world.enterprise_actor(),
        order=order(world.instruction(), start=at(TUESDAY, 10), recipients=told),
        now=NOW,
        keep=plainly,
    )
    with world.database.transaction() as session:
        ready = report_ready(
            session,
            actor=world.enterprise_actor(),
            reference=booking.reference,
            version=1,
            ready_at=at(TUESDAY, 9, 40),
            now=NOW,
        )
    assert (ready.version, ready.goods_ready_at) == (2, at(TUESDAY, 9, 40))
    with world.database.snapshot() as session:
        due = session.execute(
            text("SELECT count(*) FROM message WHERE state = 'due' AND booking_version = 2")
        )
        assert due.scalar_one() >= 2


def test_goods_are_not_ready_before_they_were_booked(world: World) -> None:
    """A slip in the date is refused with the field."""
    booking = book(
        world.database,
        actor=world.enterprise_actor(),
        order=order(world.instruction(), start=at(TUESDAY, 10)),
        now=NOW,
        keep=plainly,
    )
    with world.database.transaction() as session, pytest.raises(errors.PastTime) as refused:
        report_ready(
            session,
            actor=world.enterprise_actor(),
            reference=booking.reference,
            version=1,
            ready_at=NOW - timedelta(days=1),
            now=NOW,
        )
    assert refused.value.field == "/ready_at"
