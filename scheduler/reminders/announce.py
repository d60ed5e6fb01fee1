"""Texts are written with the change that they tell of, in its transaction, or not at all.

What a row says is checked when it is sent: a fault in an office's name must not cost the
booking, only the text, which then fails alone and is shown with its reason.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, SQLModel, col

from notifications.templates import TEMPLATES, TemplateCode
from notifications.variables import Answer, make_mark
from scheduler.models import Booking, Message
from scheduler.models.columns import JsonObject
from scheduler.promise.reference import ZONE, Reference
from scheduler.reminders.reasons import TextReason
from scheduler.rules.policy import ReminderRules
from scheduler.vocabulary import BookingState, MessageState, PriorityAnswer


class What(StrEnum):
    """What a booking's people are told."""

    CONFIRMED = "confirmed"
    CHANGED = "changed"
    DELAYED = "delayed"
    CANCELLED = "cancelled"
    DISPLACED = "displaced"
    REQUESTED = "requested"
    ANSWERED = "answered"
    PRIORITY_ANSWERED = "priority_answered"


_TEMPLATES: Mapping[What, TemplateCode] = {
    What.CONFIRMED: TemplateCode.CONFIRMATION,
    What.CHANGED: TemplateCode.CHANGE,
    What.DELAYED: TemplateCode.RUNNING_LATE,
    What.CANCELLED: TemplateCode.CANCELLATION,
    What.DISPLACED: TemplateCode.DISPLACED,
    What.REQUESTED: TemplateCode.REQUESTED_RECEIVED,
    What.ANSWERED: TemplateCode.REQUEST_ANSWERED,
    What.PRIORITY_ANSWERED: TemplateCode.PRIORITY_ANSWER,
}
_REMINDERS = (TemplateCode.REMINDER_24H, TemplateCode.REMINDER_2H)
"""In the order of the policy's reminders: a day before, and hours before."""

_PEOPLE = text("""
SELECT (SELECT json_agg(json_build_array(mobile, language) ORDER BY position)
        FROM recipient WHERE booking = :booking),
    ARRAY(SELECT nextval(pg_get_serial_sequence('message', 'id'))
          FROM recipient CROSS JOIN generate_series(1, :texts) WHERE booking = :booking)
""")
_TEXTS = insert(SQLModel.metadata.tables["message"]).on_conflict_do_nothing(constraint="message_once")
_UNSETTLED = (MessageState.DUE.value, MessageState.SENDING.value, MessageState.UNKNOWN.value)


Addressee = tuple[str, str]
"""The mobile number and the language of somebody who gets texts."""


@dataclass(frozen=True, slots=True)
class _Text:
    kind: TemplateCode
    due: datetime
    not_after: datetime | None = None
    state: MessageState = MessageState.DUE
    reason: TextReason | None = None


def announce(session: Session, *, booking: Booking, what: What, now: datetime, reference: Reference) -> None:
    """Tell the booking's recipients what became of it, by texts due now, and remind them later.

    Called when the booking's new version and its recipients are in the session. Texts of older
    versions that are still due are cancelled first. Only the answer about priority leaves what
    was said before as true as it was, so that the texts still due then go on. A confirmed
    booking gets the reminders of the office's policy whose time has not passed. Telling the same
    version the same thing twice changes nothing.
    """
    session.flush()
    if what is What.PRIORITY_ANSWERED:
        keep_texts(session, booking=booking)
    elif booking.version > 1:
        cancel_older_texts(session, booking=booking)
    offered = _count_offers(session, booking) if what is What.DISPLACED else 0
    people, numbers = session.execute(_PEOPLE, {"booking": booking.id, "texts": most_texts(1)}).one()
    rows = texts_of(
        booking,
        what=what,
        people=[(mobile, language) for mobile, language in people or ()],
        numbers=numbers,
        now=now,
        reference=reference,
        offered=offered,
    )
    _keep(session, rows)


def _keep(session: Session, rows: list[dict[str, object]]) -> None:
    if rows:
        # Two recipients with one number get one text.
        session.execute(_TEXTS, rows)


def most_texts(people: int) -> int:
    """How many texts so many people can get at once."""
    return people * (1 + len(_REMINDERS))


def texts_of(
    booking: Booking,
    *,
    what: What,
    people: Sequence[Addressee],
    numbers: Sequence[int],
    now: datetime,
    reference: Reference,
    offered: int = 0,
) -> list[dict[str, object]]:
    """The rows of texts that tell people what became of a booking and remind them of it later.

    `numbers` make their marks: at least `most_texts` of them, never used before; `offered` times are kept
    for a displaced booking.
    """
    first = _first_text(_TEMPLATES[what], now=now, offered=offered)
    texts = [first, *_reminders(booking, now=now, reference=reference)]
    facts = _facts(booking, what=what, offered=offered, reference=reference)
    return _rows(booking, texts, people=people, numbers=numbers, facts=facts, now=now)


def announce_offer(
    session: Session, *, booking: Booking, offered: Booking, now: datetime, reference: Reference
) -> None:
    """Tell a booking's recipients of an earlier time that is held for it.

    The text belongs to the hold: it is cancelled with it, and pointless once it has lapsed.
    """
    session.flush()
    assert offered.expires_at is not None  # noqa: S101 - a hold's named constraint
    people, numbers = session.execute(_PEOPLE, {"booking": booking.id, "texts": 1}).one()
    facts = _facts(offered, what=What.CHANGED, offered=1, reference=reference)
    facts |= {"number": booking.reference, "until": offered.expires_at.isoformat()}
    rows = _rows(
        offered,
        [_Text(TemplateCode.EARLIER_OFFERED, now, offered.expires_at)],
        people=people or (),
        numbers=numbers,
        facts=facts,
        now=now,
    )
    _keep(session, rows)


def _rows(
    booking: Booking,
    texts: Sequence[_Text],
    *,
    people: Sequence[Addressee],
    numbers: Sequence[int],
    facts: JsonObject,
    now: datetime,
) -> list[dict[str, object]]:
    addressed = [(told, person) for told in texts for person in people]
    return [
        {
            "booking": booking.id,
            "booking_version": booking.version,
            "kind": told.kind.value,
            "recipient": mobile,
            "language": language,
            "variables": {name: facts[name] for name in TEMPLATES[told.kind].variables if name in facts},
            "code": make_mark(number),
            "due": told.due,
            "not_after": told.not_after,
            "state": told.state.value,
            "reason": None if told.reason is None else told.reason.value,
            "created_at": now,
        }
        for (told, (mobile, language)), number in zip(addressed, numbers, strict=False)
    ]


def keep_texts(session: Session, *, booking: Booking) -> None:
    """Carry the booking's unsettled texts over to its new version, which changed nothing that they say.

    For changes such as *goods ready*: without this the texts of the older version would be
    taken for stale and cancelled.
    """
    session.flush()
    session.execute(
        update(Message)
        .where(
            col(Message.booking) == booking.id,
            col(Message.booking_version) < booking.version,
            col(Message.state).in_(_UNSETTLED),
        )
        .values(booking_version=booking.version)
    )


def cancel_older_texts(session: Session, *, booking: Booking) -> None:
    """Cancel what is still due of the booking's older versions: it is no longer true, or too late."""
    session.flush()
    session.execute(
        update(Message)
        .where(
            col(Message.booking) == booking.id,
            col(Message.booking_version) < booking.version,
            col(Message.state) == MessageState.DUE.value,
        )
        .values(state=MessageState.CANCELLED.value, reason=TextReason.BOOKING_CHANGED.value)
    )


def _count_offers(session: Session, booking: Booking) -> int:
    """How many times are kept for a displaced booking: holds that would replace it."""
    kept = select(func.count()).where(
        col(Booking.replaces) == booking.id, col(Booking.state) == BookingState.HOLD.value
    )
    number: int = session.execute(kept).scalar_one()
    return number


def _first_text(kind: TemplateCode, *, now: datetime, offered: int) -> _Text:
    if kind is TemplateCode.DISPLACED and not offered:
        # No text can say that nothing is kept: the desk calls.
        return _Text(kind, now, state=MessageState.CALL_BACK, reason=TextReason.NO_TIMES_KEPT)
    return _Text(kind, now)


def _reminders(booking: Booking, *, now: datetime, reference: Reference) -> Iterator[_Text]:
    if booking.state != BookingState.CONFIRMED or booking.promise_from is None:
        return
    rules = reference.policy(ReminderRules, office=booking.office, on=booking.date)
    for kind, rule in zip(_REMINDERS, (rules.day_before, rules.hours_before), strict=True):
        due = booking.promise_from - timedelta(minutes=rule.before_minutes)
        # A policy may give a reminder no span at all; a minute is the least that a worker needs.
        not_after = max(
            booking.promise_from - timedelta(minutes=rule.not_after_minutes), due + timedelta(minutes=1)
        )
        if due > now:
            yield _Text(kind, due, not_after)


def _facts(booking: Booking, *, what: What, offered: int, reference: Reference) -> JsonObject:
    """All that any template may name, as JSON; each text takes what its template asks for."""
    office = reference.offices[booking.office]
    start, end = _promised_time(booking, expected=what is What.DELAYED)
    facts: JsonObject = {
        "office": {"zh": office.short_zh, "en": office.short_en},
        "date": booking.date.isoformat(),
        "time": {"start": start.isoformat(), "end": end.isoformat()},
        "number": booking.reference,
        "count": offered,
        "answer": _answer(booking, what).value,
    }
    if booking.answer_by is not None:
        facts["until"] = booking.answer_by.isoformat()
    return facts


def _promised_time(booking: Booking, *, expected: bool) -> tuple[time, time]:
    """The promise, or what was wished while none was given, on the wall clock of the booking's date.

    `expected`: the start that is expected instead of the promised one.
    """
    later = booking.expected_start if expected else None
    begin = later or booking.promise_from or booking.wished_from
    end = later or booking.promise_to or booking.wished_to
    earliest = datetime.combine(booking.date, time(0), tzinfo=ZONE)
    latest = datetime.combine(booking.date, time(23, 59), tzinfo=ZONE)
    first, last = (
        min(max(moment.astimezone(ZONE), earliest), latest).time().replace(second=0, microsecond=0)
        for moment in (begin, end)
    )
    return first, last


def _answer(booking: Booking, what: What) -> Answer:
    if what is What.PRIORITY_ANSWERED:
        granted = booking.priority_answer == PriorityAnswer.GRANTED
    else:
        granted = booking.state == BookingState.CONFIRMED
    return Answer.GRANTED if granted else Answer.REFUSED
