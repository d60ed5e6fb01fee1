"""The demonstration district: what it holds, that it is the same again, that it fits any month."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from scheduler.database.connection import Database
from scheduler.example.load import Summary, load_example
from scheduler.rules.identifiers import (
    normal_container,
    normal_customs_code,
    normal_hs_code,
    normal_mobile,
    normal_reference,
    normal_uscc,
)
from scheduler.rules.policy import ReferencePatterns
from scheduler.vocabulary import Direction, GoodsCategory, Mode, ReferenceKind

TODAY = date(2026, 12, 28)
NOW = datetime(2026, 12, 28, 1, tzinfo=UTC)
GIVEN = {"desk": "a long enough password"}


@pytest.fixture(scope="module")
def loaded(module_database_url: str) -> Iterator[tuple[Database, Summary]]:
    """A database with the example at the end of 2026, and its summary."""
    database = Database(module_database_url)
    yield database, load_example(database, today=TODAY, now=NOW, passwords=GIVEN)
    database.close()


def ask(database: Database, question: str) -> list[tuple[object, ...]]:
    """Return the rows of a question."""
    with database.snapshot() as session:
        return [tuple(row) for row in session.execute(text(question))]


def test_the_numbers_of_the_main_job(loaded: tuple[Database, Summary]) -> None:
    """The district has the offices, people, places and goods that the demonstration promises."""
    counts = loaded[1].counts
    wanted = {"offices": 7, "inspectors": 120, "sites": 60, "enterprises": 300, "brokers": 4}
    assert {name: counts[name] for name in wanted} == wanted
    assert counts["instructions"] == 800


def test_everything_made_up_says_so(loaded: tuple[Database, Summary]) -> None:
    """District, offices, sites and enterprises are marked; no office has a phone or a customs code."""
    for table in ("district", "office", "site", "enterprise"):
        assert ask(loaded[0], f"SELECT count(*) FROM {table} WHERE NOT is_example") == [(0,)]
    unknown = "SELECT count(*) FROM office WHERE phone IS NOT NULL OR customs_code IS NOT NULL"
    assert ask(loaded[0], unknown) == [(0,)]


def test_sites_lie_in_beijing_with_ways_between_all(loaded: tuple[Database, Summary]) -> None:
    """Coordinates lie in the city's box, and every ordered pair of sites has its minutes."""
    box = "latitude NOT BETWEEN 39.4 AND 40.5 OR longitude NOT BETWEEN 115.9 AND 117.3"
    assert ask(loaded[0], f"SELECT count(*) FROM site WHERE {box}") == [(0,)]
    assert ask(loaded[0], "SELECT count(*) FROM travel") == [(67 * 66,)]


def test_instructions_cover_modes_directions_and_kinds(loaded: tuple[Database, Summary]) -> None:
    """All modes, both directions and all kinds of reference appear; some goods are urgent."""
    modes = ask(loaded[0], "SELECT DISTINCT mode FROM instruction JOIN inspection_type t ON t.id = type")
    assert {mode for (mode,) in modes} == set(Mode)
    kinds = ask(loaded[0], "SELECT DISTINCT kind, direction FROM instruction")
    assert {kind for kind, _ in kinds} == set(ReferenceKind)
    assert {direction for _, direction in kinds} == set(Direction)
    categories = ask(loaded[0], "SELECT DISTINCT goods_category FROM instruction")
    assert {category for (category,) in categories} == set(GoodsCategory)
    urgent = ask(loaded[0], "SELECT count(*) FROM instruction WHERE must_finish_by IS NOT NULL")
    assert 50 < int(str(urgent[0][0])) < 250


def test_identifiers_are_in_their_stored_form(loaded: tuple[Database, Summary]) -> None:
    """Codes, references and mobiles pass the same rules as what people type."""
    for uscc, customs in ask(loaded[0], "SELECT uscc, customs_code FROM enterprise"):
        assert normal_uscc(str(uscc), field=None) == uscc
        assert normal_customs_code(str(customs), field=None) == customs
    for (phone,) in ask(loaded[0], "SELECT phone FROM contact UNION SELECT mobile FROM account"):
        assert normal_mobile(str(phone), field=None) == phone
    for (container,) in ask(loaded[0], "SELECT unnest(containers) FROM instruction"):
        assert normal_container(str(container), field=None) == container
    patterns = ReferencePatterns()
    for kind, number, way, hs_code in ask(
        loaded[0], "SELECT kind, reference, direction, hs_code FROM instruction"
    ):
        direction = Direction(str(way))
        stored = normal_reference(
            ReferenceKind(str(kind)), str(number), direction=direction, patterns=patterns, field=None
        )
        assert stored == number
        assert normal_hs_code(str(hs_code), field=None) == hs_code


def test_some_codes_begin_as_checkers_wrongly_refuse(loaded: tuple[Database, Summary]) -> None:
    """Codes that begin with N, A and Y are among the enterprises."""
    found = ask(loaded[0], "SELECT DISTINCT left(uscc, 1) FROM enterprise")
    assert {first for (first,) in found} == {"9", "N", "A", "Y"}


@pytest.mark.parametrize("lack", ["site", "type", "papers", "duration"])
def test_no_instruction_lacks_what_its_mode_needs(loaded: tuple[Database, Summary], lack: str) -> None:
    """Sites fit the type and the office, papers are there, each goods category has a duration."""
    conditions = {
        "site": "t.mode <> 'result_accepted' AND NOT s.kind = ANY (t.site_kinds) OR s.office <> i.office",
        "type": "i.type IS NULL",
        "papers": "t.mode = 'high_tech' AND filing_number IS NULL"
        " OR t.mode = 'special_articles' AND (approval_number IS NULL OR risk_level IS NULL)"
        " OR s.kind = 'enterprise_premises' AND off_site_reason IS NULL",
        "duration": "NOT EXISTS (SELECT FROM duration d"
        " WHERE d.type = i.type AND d.goods_category = i.goods_category)",
    }
    question = (
        "SELECT count(*) FROM instruction i JOIN inspection_type t ON t.id = i.type"
        f" JOIN site s ON s.id = i.site WHERE {conditions[lack]}"
    )
    assert ask(loaded[0], question) == [(0,)]


def test_whoever_signs_in_as_the_enterprise_finds_all_modes(loaded: tuple[Database, Summary]) -> None:
    """The enterprise account's own instructions run over all modes, special articles of both risks."""
    question = (
        "SELECT DISTINCT mode, risk_level FROM instruction i JOIN inspection_type t ON t.id = i.type"
        " JOIN account a ON a.enterprise = i.represented WHERE a.login = 'enterprise'"
    )
    found = ask(loaded[0], question)
    assert {mode for mode, _ in found} == set(Mode)
    assert {risk for _, risk in found} == {None, "low", "high"}


def test_every_office_can_fill_the_seats_of_its_types(loaded: tuple[Database, Summary]) -> None:
    """On each work day of four weeks each office has a holder on duty for every seat its sites may need."""
    question = """
        SELECT count(*) FROM (SELECT DISTINCT office, date FROM duty) AS day
        JOIN site s ON s.office = day.office
        JOIN inspection_type t ON s.kind = ANY (t.site_kinds)
        JOIN seat ON seat.type = t.id
        WHERE NOT EXISTS (
            SELECT FROM duty d WHERE d.office = day.office AND d.date = day.date AND seat.qualifications <@ (
                SELECT array_agg(q.qualification::text) FROM inspector_qualification q
                WHERE q.inspector = d.inspector AND q.valid_from <= day.date
                  AND (q.valid_to IS NULL OR q.valid_to > day.date))
            OR d.office = day.office AND d.date = day.date AND seat.qualifications = '{}')
    """
    assert ask(loaded[0], question) == [(0,)]


def test_one_account_for_each_user_group(loaded: tuple[Database, Summary]) -> None:
    """Passwords are as given or drawn, stored hashed, and not shown by the summary's text."""
    database, summary = loaded
    by_login = {one.login: one for one in summary.sign_ins}
    assert by_login["desk"].password == GIVEN["desk"]
    assert by_login["integrator"].password is None
    drawn = by_login["manager"].password
    assert drawn is not None
    assert len(drawn) >= 12
    assert drawn not in repr(summary)
    roles = ask(database, "SELECT DISTINCT role FROM account")
    assert {role for (role,) in roles} == {one.role.value for one in summary.sign_ins}
    hashes = ask(database, "SELECT password_hash FROM account WHERE password_hash NOT LIKE '$argon2%'")
    assert hashes == []


def fingerprint(database: Database) -> list[list[tuple[object, ...]]]:
    """The rows that a seed decides, without what only stamps or hashes."""
    return [
        ask(database, f"SELECT * FROM {table} ORDER BY 1, 2, 3")
        for table in ("site", "travel", "inspector_qualification", "duty", "enterprise_credit", "instruction")
    ]


@pytest.mark.parametrize("today", [date(2026, 12, 28), date(2027, 2, 1)])
def test_equal_days_give_equal_rows_in_any_month(fresh_database: Callable[[], str], today: date) -> None:
    """Two loads at the same date are alike whatever the hour, and the calendar reaches far enough."""
    prints = []
    for hours in (0, 5):
        database = Database(fresh_database())
        load_example(database, today=today, now=NOW + timedelta(hours=hours))
        prints.append(fingerprint(database))
        reach = ask(database, "SELECT min(date), max(date) FROM work_day")
        assert reach[0][0] <= today - timedelta(days=30)  # type: ignore[operator]  # rows are untyped
        assert reach[0][1] >= today + timedelta(days=400)  # type: ignore[operator]  # rows are untyped
        database.close()
    assert prints[0] == prints[1]


def test_a_second_load_carries_on_to_its_date(fresh_database: Callable[[], str]) -> None:
    """Three days later only the missing duties are added and the passwords are new ones."""
    database = Database(fresh_database())
    first = load_example(database, today=TODAY, now=NOW)
    later = TODAY + timedelta(days=3)
    second = load_example(database, today=later, now=NOW + timedelta(days=3))
    assert second.counts["duties"] > first.counts["duties"]
    assert second.counts["instructions"] == first.counts["instructions"]
    last = ask(database, "SELECT max(date) FROM duty")[0][0]
    assert last == later + timedelta(days=27)
    assert {one.password for one in first.sign_ins} & {one.password for one in second.sign_ins} == {None}
    database.close()


def test_a_real_district_is_never_touched(fresh_database: Callable[[], str]) -> None:
    """Where the district's code belongs to real data the example refuses to be loaded."""
    database = Database(fresh_database())
    with database.transaction() as session:
        session.execute(text("INSERT INTO district (code, name_zh, name_en) VALUES ('0100', 'x', 'x')"))
    with pytest.raises(ValueError, match="not the example"):
        load_example(database, today=TODAY, now=NOW)
    assert ask(database, "SELECT count(*) FROM office") == [(0,)]
    database.close()
