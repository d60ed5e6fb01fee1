"""Every change of a booking writes its texts in its own transaction, and takes the untrue ones back."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from notifications.templates import render
from notifications.variables import Language
from scheduler.models import Booking, Message, Policy, Recipient
from scheduler.promise.reference import Reference, read_reference
from scheduler.reminders.announce import What, announce, keep_texts
from tests.database.reminder_rows import ANOTHER, MOBILE, START, add_booking, promised, step
from tests.factories import NOW, TODAY, World, at, make_world

DAY_BEFORE, HOURS_BEFORE = START - timedelta(hours=24), START - timedelta(hours=2)


@pytest.fixture(scope="module")
def world(module_database_url: str) -> Iterator[World]:
    """A district without duties, shared: no test commits."""
    made = make_world(module_database_url, inspectors=0, with_duties=False)
    yield made
    made.database.close()


@pytest.fixture
def session(world: World) -> Iterator[Session]:
    """A transaction that is rolled back: live bookings of these tests have no crews."""
    with Session(world.database.engine) as opened:
        yield opened


@pytest.fixture
def reference(session: Session) -> Reference:
    """The district's reference."""
    return read_reference(session)


def texts_of(session: Session, booking: Booking) -> list[Message]:
    """A booking's texts by due time."""
    query = select(Message).where(Message.booking == booking.id).execution_options(populate_existing=True)
    return list(session.exec(query.order_by(col(Message.due), col(Message.id))).all())


def summary(session: Session, booking: Booking) -> list[tuple[str, int | None, str]]:
    """Kind, version and state of a booking's texts."""
    return [(row.kind, row.booking_version, row.state) for row in texts_of(session, booking)]


def say(row: Message) -> str:
    """The text that a row becomes, without its signature and code."""
    text = render(row.kind, language=Language(row.language), variables=row.variables, mark=row.code).text
    return text.removeprefix("【属地查检】").removeprefix("Customs inspection: ").partition("#")[0].strip()


def test_confirmed_booking_gets_three_texts(world: World, session: Session, reference: Reference) -> None:
    """Confirmation now, a reminder a day and one two hours before, each useless after its time."""
    booking = add_booking(session, world, **promised())
    announce(session, booking=booking, what=What.CONFIRMED, now=NOW, reference=reference)
    assert [(row.kind, row.due, row.not_after) for row in texts_of(session, booking)] == [
        ("confirmation", NOW, None),
        ("reminder_24h", DAY_BEFORE, START - timedelta(hours=3)),
        ("reminder_2h", HOURS_BEFORE, START - timedelta(minutes=30)),
    ]


def test_each_recipient_is_told_in_their_language(
    world: World, session: Session, reference: Reference
) -> None:
    """The office's short name, date and time in Beijing, in Chinese and in English."""
    booking = add_booking(session, world, recipients=2, **promised())
    announce(session, booking=booking, what=What.CONFIRMED, now=NOW, reference=reference)
    told = [row for row in texts_of(session, booking) if row.kind == "confirmation"]
    assert [(row.recipient, say(row)) for row in told] == [
        (MOBILE, f"已约定12月1日周二10:00，示例海关查检，预约号{booking.reference}。"),
        (ANOTHER, f"booked for Tue 1 Dec 10:00 with Example Customs. Booking {booking.reference}."),
    ]


def test_every_text_has_a_code_of_its_own(world: World, session: Session, reference: Reference) -> None:
    """Six texts, six codes."""
    booking = add_booking(session, world, recipients=2, **promised())
    announce(session, booking=booking, what=What.CONFIRMED, now=NOW, reference=reference)
    assert len({row.code for row in texts_of(session, booking)}) == 6


def test_no_text_names_a_person(world: World, session: Session, reference: Reference) -> None:
    """Neither the attendee's nor a recipient's name stands in a text's variables."""
    booking = add_booking(session, world, recipients=2, **promised())
    announce(session, booking=booking, what=What.CONFIRMED, now=NOW, reference=reference)
    said = " ".join(str(row.variables) for row in texts_of(session, booking))
    assert not [name for name in ("示例陪同人", "示例甲", "Example B") if name in said]


@pytest.mark.parametrize(
    ("now", "kinds"),
    [
        (DAY_BEFORE - timedelta(seconds=1), {"reminder_24h", "reminder_2h"}),
        (DAY_BEFORE, {"reminder_2h"}),
        (HOURS_BEFORE, set()),
    ],
)
def test_reminders_whose_time_has_passed_are_not_written(
    world: World, session: Session, reference: Reference, now: datetime, kinds: set[str]
) -> None:
    """Who books late is not reminded of what was just confirmed."""
    booking = add_booking(session, world, **promised())
    announce(session, booking=booking, what=What.CONFIRMED, now=now, reference=reference)
    assert {row.kind for row in texts_of(session, booking)} == {"confirmation", *kinds}


def test_reminders_follow_the_offices_policy(world: World, session: Session) -> None:
    """An office that reminds four hours before does so; a reminder without a span still has a minute."""
    document = {"hours_before": {"before_minutes": 240, "not_after_minutes": 240}}
    session.add(
        Policy(
            name="reminders",
            office=world.offices["north"],
            valid_from=date(2026, 1, 1),
            document=document,
            created_at=NOW,
        )
    )
    booking = add_booking(session, world, **promised())
    announce(session, booking=booking, what=What.CONFIRMED, now=NOW, reference=read_reference(session))
    last = texts_of(session, booking)[-1]
    assert (last.due, last.not_after) == (
        START - timedelta(hours=4),
        START - timedelta(hours=4) + timedelta(minutes=1),
    )


def test_change_takes_back_the_older_versions_texts(
    world: World, session: Session, reference: Reference
) -> None:
    """What is still due of the older version is cancelled with its reason; the new time is reminded of."""
    booking = add_booking(session, world, **promised())
    announce(session, booking=booking, what=What.CONFIRMED, now=NOW, reference=reference)
    step(session, booking, **promised(START + timedelta(hours=1)))
    announce(session, booking=booking, what=What.CHANGED, now=NOW, reference=reference)
    rows = texts_of(session, booking)
    assert {(row.state, row.reason) for row in rows if row.booking_version == 1} == {
        ("cancelled", "booking_changed")
    }
    assert [(row.kind, row.due) for row in rows if row.state == "due"] == [
        ("change", NOW),
        ("reminder_24h", DAY_BEFORE + timedelta(hours=1)),
        ("reminder_2h", HOURS_BEFORE + timedelta(hours=1)),
    ]


def test_change_leaves_what_was_sent(world: World, session: Session, reference: Reference) -> None:
    """A text that was sent, or may have been, keeps its state."""
    booking = add_booking(session, world, **promised())
    announce(session, booking=booking, what=What.CONFIRMED, now=NOW, reference=reference)
    for row, state in zip(texts_of(session, booking), ("sent", "unknown", "sending"), strict=True):
        row.state = state
    step(session, booking, state="cancelled")
    announce(session, booking=booking, what=What.CANCELLED, now=NOW, reference=reference)
    assert sorted(state for _, version, state in summary(session, booking) if version == 1) == [
        "sending",
        "sent",
        "unknown",
    ]


def test_cancelled_booking_is_not_reminded_of(world: World, session: Session, reference: Reference) -> None:
    """One text, with the time that no longer holds."""
    booking = add_booking(session, world, **promised())
    step(session, booking, state="cancelled")
    announce(session, booking=booking, what=What.CANCELLED, now=NOW, reference=reference)
    (row,) = texts_of(session, booking)
    assert say(row) == f"预约{booking.reference}（12月1日周二10:00，示例海关）已取消。"


def test_cancelled_request_names_the_wish(world: World, session: Session, reference: Reference) -> None:
    """A request had no promise: the text names what was wished, as far as it lies on its date."""
    booking = add_booking(session, world, wished_to=START + timedelta(days=3))
    step(session, booking, state="cancelled")
    announce(session, booking=booking, what=What.CANCELLED, now=NOW, reference=reference)
    (row,) = texts_of(session, booking)
    assert say(row) == f"预约{booking.reference}（12月1日周二10:00-23:59，示例海关）已取消。"


def test_request_is_told_when_it_is_answered(world: World, session: Session, reference: Reference) -> None:
    """Received, with the hour by which the office gives its word, and no reminder."""
    booking = add_booking(session, world)
    announce(session, booking=booking, what=What.REQUESTED, now=NOW, reference=reference)
    (row,) = texts_of(session, booking)
    assert say(row) == f"已收到12月1日周二示例海关查检申请{booking.reference}，将于11月30日16:30前答复。"


def test_granted_request_is_reminded_of(world: World, session: Session, reference: Reference) -> None:
    """The office's word now, then the reminders that any confirmed booking gets."""
    booking = add_booking(session, world)
    step(session, booking, **promised())
    announce(session, booking=booking, what=What.ANSWERED, now=NOW, reference=reference)
    rows = texts_of(session, booking)
    assert [row.kind for row in rows] == ["request_answered", "reminder_24h", "reminder_2h"]
    assert say(rows[0]).startswith("示例海关已同意12月1日周二查检申请")


def test_refused_request_is_told_so(world: World, session: Session, reference: Reference) -> None:
    """One text with the office's word, nothing later."""
    booking = add_booking(session, world)
    step(session, booking, state="cancelled")
    announce(session, booking=booking, what=What.ANSWERED, now=NOW, reference=reference)
    (row,) = texts_of(session, booking)
    assert say(row).startswith("示例海关未同意12月1日周二查检申请")


def test_priority_answer_leaves_the_other_texts_true(
    world: World, session: Session, reference: Reference
) -> None:
    """The confirmation and the reminders go on under the new version; nothing is sent twice."""
    booking = add_booking(session, world, **promised())
    announce(session, booking=booking, what=What.CONFIRMED, now=NOW, reference=reference)
    step(session, booking, priority_answer="granted", priority="green_channel")
    announce(session, booking=booking, what=What.PRIORITY_ANSWERED, now=NOW, reference=reference)
    assert summary(session, booking) == [
        ("confirmation", 2, "due"),
        ("priority_answer", 2, "due"),
        ("reminder_24h", 2, "due"),
        ("reminder_2h", 2, "due"),
    ]


def test_displaced_booking_is_told_how_many_times_are_kept(
    world: World, session: Session, reference: Reference
) -> None:
    """Two holds would replace it; they are kept until the booking's answer_by."""
    booking = add_booking(session, world, **promised())
    step(session, booking, state="displaced", answer_by=at(TODAY, 18))
    for hour in (1, 2):
        held = promised(START + timedelta(hours=hour)) | {"state": "hold", "expires_at": at(TODAY, 18)}
        add_booking(session, world, recipients=0, replaces=booking.id, **held)
    announce(session, booking=booking, what=What.DISPLACED, now=NOW, reference=reference)
    (row,) = texts_of(session, booking)
    assert say(row) == (
        f"12月1日周二预约{booking.reference}无法如期，已留2个新时间至11月30日18:00，请登录或致电选择。"
    )


def test_displaced_booking_without_times_is_called(
    world: World, session: Session, reference: Reference
) -> None:
    """When no time could be kept no text says so: a person calls."""
    booking = add_booking(session, world, **promised())
    step(session, booking, state="displaced", answer_by=at(TODAY, 18))
    announce(session, booking=booking, what=What.DISPLACED, now=NOW, reference=reference)
    (row,) = texts_of(session, booking)
    assert (row.state, row.reason) == ("call_back", "no_times_kept")


def test_telling_the_same_twice_writes_it_once(world: World, session: Session, reference: Reference) -> None:
    """One text for each booking, version, kind and number, also where two recipients share a number."""
    booking = add_booking(session, world)
    assert booking.id is not None
    session.add(Recipient(booking=booking.id, position=3, name="示例丙", mobile=MOBILE))
    for _ in range(2):
        announce(session, booking=booking, what=What.REQUESTED, now=NOW, reference=reference)
    assert summary(session, booking) == [("requested_received", 1, "due")]


def test_kept_texts_belong_to_the_new_version(world: World, session: Session, reference: Reference) -> None:
    """A change of which nothing is told, such as *goods ready*, takes the texts along."""
    booking = add_booking(session, world)
    announce(session, booking=booking, what=What.REQUESTED, now=NOW, reference=reference)
    step(session, booking, goods_ready_at=NOW)
    keep_texts(session, booking=booking)
    assert summary(session, booking) == [("requested_received", 2, "due")]
