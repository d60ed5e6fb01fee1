"""Every named rule of the migration is broken once by raw SQL, and the database answers with its name."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg
import pytest

from tests.database.one_of_each import make_one_of_each

UNREACHABLE = {
    "duty_of_inspector",  # targets of foreign keys: the primary key they begin with answers first
    "booking_id_occupied_key",
}
ALL_DAY = "[2026-12-01 00:30+00, 2026-12-01 09:30+00)"
NIGHT = "[2026-12-01 09:30+00, 2026-12-01 17:00+00)"
CLOSED = "[2026-12-01 00:30+00, 2026-12-01 09:30+00]"


@dataclass(frozen=True)
class Copy:
    """A second row like one of the table, but for these values; triggers of ours are off."""

    table: str
    values: dict[str, object]
    where: str = "true"

    def run(self, connection: psycopg.Connection) -> None:
        """Insert the row, with a new surrogate key unless one is given."""
        connection.execute(f"ALTER TABLE {self.table} DISABLE TRIGGER USER")
        columns = connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0",
            [self.table],
        ).fetchall()
        fresh = {"id": 10**9} if ("id",) in columns else {}
        added = connection.execute(
            f"INSERT INTO {self.table} OVERRIDING SYSTEM VALUE"
            f" SELECT (jsonb_populate_record(found_row, %s)).* FROM {self.table} AS found_row"
            f" WHERE {self.where} LIMIT 1",
            [json.dumps({**fresh, **self.values})],
        )
        assert added.rowcount == 1


CHECKS = {
    "inspection_type_crew_minimum": Copy("inspection_type", {"minimum_crew": 0}),
    "duration_minutes_positive": Copy("duration", {"base_minutes": 0}),
    "office_phone_has_source": Copy("office", {"phone": "12360", "phone_source": None}),
    "opening_hours_closes_after_opens": Copy("opening_hours", {"closes": "08:00"}),
    "site_latitude_range": Copy("site", {"latitude": 91}),
    "site_longitude_range": Copy("site", {"longitude": -181}),
    "site_validity_order": Copy("site", {"valid_from": "2026-12-02", "valid_to": "2026-12-01"}),
    "absence_period_half_open": Copy("absence", {"period": CLOSED}),
    "loan_period_half_open": Copy("loan", {"period": "empty"}),
    "duty_period_half_open": Copy("duty", {"period": "[2026-12-01 00:30+00,)"}),
    "closure_period_half_open": Copy("closure", {"period": "(,2026-12-01 00:30+00)"}),
    "account_enterprise_by_role": Copy("account", {"enterprise": None}, "role = 'enterprise_user'"),
    "account_inspector_by_role": Copy("account", {"inspector": None}, "role = 'inspector'"),
    "account_office_by_role": Copy("account", {"office": None}, "role = 'office_manager'"),
    "duty_within_one_date": Copy("duty", {"period": NIGHT}),
    "inspector_qualification_validity_order": Copy("inspector_qualification", {"valid_to": "2026-01-01"}),
    "loan_to_another_office": Copy("loan", {"office": 1, "home_office": 1}),
    "travel_minutes_not_negative": Copy("travel", {"minutes": -1}),
    "authority_for_another": Copy("authority", {"broker": 1, "represented": 1}),
    "authority_validity_order": Copy("authority", {"valid_to": "2026-01-01"}),
    "call_ended_with_reason": Copy("call", {"ended_at": "2026-12-01T00:00Z"}),
    "closure_dock_of_site": Copy("closure", {"site": None}),
    "booking_minutes_positive": Copy("booking", {"planned_minutes": 0}, "state = 'requested'"),
    "booking_occupied_is_planned": Copy("booking", {"occupied": ALL_DAY}, "state = 'confirmed'"),
    "booking_date_is_local": Copy("booking", {"date": "2026-12-02"}, "state = 'confirmed'"),
    "booking_promise_when_live": Copy("booking", {"promise_to": None}, "state = 'confirmed'"),
    "booking_finished_in_time": Copy(
        "booking", {"must_finish_by": "2026-12-01T00:00Z"}, "state = 'confirmed'"
    ),
    "booking_hold_expires": Copy("booking", {"expires_at": None}, "state = 'hold'"),
    "booking_request_is_answered": Copy("booking", {"answer_by": None}, "state = 'requested'"),
    "booking_phone_has_call": Copy("booking", {"channel": "phone"}, "call IS NULL"),
    "booking_replaces_another": Copy("booking", {"id": 10**9, "replaces": 10**9}),
    "instruction_units_not_negative": Copy("instruction", {"units": -1}),
    "instruction_complete": Copy("instruction", {"site": None}, "state = 'open'"),
    "message_useful_after_due": Copy("message", {"not_after": "2026-01-01T00:00Z"}),
    "recipient_at_most_three": Copy("recipient", {"position": 4}),
    "visit_opened_after_on_site": Copy("visit", {"opened": "2026-01-01T00:00Z"}),
    "visit_ended_after_opened": Copy("visit", {"ended": "2026-01-01T00:00Z"}),
    "visit_signed_or_refused": Copy("visit", {"outcome": "passed"}),
    "event_phone_names_call": Copy("event", {"channel": "phone", "call": None}),
    "event_actor_known": Copy("event", {"actor": None, "actor_role": "inspector"}),
    "event_version_step": Copy("event", {"old_version": 1, "new_version": 3}, "booking IS NOT NULL"),
    "booking_running_minutes_positive": Copy("booking", {"running_minutes": 0}, "state = 'requested'"),
    "booking_expected_is_planned": Copy(
        "booking", {"expected_start": "2026-12-01T00:00Z"}, "state = 'confirmed'"
    ),
    "replan_state_known": Copy("replan", {"state": "nonsense", "settled_at": "2026-12-01T00:00Z"}),
    "replan_settled_once": Copy("replan", {"settled_at": "2026-12-01T00:00Z"}),
    "replan_chosen_when_applied": Copy("replan", {"chosen": 1}),
    "priority_harm_moved_with_consent": Copy("priority_harm", {"consented_by": None}),
    "priority_harm_harm_to_another": Copy("priority_harm", {"booking": 1, "favoured": 1}),
    "priority_harm_harm_is_felt": Copy("priority_harm", {"minutes": 0}),
    "batch_window_order": Copy("batch", {"wished_from": "2026-12-31T00:00Z"}),
    "batch_held_for_a_time": Copy("batch", {"asked_at": "2026-12-31T00:00Z"}),
    "batch_phone_has_call": Copy("batch", {"channel": "phone"}),
    "batch_item_place_or_reason": Copy("batch_item", {"position": 9, "reason": None}, "booking IS NULL"),
    "waitlist_entry_window_order": Copy("waitlist_entry", {"wished_from": "2026-12-31T00:00Z"}),
    "waitlist_entry_waiting_has_no_end": Copy("waitlist_entry", {"ended_at": "2026-12-01T00:00Z"}),
    "waitlist_entry_phone_has_call": Copy("waitlist_entry", {"channel": "phone"}),
    "waitlist_offer_stands_or_is_closed": Copy("waitlist_offer", {"closed_at": "2026-12-01T00:00Z"}),
}
UNIQUE = {
    "enterprise_uscc_key": Copy("enterprise", {"customs_code": None}),
    "enterprise_customs_code_key": Copy("enterprise", {"uscc": "X"}, "customs_code IS NOT NULL"),
    "inspection_type_code_key": Copy("inspection_type", {}),
    "office_code_key": Copy("office", {}),
    "inspector_badge_key": Copy("inspector", {}),
    "site_office_code_key": Copy("site", {}),
    "account_login_key": Copy("account", {}),
    "dock_site_code_key": Copy("dock", {}),
    "api_token_token_hash_key": Copy("api_token", {}),
    "call_reference_key": Copy("call", {}),
    "booking_reference_key": Copy("booking", {}, "state = 'requested'"),
    "crew_inspector_once": Copy("crew", {"seat": 3}),
    "message_once": Copy("message", {"code": "X"}),
    "message_code_key": Copy("message", {"kind": "X"}),
    "visit_history_booking_version_key": Copy("visit_history", {}),
    "event_one_a_version": Copy("event", {}, "booking IS NOT NULL"),
    "instruction_awaited_once": Copy("instruction", {}, "state = 'awaited'"),
    "instruction_reference_once": Copy("instruction", {}, "state = 'open'"),
    "booking_instruction_taken_once": Copy("booking_instruction", {"booking": 4}, "booking = 1"),
    "batch_reference_key": Copy("batch", {}),
    "batch_item_booking_key": Copy("batch_item", {"position": 9}, "booking IS NOT NULL"),
    "waitlist_entry_waits_once": Copy("waitlist_entry", {}),
    "waitlist_offer_hold_key": Copy("waitlist_offer", {}),
    "waitlist_offer_a_time_once": Copy("waitlist_offer", {"hold": 1}),
    "waitlist_offer_one_a_day": Copy("waitlist_offer", {"hold": 1, "entry": 10**9}),
    "waitlist_offer_one_a_party": Copy(
        "waitlist_offer", {"hold": 1, "date": "2026-12-31", "start": "2026-12-31T02:00Z"}
    ),
    "duty_inspector_never_overlaps": Copy("duty", {}),
    "booking_dock_never_twice": Copy("booking", {"reference": "X"}, "state = 'confirmed'"),
    "crew_inspector_never_twice": Copy("crew", {"booking": 3}, "booking = 1"),
}
TRIGGERED = {
    "crew_occupies_as_booking": """
        UPDATE crew SET occupied = tstzrange(lower(occupied), lower(occupied) + interval '1 minute')
    """,
    "crew_names_duty": "DELETE FROM duty WHERE id = (SELECT duty FROM crew LIMIT 1)",
    "crew_within_duty": "UPDATE crew SET duty = (SELECT max(id) FROM duty)",
    "crew_within_duty of a cut duty": """
        UPDATE duty SET period = tstzrange(lower(period), lower(period) + '1 hour')
        WHERE id IN (SELECT duty FROM crew)
    """,
    "crew_on_seat_of_type": "UPDATE crew SET seat = 9 WHERE seat = 2",
    "duty_leaves_travel": """
        INSERT INTO duty (inspector, office, date, start_site, end_site, period, kind)
        SELECT inspector, office, date, (SELECT id FROM site WHERE code = 'south-home'), end_site,
            tstzrange(upper(period), upper(period) + '1 hour'), kind
        FROM duty WHERE date = '2026-12-02' LIMIT 1
    """,
    "duty_never_during_absence": """
        INSERT INTO duty (inspector, office, date, start_site, end_site, period, kind)
        SELECT absence.inspector, office, date, start_site, end_site, absence.period, duty.kind
        FROM duty JOIN absence ON absence.inspector = duty.inspector WHERE date = '2026-12-01'
    """,
    "duty_never_during_absence by a late absence": """
        INSERT INTO absence (inspector, kind, period, reason, recorded_at)
        SELECT inspector, 'sick', period, 'ill', '2026-12-01' FROM duty LIMIT 1
    """,
    "booking_crew_complete": "DELETE FROM crew WHERE seat = 2",
    "booking_crew_released": """
        INSERT INTO event (at, kind, booking, actor_role, channel, old_version, new_version, details)
        VALUES ('2026-12-01', 'example', 2, 'system', 'system', 1, 2, '{}');
        UPDATE booking SET state = 'cancelled', version = 2 WHERE id = 2
    """,
    "booking_version_has_event": "UPDATE booking SET attendee = 'X', version = 2 WHERE id = 2",
    "booking_version_step": "UPDATE booking SET attendee = 'X' WHERE id = 2",
    "booking_version_step by two": "UPDATE booking SET version = 3 WHERE id = 2",
    "waitlist_offer_is_held": """
        DELETE FROM crew WHERE booking = (SELECT hold FROM waitlist_offer);
        INSERT INTO event (at, kind, booking, actor_role, channel, old_version, new_version, details)
        SELECT '2026-12-01', 'example', hold, 'system', 'system', 1, 2, '{}' FROM waitlist_offer;
        UPDATE booking SET state = 'expired', version = 2 WHERE id = (SELECT hold FROM waitlist_offer)
    """,
    "visit_version_step": "UPDATE visit SET note = 'X'",
    "event_append_only": "UPDATE event SET kind = 'X'",
    "policy_append_only": "DELETE FROM policy",
    "calendar_append_only": "UPDATE calendar SET source = 'X'",
    "work_day_append_only": "UPDATE work_day SET kind = 'workday'",
    "visit_history_append_only": "DELETE FROM visit_history",
}


@pytest.fixture(scope="module")
def url(module_database_url: str) -> str:
    """A database with a row in every table, for the driver itself."""
    make_one_of_each(module_database_url).database.close()
    return module_database_url.replace("+psycopg", "")


@pytest.fixture
def connection(url: str) -> Iterator[psycopg.Connection]:
    """A transaction that is never committed."""
    with psycopg.connect(url) as connection:
        yield connection
        connection.rollback()


def _named(connection: psycopg.Connection, act: Callable[[psycopg.Connection], object]) -> str | None:
    try:
        act(connection)
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except psycopg.errors.IntegrityError as broken:
        return broken.diag.constraint_name
    return None


@pytest.mark.parametrize(("name", "copy"), [*CHECKS.items(), *UNIQUE.items()])
def test_a_wrong_row_is_refused_by_name(connection: psycopg.Connection, name: str, copy: Copy) -> None:
    """A row that breaks one rule and no other."""
    assert _named(connection, copy.run) == name


@pytest.mark.parametrize(("name", "statement"), TRIGGERED.items())
def test_a_wrong_change_is_refused_by_name(connection: psycopg.Connection, name: str, statement: str) -> None:
    """What only the rows of several tables show, at the statement or at commit."""
    assert _named(connection, lambda connection: connection.execute(statement)) == _rule(name)


_FIT = {"account": "role = 'office_manager'", "booking": "channel <> 'phone'", "event": "channel <> 'phone'"}
"""Rows of which one word may be changed without breaking another rule."""


def test_closed_sets_are_closed(connection: psycopg.Connection) -> None:
    """Every column of a closed set refuses a word that is not in it, with the set's name."""
    for name, table in _constraints(connection, "c"):
        if name.endswith("_known") and name not in CHECKS:
            column = name.removeprefix(f"{table}_").removesuffix("_known")
            copy = Copy(table, {column: "nonsense"}, _FIT.get(table, "true"))
            with connection.transaction(force_rollback=True):
                assert _named(connection, copy.run) == name


def test_nobody_refers_to_what_is_not_there(connection: psycopg.Connection) -> None:
    """Every foreign key of one column refuses a row that does not exist, with its name."""
    columns = """
        SELECT conname, conrelid::regclass::text, attname, atttypid::regtype::text
        FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
        WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND cardinality(conkey) = 1
    """
    for name, table, column, kind in connection.execute(columns).fetchall():
        nothing = "-1" if kind == "bigint" else "'nothing'"
        with connection.transaction(force_rollback=True):
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            change = f"""
                UPDATE {table} SET {column} = {nothing}
                WHERE ctid = (SELECT ctid FROM {table} ORDER BY {column} NULLS LAST LIMIT 1)
            """
            assert _named(connection, lambda connection, change=change: connection.execute(change)) == name


def test_no_rule_is_forgotten(connection: psycopg.Connection) -> None:
    """Whoever adds a constraint or a trigger's rule adds its test here."""
    named = {name for kind in "cux" for name, _ in _constraints(connection, kind)}
    named |= {name for (name,) in connection.execute(_UNIQUE_INDEXES)}
    named |= {name for (name,) in connection.execute(_RAISED)}
    named |= {f"{table}_append_only" for (table,) in connection.execute(_APPEND_ONLY)}
    tested = {_rule(name) for name in (*CHECKS, *UNIQUE, *TRIGGERED)} | UNREACHABLE
    closed = {name for name in named if name.endswith("_known") and name not in CHECKS}
    assert named - closed == tested - {"crew_occupies_as_booking", "crew_names_duty"}


_UNIQUE_INDEXES = """
SELECT indexrelid::regclass::text FROM pg_index
JOIN pg_class ON pg_class.oid = indrelid
WHERE indisunique AND relnamespace = 'public'::regnamespace
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))
"""
_RAISED = """
SELECT DISTINCT (regexp_matches(prosrc, $$violated\\('(\\w+)'$$, 'g'))[1] FROM pg_proc
WHERE pronamespace = 'public'::regnamespace
"""
_APPEND_ONLY = """
SELECT tgrelid::regclass::text FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
WHERE proname = 'append_only'
"""


def _rule(case: str) -> str:
    """A case is named by its rule, and by a word more where a rule has several."""
    return case.partition(" ")[0]


def _constraints(connection: psycopg.Connection, kind: str) -> list[tuple[str, str]]:
    return connection.execute(
        "SELECT conname, conrelid::regclass::text FROM pg_constraint"
        " WHERE contype = %s AND connamespace = 'public'::regnamespace",
        [kind],
    ).fetchall()
