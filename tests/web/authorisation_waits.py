"""Who waits, and who asked for many at once, in the district that the authorisation matrix asks about."""

from collections.abc import Callable
from datetime import timedelta

from scheduler.booking.batch.hold import hold_batch
from scheduler.booking.batch.orders import BatchOrder
from scheduler.booking.waitlist.entries import Wish, join_waitlist
from scheduler.booking.waitlist.offers import offer_earlier
from scheduler.database.idempotency import plainly
from scheduler.models import Booking
from scheduler.promise.reference import Reference
from tests.factories import TUESDAY, at
from tests.web.authorisation_scene import EVENING, OWNERS, Scene, Thing

MONDAY = TUESDAY + timedelta(days=6)


def add_waits(
    scene: Scene, *, book: Callable[..., Booking], keep: Callable[..., None], facts: Reference
) -> None:
    """Each owner has a booking with an open offer of something earlier, and one that waits for it."""
    database = scene.world.database
    for stage, day in (("offered", MONDAY), ("waiting", MONDAY + timedelta(days=2))):
        for place, owner in enumerate(OWNERS):
            actor = scene.world.enterprise_actor(scene.enterprises[owner])
            on = day + timedelta(days=place % 2)  # an office has one offer a day
            booking = book(scene, owner, actor, at(on, 15))
            wish = Wish(wished_from=at(on, 10), wished_to=at(on, 11))
            with database.transaction() as session:
                join_waitlist(
                    session, actor=actor, reference=booking.reference, wish=wish, now=EVENING, facts=facts
                )
            keep(scene, owner, stage, booking)
        if stage == "offered":
            assert offer_earlier(database, now=EVENING) == len(OWNERS)


def add_batches(scene: Scene, *, instruction: Callable[..., str]) -> None:
    """Each owner has a batch of one instruction; whoever asked for it sees it, nobody who is represented."""
    for place, owner in enumerate(OWNERS):
        number = scene.enterprises[owner]
        actor = scene.world.enterprise_actor(number)
        order = BatchOrder.model_validate(
            {
                "instructions": [{"reference": instruction(scene, owner)}],
                "wished_from": at(MONDAY, 8 + place, 30),
                "wished_to": at(MONDAY, 9 + place),
            }
        )
        batch = hold_batch(scene.world.database, actor=actor, order=order, now=EVENING, keep=plainly)
        ((held,),) = scene.run(
            "SELECT b.reference FROM batch_item AS i JOIN booking AS b ON b.id = i.booking"
            " WHERE i.batch = :batch",
            batch=batch.id,
        )
        marks = frozenset({batch.reference, str(held)})
        scene.keep(Thing("batch", owner, batch.reference, parties=frozenset({owner}), marks=marks))
