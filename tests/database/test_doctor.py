"""The doctor finds nothing on a sound database, and finds what somebody broke by hand."""

import pytest
from sqlalchemy import text

from scheduler.booking.book import book
from scheduler.booking.orders import Order
from scheduler.database.idempotency import plainly
from scheduler.queries.doctor import diagnose
from tests.factories import NOW, TUESDAY, World, at, order


def _broken(world: World) -> dict[str, int]:
    with world.database.transaction() as session:
        return {
            f"{finding.invariant} {finding.question}": finding.count
            for finding in diagnose(session)
            if finding.count
        }


def _book(world: World, minute: int = 0) -> None:
    asked = order(world.instruction(), start=at(TUESDAY, 10, minute))
    recipients = [{"name": "示例收信人", "mobile": "13800138000"}]
    book(
        world.database,
        actor=world.enterprise_actor(),
        order=Order.model_validate({**asked.model_dump(), "recipients": recipients}),
        now=NOW,
        keep=plainly,
    )


def test_a_sound_database_has_no_finding(world: World) -> None:
    """After a booking with a text every count is 0."""
    _book(world)
    assert _broken(world) == {}


@pytest.mark.parametrize(
    ("harm", "invariant"),
    [
        ("DELETE FROM message", "I8"),
        ("UPDATE message SET booking_version = 0 WHERE state = 'due'", "I10"),
        ("DELETE FROM crew WHERE seat = 1", "I2"),
        ("UPDATE booking SET version = 3", "I7"),
        ("UPDATE crew_history SET inspector = 1, seat = 1", "I1"),
        ("UPDATE booking_instruction SET takes = NOT takes", "I12"),
        ("DELETE FROM event", "I13"),
        ("DELETE FROM opening_hours", "I4"),
        ("INSERT INTO dock (site, code) VALUES ((SELECT site FROM booking LIMIT 1), 'd')", "I2"),
    ],
)
def test_harm_done_by_hand_is_found(world: World, harm: str, invariant: str) -> None:
    """With triggers out of the way somebody breaks a row; the doctor names the invariant."""
    _book(world)
    _book(world, 15)
    with world.database.transaction() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text(harm))
    assert any(question.startswith(invariant) for question in _broken(world)), _broken(world)
