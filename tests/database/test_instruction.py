"""Instructions are put, changed and withdrawn; the booking is kept, ended or displaced, never in silence."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from scheduler import errors
from scheduler.access.actor import SYSTEM
from scheduler.booking.book import book
from scheduler.booking.orders import Order
from scheduler.database.idempotency import plainly
from scheduler.instruction.orders import InstructionOrder
from scheduler.instruction.put import InstructionWritten, put_instruction, withdraw_instruction
from scheduler.models import Booking, Enterprise
from scheduler.vocabulary import ReferenceKind
from tests.factories import NOW, TUESDAY, World, at, order

REFERENCE = "010020261900000001"


def _uscc(world: World) -> str:
    with world.database.snapshot() as session:
        return session.get_one(Enterprise, world.enterprises[0]).uscc


def _put(world: World, **values: object) -> InstructionWritten:
    facts: dict[str, object] = {
        "kind": "declaration",
        "reference": REFERENCE,
        "direction": "1",
        "office": "north",
        "site": "yard",
        "type": "standard",
        "represented": _uscc(world),
        "goods_category": "food",
        "hs_code": "1905310000",
    }
    return put_instruction(
        world.database,
        actor=SYSTEM,
        order=InstructionOrder.model_validate(facts | values),
        now=NOW,
        keep=plainly,
    )


def _book(world: World) -> Booking:
    return book(
        world.database,
        actor=world.enterprise_actor(),
        order=order(REFERENCE, start=at(TUESDAY, 10)),
        now=NOW,
        keep=plainly,
    )


def _booking(world: World) -> tuple[object, ...]:
    sql = "SELECT state, version, planned_minutes FROM booking WHERE replaces IS NULL"
    with world.database.snapshot() as session:
        return tuple(session.execute(text(sql)).one())


def test_the_same_instruction_again_changes_nothing(world: World) -> None:
    """Created, then unchanged: one version, one event."""
    assert _put(world).outcome == "created"
    again = _put(world)
    assert (again.outcome, again.version) == ("unchanged", 1)


def test_a_change_that_still_fits_keeps_the_booking(world: World) -> None:
    """Another name of the goods is of no concern to the crew."""
    _put(world)
    _book(world)
    written = _put(world, goods_name="饼干")
    assert (written.outcome, written.booking_outcome) == ("changed", "kept")
    assert _booking(world) == ("confirmed", 1, 30)


def test_a_longer_inspection_is_refitted_at_its_time(world: World) -> None:
    """The type lasts longer now: same start, crew proved again, people told."""
    _put(world)
    _book(world)
    world.type("thorough", minutes=90)
    written = _put(world, type="thorough")
    assert written.booking_outcome == "changed"
    assert _booking(world) == ("confirmed", 2, 90)


def test_what_no_longer_fits_is_displaced_with_times(world: World) -> None:
    """The deadline moved before the promised end: times are held, the promise is taken back."""
    _put(world)
    _book(world)
    written = _put(world, must_finish_by=at(TUESDAY, 10, 15), must_finish_kind="flight")
    assert written.booking_outcome == "displaced"
    assert _booking(world)[0] == "displaced"
    with world.database.snapshot() as session:
        ends = session.execute(text("SELECT max(upper(occupied)) FROM booking WHERE state = 'hold'"))
        latest = ends.scalar_one()
    assert latest is None or latest <= at(TUESDAY, 10, 15)


def test_a_withdrawn_instruction_ends_its_booking(world: World) -> None:
    """Nothing is left to inspect: cancelled with the reason, the crew is free."""
    _put(world)
    _book(world)
    written = withdraw_instruction(
        world.database,
        actor=SYSTEM,
        kind=ReferenceKind.DECLARATION,
        reference=REFERENCE,
        now=NOW,
        keep=plainly,
    )
    assert (written.outcome, written.booking_outcome) == ("withdrawn", "cancelled")
    assert _booking(world)[0] == "cancelled"
    with pytest.raises(errors.InstructionNotOpen):
        _book(world)


def test_an_instruction_still_to_come_is_asked_for_and_confirmed_on_arrival(world: World) -> None:
    """Requested with a time of answer; when the instruction arrives the wished time becomes the promise."""
    asked = Order.model_validate(
        {
            "instructions": [{"reference": REFERENCE}],
            "start": at(TUESDAY, 14),
            "attendee": "示例陪同人",
            "awaited": {
                "office": "north",
                "site": "yard",
                "type": "standard",
                "goods_category": "food",
                "represented": _uscc(world),
            },
        }
    )
    waiting = book(world.database, actor=world.enterprise_actor(), order=asked, now=NOW, keep=plainly)
    assert (waiting.state, waiting.request_reason) == ("requested", "instruction_awaited")
    assert waiting.answer_by is not None
    assert waiting.answer_by > NOW
    written = _put(world)
    assert (written.outcome, written.booking_outcome) == ("created", "confirmed")
    assert _booking(world)[0] == "confirmed"


def test_a_reference_that_another_awaits_stays_its_owners(world: World) -> None:
    """Asking for a foreign reference teaches nothing and takes nothing."""
    stranger = world.enterprise()
    with world.database.snapshot() as session:
        uscc = session.get_one(Enterprise, stranger).uscc
    _put(world)
    asked = Order.model_validate(
        {
            "instructions": [{"reference": REFERENCE}],
            "start": at(TUESDAY, 14),
            "attendee": "示例陪同人",
            "awaited": {
                "office": "north",
                "site": "yard",
                "type": "standard",
                "goods_category": "food",
                "represented": uscc,
            },
        }
    )
    waiting = book(world.database, actor=world.enterprise_actor(stranger), order=asked, now=NOW, keep=plainly)
    assert waiting.state == "requested"
    assert _book(world).state == "confirmed"


@pytest.mark.parametrize(
    ("values", "refusal", "field"),
    [
        ({"direction": "0"}, errors.DirectionMismatch, "/reference"),
        ({"represented": "911101050000000000"}, errors.WrongCheckDigit, "/represented"),
        ({"office": "nowhere"}, errors.UnknownOffice, "/office"),
        ({"site": "nowhere"}, errors.UnknownSite, "/site"),
        ({"type": "nothing"}, errors.MalformedField, "/type"),
        ({"hs_code": "12"}, errors.MalformedCode, "/hs_code"),
        ({"containers": ["ABC"]}, errors.Refusal, "/containers/0"),
    ],
)
def test_wrong_fields_are_named(
    world: World, values: dict[str, object], refusal: type[errors.Refusal], field: str
) -> None:
    """Each names its field and writes nothing."""
    with pytest.raises(refusal) as refused:
        _put(world, **values)
    assert refused.value.field == field
    with world.database.snapshot() as session:
        assert session.execute(text("SELECT count(*) FROM instruction")).scalar_one() == 0


def test_times_of_events_are_the_callers(world: World) -> None:
    """`now` is handed in: nothing stamps business rows with the server's clock."""
    _put(world)
    with world.database.snapshot() as session:
        stamped = session.execute(text("SELECT at FROM event")).scalar_one()
    assert abs(stamped - NOW) < timedelta(seconds=1)
