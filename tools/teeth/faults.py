"""The planted faults: each takes one defence away, and names the test that must notice."""

from dataclasses import dataclass

LOCKS = "scheduler/database/locks.py"
WITNESS = "scheduler/promise/witness.py"
KEYS = "scheduler/database/idempotency.py"
TABLES = "scheduler/migrations/sql/0001_tables.sql"
RULES = "scheduler/migrations/sql/0001_rules.sql"
STEP = "scheduler/migrations/sql/0002_one_step.sql"
DEFENCE = "tests/races/test_last_defence.py"
CHANGE = "tests/database/test_booking_change.py"
FIT = "scheduler/replan/fitting.py"


@dataclass(frozen=True)
class Edit:
    """Text of a file that stands there exactly once, and what stands there instead."""

    path: str
    old: str
    new: str


@dataclass(frozen=True)
class Fault:
    """What is taken away, how, and the test that must fail for it."""

    name: str
    edits: tuple[Edit, ...]
    test: str


def _one(name: str, path: str, old: str, new: str, test: str) -> Fault:
    return Fault(name, (Edit(path, old, new),), test)


FAULTS = (
    Fault(
        "no lock of the day",
        (
            Edit(LOCKS, "[office_day_key(office, day) for office, day in sorted(set(days))]", "[]"),
            Edit(STEP, "        PERFORM pg_advisory_xact_lock(key);\n", "        NULL;\n"),
            Edit(STEP, "    ELSIF NOT pg_try_advisory_xact_lock(key) THEN\n", "    ELSIF false THEN\n"),
            Edit(STEP, "    IF known IS NOT NULL THEN\n", "    IF false THEN\n"),
        ),
        f"{DEFENCE}::test_the_days_lock_keeps_ways_between_sites",
    ),
    _one(
        "no lock of the enterprise",
        STEP,
        "    PERFORM pg_advisory_xact_lock((2::bigint << 48) | asked);\n",
        "    NULL;\n",
        f"{DEFENCE}::test_the_enterprises_lock_keeps_its_cap",
    ),
    _one(
        "no lock of the key",
        LOCKS,
        '    return bool(session.execute(_TRY, {"key": wanted}).scalar_one())',
        "    return wanted > 0",
        "tests/races/test_replayed_keys.py::test_a_key_that_runs_is_busy",
    ),
    _one(
        "plain INSERT",
        WITNESS,
        "ON CONFLICT DO NOTHING\nRETURNING 1",
        "RETURNING 1",
        f"{DEFENCE}::test_a_crew_that_meets_another_is_stale_and_the_transaction_lives",
    ),
    _one(
        "constraint dropped, lock kept, lending on",
        TABLES,
        "EXCLUDE USING gist (inspector WITH =, occupied WITH &&)",
        "CHECK (true)",
        "tests/races/test_lent_inspector.py::test_the_database_is_the_last_defence",
    ),
    _one(
        "checker of the end state only",
        "tests/races/checker.py",
        "            AND one.recorded && other.recorded AND one.id < other.id\n    "
        '""",\n    "crew_incomplete"',
        "            AND one.recorded_to IS NULL AND other.recorded_to IS NULL AND one.id < other.id\n    "
        '""",\n    "crew_incomplete"',
        "tests/races/test_checker.py::test_a_double_booking_that_was_repaired_is_still_found",
    ),
    _one(
        "key not looked up",
        KEYS,
        "        stored = session.get(IdempotentAnswer, (tenant, key))\n",
        "        stored = None\n",
        "tests/races/test_replayed_keys.py::test_a_replay_gets_the_same_bytes",
    ),
    _one(
        "text after the commit",
        "scheduler/reminders/announce.py",
        "        session.execute(_TEXTS, rows)\n",
        """        from sqlalchemy import event

        @event.listens_for(session, "after_commit", once=True)
        def _later(_: Session) -> None:
            with Session(session.get_bind()) as other, other.begin():
                other.execute(insert(Message).values(rows))
""",
        f"{DEFENCE}::test_texts_stand_in_the_transaction_of_their_change",
    ),
    _one(
        "no filter by scope",
        "scheduler/access/actor.py",
        """        return or_(
            col(Booking.enterprise) == party,
            col(Booking.made_by) == party,
            _represented(Booking.enterprise, party, on),
        )
""",
        "        return true()\n",
        f"{CHANGE}::test_foreign_bookings_look_unknown",
    ),
    Fault(
        "a seat left empty, and the database does not look",
        (
            Edit(
                WITNESS,
                "    bookings, seats, duties = zip(*rows, strict=True)\n",
                "    rows = rows[:-1]\n    bookings, seats, duties = zip(*rows, strict=True)\n",
            ),
            Edit(
                RULES,
                "    IF now_live AND (filled <> seats OR filled < minimum) THEN\n",
                "    IF false THEN\n",
            ),
        ),
        f"{DEFENCE}::test_every_seat_is_filled_at_every_commit",
    ),
    _one(
        "the database does not look for empty seats",
        RULES,
        "    IF now_live AND (filled <> seats OR filled < minimum) THEN\n",
        "    IF false THEN\n",
        "tests/database/test_constraints.py::test_a_wrong_change_is_refused_by_name",
    ),
    _one(
        "history stamped by now()",
        RULES,
        "clock_timestamp()::text, true);\n",
        "now()::text, true);\n",
        "tests/races/test_checker.py::test_who_began_first_and_waited_is_not_accused",
    ),
    _one(
        "what was not committed is remembered",
        "scheduler/promise/boards.py",
        "        if clean:\n            self._keep(kept.values())\n",
        "        self._keep(kept.values())\n",
        f"{DEFENCE}::test_what_was_never_committed_is_not_remembered",
    ),
    _one(
        "plans stored without check",
        WITNESS,
        "    if not violations:\n        return\n",
        "    return\n",
        f"{DEFENCE}::test_no_plan_is_stored_without_passing_check",
    ),
    _one(
        "versions not compared",
        "scheduler/booking/write.py",
        "    if version is not None and version != booking.version:\n",
        "    if version == 0:\n",
        f"{CHANGE}::test_a_stale_version_changes_nothing",
    ),
    _one(
        "lapsed holds confirmed",
        "scheduler/booking/confirm.py",
        "    if held.expires_at is None or held.expires_at <= now:\n",
        "    if held.expires_at is None:\n",
        f"{CHANGE}::test_a_lapsed_hold_is_not_confirmed",
    ),
    Fault(
        "an old proposal applied without a look at the day",
        (
            Edit(
                FIT,
                "    if late or not _stands_alike(disturbed.day, day, delta.removed):\n",
                "    if delta is None and late:\n",
            ),
            Edit(
                FIT,
                "    if not _keeps_rules(disturbed, after, Answer(starts, merged), closes=day.closes):\n",
                "    if merged is None:\n",
            ),
        ),
        "tests/database/test_replan.py::test_a_proposal_whose_time_has_come_is_old",
    ),
    _one(
        "urgent goods move whom they like",
        "scheduler/replan/settling.py",
        "    if missing:\n",
        "    if missing is None:\n",
        "tests/database/test_replan_running.py::test_urgent_goods_move_nobody_who_did_not_agree",
    ),
    _one(
        "the share of the green channel is not kept",
        "scheduler/promise/share.py",
        "    if not policy.steps:\n",
        "    if True:\n",
        "tests/database/test_priority_share.py::test_ordinary_goods_do_not_take_what_is_kept",
    ),
)
