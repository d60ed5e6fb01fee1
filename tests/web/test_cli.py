"""The command `inspection`: what it prints, and above all with which code it ends."""

import json
import logging
import socket
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog
from sqlalchemy import text

from api.cli.commands import main
from api.cli.demo import require_free
from api.cli.saying import Stop
from api.cli.state import State
from scheduler.access.accounts import set_password
from scheduler.booking.book import book
from scheduler.clock.run import clock_name
from scheduler.clock.ticks import tick_heartbeat
from scheduler.database.connection import Database
from scheduler.database.idempotency import plainly
from scheduler.example.accounts import SignInGiven
from scheduler.example.parties import make_uscc
from scheduler.models import Account
from scheduler.vocabulary import Role
from tests.factories import NOW, TUESDAY, World, at, make_world, order

Inspection = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """The command sets logging up for its process, which here is everybody's."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def inspection(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Inspection:
    """The command in a folder of its own: its exit code, what it printed, and what it complained of."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    return run


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """The small district of the tests."""
    made = make_world(database_url)
    yield made
    made.database.close()


def instruction(number: int, **columns: object) -> dict[str, object]:
    """A row of an instructions file of the small district."""
    return {
        "kind": "declaration",
        "reference": f"010020261{number:09d}",
        "office": "north",
        "site": "yard",
        "type": "standard",
        "goods_name": "示例食品",
        "goods_category": "food",
        "represented_uscc": make_uscc("91", number),
        "represented_name": "示例企业",
        **columns,
    }


def write(rows: object, name: str = "file.json") -> str:
    """Write a JSON file in the working folder."""
    Path(name).write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    return name


def test_without_an_address_the_setting_is_named(
    inspection: Inspection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command but the demonstration needs DATABASE_URL and says so."""
    monkeypatch.delenv("DATABASE_URL")
    code, _, complaint = inspection("doctor")
    assert code == 2
    assert "DATABASE_URL is not set" in complaint


def test_a_database_that_does_not_answer_is_one_line(
    inspection: Inspection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No traceback, no address with its password, exit code 1: migrate and health alike."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://somebody:secret@127.0.0.1:1/nothing")
    for command in ("migrate", "health", "doctor"):
        code, out, complaint = inspection(command)
        assert (code, out) == (1, "")
        assert complaint.startswith("inspection: ")
        assert complaint.count("\n") == 1
        assert "secret" not in complaint


def test_migrating_twice_is_one_migration(inspection: Inspection) -> None:
    """A migrated database is healthy and may be migrated again."""
    assert inspection("migrate")[0] == 0
    assert inspection("health") == (0, "healthy\n", "")


def test_an_old_database_is_told_from_a_healthy_one(inspection: Inspection, database_url: str) -> None:
    """A database at another version makes health fail and says what to do."""
    database = Database(database_url)
    with database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'earlier'"))
    database.close()
    code, _, complaint = inspection("health")
    assert code == 1
    assert "inspection migrate" in complaint


def test_the_clock_is_healthy_while_it_beats(inspection: Inspection, database_url: str) -> None:
    """A clock of this machine has beaten lately; without one the command fails."""
    assert inspection("health", "--of", "clock")[0] == 1
    database = Database(database_url)
    tick_heartbeat(database, name=clock_name(), now=datetime.now(UTC))
    database.close()
    assert inspection("health", "--of", "clock")[0] == 0


def test_web_is_unhealthy_where_nothing_listens(inspection: Inspection) -> None:
    """Nothing answers on the port asked for."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    code, _, complaint = inspection("health", "--of", "web", "--port", str(port))
    assert code == 1
    assert str(port) in complaint


@pytest.mark.usefixtures("world")
def test_a_good_file_is_taken_once(inspection: Inspection) -> None:
    """All rows kept: exit code 0; the same file again changes nothing."""
    name = write([instruction(1), instruction(2)])
    code, out, _ = inspection("import", "instructions", name)
    assert (code, out) == (0, "instructions: 2 added, 0 changed, 0 unchanged, 0 rejected\n")
    assert inspection("import", "instructions", name)[1].endswith("0 changed, 2 unchanged, 0 rejected\n")


@pytest.mark.usefixtures("world")
def test_bad_rows_are_told_and_good_ones_kept(inspection: Inspection) -> None:
    """Exit code 1; each bad row with its number, its field and the reason in words."""
    name = write([instruction(1), instruction(2, represented_uscc="91110199000000010X")])
    code, out, _ = inspection("import", "instructions", name)
    assert code == 1
    assert "1 added" in out
    assert "1 rejected" in out
    assert "represented_uscc" in out
    assert "check digit" in out


@pytest.mark.parametrize("kind", ["instructions", "district", "people", "bookings"])
def test_an_unreadable_file_is_another_matter(inspection: Inspection, kind: str) -> None:
    """A file that is none, or not there: exit code 2 and one line."""
    Path("broken.json").write_text("[{", encoding="utf-8")
    for name in ("broken.json", "missing.csv"):
        code, _, complaint = inspection("import", kind, name)
        assert code == 2
        assert name in complaint
        assert complaint.count("\n") == 1


@pytest.mark.parametrize("kind", ["instructions", "district", "people", "bookings"])
def test_empty_templates_can_be_brought_in(inspection: Inspection, kind: str) -> None:
    """Each kind has an empty file in both forms; as it stands it holds nothing, and nothing is wrong."""
    for form in ("csv", "json"):
        name = f"empty.{form}"
        assert inspection("import", "template", kind, "--format", form, "--output", name)[0] == 0
        assert inspection("import", kind, name)[0] == 0


def test_doctor_tells_a_sound_database_from_a_broken_one(inspection: Inspection, world: World) -> None:
    """All counts 0: exit code 0. A text of an older version that is still due: exit code 1."""
    reference = world.instruction()
    booked = order(reference, start=at(TUESDAY, 10), recipients=[{"name": "示例", "mobile": "13800138000"}])
    book(world.database, actor=world.enterprise_actor(), order=booked, now=NOW, keep=plainly)
    assert inspection("doctor")[0] == 0
    with world.database.transaction() as session:
        session.execute(text("UPDATE message SET booking_version = 0"))
    code, out, _ = inspection("doctor")
    assert code == 1
    assert "I10" in out


def test_texts_are_counted_by_state(inspection: Inspection, world: World) -> None:
    """A booking with a recipient leaves its texts due."""
    assert inspection("messages") == (0, "no texts yet\n", "")
    booked = order(
        world.instruction(), start=at(TUESDAY, 10), recipients=[{"name": "示例", "mobile": "13800138000"}]
    )
    book(world.database, actor=world.enterprise_actor(), order=booked, now=NOW, keep=plainly)
    assert "due" in inspection("messages")[1]


def test_the_calendar_is_imported_once(inspection: Inspection) -> None:
    """The second import finds nothing new."""
    years = ("--first-year", "2025", "--last-year", "2026")
    assert inspection("work-days", "import", *years)[1].startswith("calendar version")
    assert inspection("work-days", "import", *years) == (0, "nothing differs\n", "")


def test_staff_get_an_account_and_a_code(inspection: Inspection, world: World) -> None:
    """The first administrator is made here; the code sets a password. An unknown office is refused."""
    made = ("account", "create-staff", "first", "--name", "示例", "--role", "administrator")
    assert inspection(*made) == (0, "created\n", "")
    assert inspection(*made)[1] == "this account exists already\n"
    code = inspection("account", "hand-out-code", "first")[1].strip()
    with world.database.transaction() as session:
        given = "a long enough one"
        set_to = set_password(session, login="first", code=code, password=given, now=datetime.now(UTC))
        assert isinstance(set_to, Account)
    wrong = ("account", "create-staff", "second", "--name", "示例", "--role", "desk_agent", "--office", "no")
    code_of_end, _, complaint = inspection(*wrong)
    assert code_of_end == 1
    assert "/office" in complaint


def test_a_simulated_day_ends_well_twice(inspection: Inspection) -> None:
    """On a database of one's own the second run simulates a later day; both end with 0."""
    days = []
    for _ in range(2):
        code, out, _ = inspection("demo", "--once", "--requests", "40", "--today", "2026-12-28")
        assert code == 0, out
        assert "every invariant holds" in out
        days.append(next(line for line in out.splitlines() if line.startswith("-- 40 requests")))
    assert days[0] < days[1]


def test_a_foreign_database_is_never_reset(inspection: Inspection) -> None:
    """--reset with DATABASE_URL is refused before anything is touched."""
    code, _, complaint = inspection("demo", "--once", "--reset")
    assert code == 2
    assert "--reset" in complaint


def test_a_taken_port_is_named() -> None:
    """Somebody listens already: the demonstration says so and how to go on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Stop, match=f"port {port} .*--port"):
            require_free(port)


def test_sign_ins_are_kept_from_others(tmp_path: Path) -> None:
    """Passwords and token live in one file of mode 0600, and stay when more are kept."""
    state = State(tmp_path / "state")
    state.keep_passwords([SignInGiven("desk", Role.DESK_AGENT, "示例", "a password")])
    state.keep_token("a token")
    assert state.passwords() == {"desk": "a password"}
    assert state.token() == "a token"
    assert stat.S_IMODE((tmp_path / "state" / "sign-ins.json").stat().st_mode) == 0o600
