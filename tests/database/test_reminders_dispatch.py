"""Texts are claimed by one worker, sent at most once, and every row says what became of it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from notifications.gateway import Accepted, Busy, Outcome, Outgoing, Reason, Rejected, Unknown, Unreachable
from scheduler.database.connection import Database
from scheduler.promise.reference import read_reference
from scheduler.reminders.announce import What, announce
from scheduler.reminders.dispatch import LEASE, Counts, claim, send_due
from tests.database.reminder_rows import (
    ANOTHER,
    MOBILE,
    ScriptedGateway,
    add_booking,
    add_text,
    add_texts,
    read_text,
    read_texts,
    step,
)
from tests.factories import NOW, World, make_world

LATER = NOW + timedelta(minutes=10)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated, empty database."""
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """A district without duties."""
    made = make_world(database_url, inspectors=0, with_duties=False)
    yield made
    made.database.close()


def test_two_workers_claim_disjoint_rows(database: Database) -> None:
    """While one worker's claim is not committed yet, another gets the next rows and waits for nothing."""
    ids = add_texts(database, 5)
    with database.transaction() as first, database.transaction() as second:
        mine = [claimed.id for claimed in claim(first, now=NOW, limit=2)]
        others = [claimed.id for claimed in claim(second, now=NOW, limit=10)]
    assert (mine, others) == (ids[:2], ids[2:])


def test_claims_name_ever_higher_tokens(database: Database) -> None:
    """A claim marks the row, counts the attempt and names the next token and the lease's end."""
    add_texts(database)
    with database.transaction() as session:
        (claimed,) = claim(session, now=NOW, limit=1)
    row = read_text(database)
    assert (row.state, row.token, row.attempts, row.lease_until) == ("sending", 1, 1, NOW + LEASE)
    assert claimed.token == 1


def test_text_is_sent_once(database: Database) -> None:
    """An accepted text is sent, with provider, its id and when; a second pass has nothing to do."""
    add_texts(database)
    gateway = ScriptedGateway()
    assert send_due(database, gateway, now=NOW) == Counts(sent=1)
    assert send_due(database, gateway, now=LATER) == Counts()
    row = read_text(database)
    assert (row.state, row.provider, row.provider_id, row.sent_at) == (
        "sent",
        "scripted",
        f"id-{row.code}",
        NOW,
    )
    (taken,) = gateway.taken
    assert taken.to == MOBILE
    assert taken.text == f"【属地查检】您有2批货物需查检，请登录或致电示例海关预约时间。#{row.code}"


def test_nothing_is_sent_before_its_time(database: Database) -> None:
    """A text that is due later stays where it is."""
    add_texts(database, due=LATER)
    assert send_due(database, ScriptedGateway(), now=NOW) == Counts()
    assert read_text(database).state == "due"


def test_no_connection_is_held_during_the_call(database_url: str) -> None:
    """With a pool of a single connection the gateway's own question to the database is answered."""
    database = Database(database_url, pool_size=1)
    add_texts(database)

    def ask(outgoing: Outgoing) -> Outcome:
        return Accepted(f"{outgoing.code} {read_text(database).state}")

    send_due(database, ScriptedGateway([ask]), now=NOW)
    row = read_text(database)
    assert row.provider_id == f"{row.code} sending"
    database.close()


def test_late_workers_result_is_void(database: Database) -> None:
    """A worker that answers after its lease lapsed changes nothing: its token is no longer the row's."""
    add_texts(database)

    def dawdle(_outgoing: Outgoing) -> Outcome:
        assert send_due(database, ScriptedGateway(), now=NOW + LEASE) == Counts(unknown=1)
        return Accepted("too late")

    assert send_due(database, ScriptedGateway([dawdle]), now=NOW) == Counts(void=1)
    row = read_text(database)
    assert (row.state, row.reason, row.provider_id) == ("unknown", "worker_lost", None)


def test_lost_workers_text_is_never_sent_again(database: Database) -> None:
    """A claim whose worker died may have reached the provider: unknown, for good as far as this goes."""
    add_texts(database)
    with database.transaction() as session:
        claim(session, now=NOW, limit=1)
    gateway = ScriptedGateway()
    assert send_due(database, gateway, now=NOW + LEASE - timedelta(seconds=1)) == Counts()
    assert send_due(database, gateway, now=NOW + LEASE) == Counts(unknown=1)
    assert send_due(database, gateway, now=NOW + timedelta(days=1)) == Counts()
    assert (read_text(database).state, gateway.taken) == ("unknown", [])


def test_unclear_answer_is_not_sent_again(database: Database) -> None:
    """When nobody knows whether the provider has it, the text is not sent a second time."""
    add_texts(database)
    gateway = ScriptedGateway([Unknown("http 500")])
    assert send_due(database, gateway, now=NOW) == Counts(unknown=1)
    assert send_due(database, gateway, now=NOW + timedelta(days=1)) == Counts()
    assert (read_text(database).reason, len(gateway.taken)) == ("no_clear_answer: http 500", 1)


def test_busy_provider_returns_text_to_due(database: Database) -> None:
    """429: due again when the provider said, not counted as sent, and sent then."""
    add_texts(database)
    gateway = ScriptedGateway([Busy(timedelta(seconds=40))])
    assert send_due(database, gateway, now=NOW) == Counts(again=1)
    row = read_text(database)
    assert (row.state, row.due, row.sent_at) == ("due", NOW + timedelta(seconds=40), None)
    assert send_due(database, gateway, now=NOW + timedelta(seconds=39)) == Counts()
    assert send_due(database, gateway, now=NOW + timedelta(seconds=40)) == Counts(sent=1)


def test_provider_that_takes_nothing_ends_the_pass(database: Database) -> None:
    """After *busy* the other texts stay due without a call."""
    add_texts(database, 3)
    gateway = ScriptedGateway([Busy(timedelta(seconds=40))])
    assert send_due(database, gateway, now=NOW) == Counts(again=1)
    assert [(row.state, row.attempts) for row in read_texts(database)] == [("due", 1), ("due", 0), ("due", 0)]


def test_unreachable_provider_is_tried_at_growing_intervals(database: Database) -> None:
    """5 s, 10 s, 20 s ... at most a minute apart; the text is lost in none of them."""
    add_texts(database)
    gateway = ScriptedGateway([Unreachable("refused")] * 6)
    waits, now = [], NOW
    for _ in range(6):
        send_due(database, gateway, now=now)
        row = read_text(database)
        waits.append((row.due - now).total_seconds())
        now = row.due
    assert waits == [5, 10, 20, 40, 60, 60]
    assert send_due(database, gateway, now=now) == Counts(sent=1)


@pytest.mark.parametrize(
    ("reason", "state"),
    [(Reason.OPTED_OUT, "failed"), (Reason.NOT_A_MOBILE, "call_back"), (Reason.ACCOUNT_REFUSED, "failed")],
)
def test_refused_text_names_its_reason(database: Database, reason: Reason, state: str) -> None:
    """A refusal is final and says why; whoever has no mobile is called by a person."""
    add_texts(database)
    gateway = ScriptedGateway([Rejected(reason, permanent=True, provider_code="21610")])
    send_due(database, gateway, now=NOW)
    row = read_text(database)
    assert (row.state, row.reason) == (state, f"{reason.value}: 21610")


@pytest.mark.parametrize(
    "fault",
    [
        {"variables": {"office": {"zh": "示例海关", "en": "Example Customs"}}},
        {"variables": {"office": {"zh": "x.cn", "en": "Example Customs"}, "count": 2}},
        {"kind": "no_such_template"},
        {"language": "fr"},
        {"code": "lower-case"},
    ],
    ids=["missing variable", "bad variable", "unknown template", "unknown language", "bad code"],
)
def test_poison_row_fails_alone(database: Database, fault: dict[str, object]) -> None:
    """A text that cannot be made fails with its reason, never reaches the gateway, holds up no other."""
    add_texts(database, **fault)
    add_texts(database, recipient=ANOTHER)
    gateway = ScriptedGateway()
    assert send_due(database, gateway, now=NOW) == Counts(failed=1, sent=1)
    poison, good = read_texts(database)
    assert (poison.state, good.state) == ("failed", "sent")
    assert (poison.reason or "").startswith("text_not_made: ")
    assert [taken.to for taken in gateway.taken] == [ANOTHER]


def test_useless_text_expires_with_its_reason(database: Database) -> None:
    """After a downtime what comes too late is not sent."""
    add_texts(database, not_after=LATER)
    gateway = ScriptedGateway()
    assert send_due(database, gateway, now=LATER) == Counts(expired=1)
    row = read_text(database)
    assert (row.state, row.reason, row.attempts, gateway.taken) == ("expired", "no_longer_useful", 0, [])


def test_retry_after_the_text_is_useless_expires_it(database: Database) -> None:
    """A provider that asks to wait longer than the text is useful lets it expire, not wait."""
    add_texts(database, not_after=LATER)
    gateway = ScriptedGateway([Busy(timedelta(minutes=10))])
    assert send_due(database, gateway, now=NOW) == Counts(expired=1)
    assert read_text(database).reason == "no_longer_useful"


def test_limit_bounds_the_calls(database: Database) -> None:
    """A pass makes at most `limit` calls, earliest due first; rows it only decides do not count."""
    add_texts(database, not_after=NOW, due=NOW - timedelta(hours=2))
    add_texts(database, due=NOW - timedelta(minutes=1), recipient=ANOTHER)
    add_texts(database, due=NOW)
    gateway = ScriptedGateway()
    assert send_due(database, gateway, now=NOW, limit=1) == Counts(expired=1, sent=1)
    assert [taken.to for taken in gateway.taken] == [ANOTHER]


def test_changed_bookings_text_is_never_sent(world: World) -> None:
    """A text of a version that is no longer the latest is cancelled, though nobody had cancelled it."""
    with world.database.transaction() as session:
        booking = add_booking(session, world)
        add_text(session, booking)
        step(session, booking, wished_to=LATER + timedelta(days=2))
    gateway = ScriptedGateway()
    assert send_due(world.database, gateway, now=NOW) == Counts(cancelled=1)
    row = read_text(world.database)
    assert (row.state, row.reason, gateway.taken) == ("cancelled", "booking_changed", [])


def test_text_overtaken_during_its_call_is_not_tried_again(world: World) -> None:
    """The booking changes while the provider says *busy*: the old text ends, the correction is sent."""
    with world.database.transaction() as session:
        booking = add_booking(session, world)
        reference = read_reference(session)
        announce(session, booking=booking, what=What.REQUESTED, now=NOW, reference=reference)

    def change(_outgoing: Outgoing) -> Outcome:
        with world.database.transaction() as session:
            step(session, booking, state="cancelled")
            announce(session, booking=booking, what=What.CANCELLED, now=NOW, reference=reference)
        return Busy(timedelta(seconds=1))

    gateway = ScriptedGateway([change])
    send_due(world.database, gateway, now=NOW)
    send_due(world.database, gateway, now=NOW + timedelta(seconds=1))
    assert [(row.kind, row.state) for row in read_texts(world.database)] == [
        ("requested_received", "cancelled"),
        ("cancellation", "sent"),
    ]


def test_sent_sign_in_code_is_forgotten(database: Database) -> None:
    """Once a sign-in code is with the provider it no longer stands in the row."""
    variables = {"code": "123456", "until": LATER.isoformat()}
    add_texts(database, kind="activation_code", variables=variables)
    gateway = ScriptedGateway()
    send_due(database, gateway, now=NOW)
    assert "123456" in gateway.taken[0].text
    assert "code" not in read_text(database).variables
