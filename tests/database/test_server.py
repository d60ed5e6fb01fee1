"""The embedded server: starts anywhere, survives kills, harms nobody, and knows its versions."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from scheduler.database import server
from scheduler.database.binaries import find_binaries
from scheduler.database.place import ServerUnusableError

FAST = {"fsync": "off", "max_connections": "10", "shared_buffers": "16MB"}
HOLD = """
import sys, time
from scheduler.database import server
held = server.start(sys.argv[1])
print(held.place.data.joinpath("postmaster.pid").read_text().split()[0], flush=True)
time.sleep(600)
"""


AWKWARD = Path("it's a, 预约 $HOME folder") / ("deep" * 25) / "postgres"
"""Spaces, Chinese characters, a quote, a comma, a dollar; deeper than a socket's path may be."""


@pytest.fixture
def new_folder(tmp_path: Path) -> Iterator[Path]:
    """A data folder that no server has used yet."""
    yield tmp_path / AWKWARD
    server.remove(tmp_path / AWKWARD)


@pytest.fixture(scope="module")
def made_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The data folder that most tests share, for making one takes a second."""
    path = tmp_path_factory.mktemp("server") / AWKWARD
    server.start(path, settings=FAST).stop()
    yield path
    server.remove(path)


@pytest.fixture
def folder(made_folder: Path) -> Iterator[Path]:
    """The shared data folder, its server stopped before and after."""
    yield made_folder
    server.stop(made_folder)


def ask(url: str, question: str = "SELECT 1") -> object:
    """Return the first value of the answer."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        cursor = connection.execute(question)
        while cursor.nextset():
            pass
        row = cursor.fetchone()
    return None if row is None else row[0]


def server_pid(run: server.Server) -> int:
    """Return the pid of the server's first process."""
    return int((run.place.data / "postmaster.pid").read_text().split()[0])


def test_rows_are_there_after_a_second_start(folder: Path) -> None:
    """What was committed is read by the next start of the same folder."""
    with server.start(folder, settings=FAST) as run:
        ask(run.url, "CREATE TABLE kept AS SELECT 7 AS n; SELECT 0")
    with server.start(folder, settings=FAST) as run:
        assert ask(run.url, "SELECT n FROM kept") == 7


def test_the_password_is_closed_to_others(folder: Path) -> None:
    """The password's file has mode 0600, both folders 0700, and there is no TCP."""
    with server.start(folder, settings=FAST) as run:
        assert (run.place.home / "password").stat().st_mode & 0o777 == 0o600
        assert run.place.home.stat().st_mode & 0o777 == 0o700
        assert run.place.sockets.stat().st_mode & 0o777 == 0o700
        assert ask(run.url, "SHOW listen_addresses") == ""


def test_a_wrong_password_is_refused(folder: Path) -> None:
    """The socket asks for the password."""
    with server.start(folder, settings=FAST) as run:
        wrong = run.url.replace(run.place.password, "wrong").replace("+psycopg", "")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(wrong)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has somebody to step down to")
def test_root_steps_down(folder: Path) -> None:
    """Started by root, the server's process belongs to an unprivileged account."""
    with server.start(folder, settings=FAST) as run:
        assert Path(f"/proc/{server_pid(run)}").stat().st_uid == run.place.account.uid != 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has somebody to step down to")
def test_data_stays_in_a_folder_that_the_account_can_enter() -> None:
    """Below open folders, root's server keeps its data in the folder itself."""
    with tempfile.TemporaryDirectory() as above:
        Path(above).chmod(0o711)
        path = Path(above) / "postgres"
        with server.start(path, settings=FAST) as run:
            assert run.place.data == path / "data"
        server.remove(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has somebody to step down to")
def test_data_moves_out_of_a_closed_home(tmp_path: Path) -> None:
    """Below a folder of mode 0700, data lives elsewhere, the folder says where, and no mode is changed."""
    closed = tmp_path / "home"
    closed.mkdir(mode=0o700)
    path = closed / "postgres"
    with server.start(path, settings=FAST) as run:
        assert (path / "PLACE").read_text().strip() == str(run.place.home) != str(path)
        assert closed.stat().st_mode & 0o777 == 0o700
    server.remove(path)
    assert not run.place.home.exists()


def test_starts_at_the_same_time_make_one_server(new_folder: Path) -> None:
    """Of three processes that start at once, one makes the server and the others join it."""
    command = [sys.executable, "-c", HOLD, str(new_folder)]
    clients = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own text
        for _ in range(3)
    ]
    pids = {client.stdout.readline() for client in clients if client.stdout is not None}
    for client in clients:
        client.kill()
        client.communicate()
    assert len(pids) == 1
    assert pids != {""}


def test_the_last_user_stops_the_server(folder: Path) -> None:
    """A second start joins the running server; it stops when both have left, not before."""
    first, second = server.start(folder, settings=FAST), server.start(folder, settings=FAST)
    pid = server_pid(first)
    assert server_pid(second) == pid
    first.stop()
    assert ask(second.url) == 1
    second.stop()
    assert not (second.place.data / "postmaster.pid").exists()


def test_a_killed_client_leaves_a_server_that_still_stops(folder: Path) -> None:
    """After kill -9 of its only user, the next start joins the server and its stop ends it."""
    server.start(folder, settings=FAST).stop()
    command = [sys.executable, "-c", HOLD, str(folder)]
    client = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own text
    assert client.stdout is not None
    pid = int(client.stdout.readline())
    client.kill()
    client.communicate()
    run = server.start(folder)
    assert server_pid(run) == pid
    run.stop()
    assert not (run.place.data / "postmaster.pid").exists()


def test_a_killed_server_starts_again(folder: Path) -> None:
    """After kill -9 of the server, with a client connected, a new start answers."""
    first = server.start(folder, settings=FAST)
    with psycopg.connect(first.url.replace("+psycopg", ""), autocommit=True):
        os.kill(server_pid(first), signal.SIGKILL)
        with server.start(folder, settings=FAST) as second:
            assert ask(second.url) == 1
    first.stop()


def test_a_stranger_named_by_a_stale_pid_file_lives_on(folder: Path) -> None:
    """A pid file that names an unrelated live process is dropped; the process is not touched."""
    with server.start(folder, settings=FAST) as run:
        pass
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    stale = run.place.data / "postmaster.pid"
    stale.write_text(f"{stranger.pid}\n{run.place.data}\n{int(time.time())}\n5432\n{run.place.sockets}\n\n")
    try:
        with server.start(folder, settings=FAST) as again:
            assert ask(again.url) == 1
        server.stop(folder)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_half_an_initialisation_is_thrown_away(new_folder: Path) -> None:
    """A new_folder whose first start was killed in the middle starts from nothing."""
    (new_folder / "draft").mkdir(parents=True)
    (new_folder / "draft" / "PG_VERSION").write_text("18\n")
    with server.start(new_folder, settings=FAST) as run:
        assert ask(run.url) == 1


def test_data_of_another_version_is_refused(folder: Path) -> None:
    """Binaries of another major version say so and leave the data as they are."""
    with server.start(folder, settings=FAST) as run:
        made = run.place.data / "PG_VERSION"
    text = made.read_text()
    made.write_text("9\n")
    with pytest.raises(ServerUnusableError, match="was made by PostgreSQL 9"):
        server.start(folder, settings=FAST)
    made.write_text(text)


def test_missing_binaries_are_named(tmp_path: Path) -> None:
    """A folder without initdb is refused with its name and the ways out."""
    with pytest.raises(ServerUnusableError, match=r"looked in .*nothing here.*DATABASE_URL"):
        find_binaries(tmp_path / "nothing here")


def test_a_second_name_of_the_folder_is_the_same_server(folder: Path, tmp_path: Path) -> None:
    """A symbolic link to the folder joins its server."""
    with server.start(folder, settings=FAST) as run:
        (tmp_path / "link").symlink_to(folder.parent)
        with server.start(tmp_path / "link" / folder.name) as joined:
            assert joined.url == run.url


@pytest.mark.parametrize("major", [18, 15])
def test_exclusion_over_equal_numbers_works(new_folder: Path, major: int) -> None:
    """btree_gist, which the constraints need, comes with the binaries of both versions."""
    try:
        binaries = find_binaries(major=major)
    except ServerUnusableError:
        pytest.skip(f"no PostgreSQL {major} on this machine")
    with server.start(new_folder, binaries=binaries, settings=FAST) as run:
        with psycopg.connect(run.url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("CREATE EXTENSION btree_gist")
            connection.execute(
                "CREATE TABLE crew (inspector int, during tstzrange, "
                "EXCLUDE USING gist (inspector WITH =, during WITH &&))"
            )
            insert = "INSERT INTO crew VALUES (1, '[2026-01-01 10:00Z, 2026-01-01 11:00Z)')"
            connection.execute(insert)
            with pytest.raises(psycopg.errors.ExclusionViolation):
                connection.execute(insert)
        assert str(ask(run.url, "SHOW server_version")).startswith(str(major))
