"""Once the officers are there nobody is reminded of the visit any more."""

from tests.database.visit_scene import arrive, count, make_booking
from tests.factories import World

_DUE = "SELECT count(*) FROM message WHERE state = 'due'"


def test_arrival_cancels_what_is_due(world: World) -> None:
    """The reminders of the promise go with it, in the same transaction."""
    people = [{"name": "示例收信人", "mobile": "13800138000"}]
    booking = make_booking(world, recipients=people)
    assert count(world, _DUE) > 0
    arrive(world, booking)
    assert count(world, _DUE) == 0
