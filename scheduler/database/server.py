"""The embedded PostgreSQL: a small supervisor of one server under one data folder.

It serves `make demo`, `make test` and small installations; with DATABASE_URL nothing here runs. Its folder
holds `data`, `log`, `password` (mode 0600), `lock` and `users`; place.py says where it is and who owns it.

- Alive means that it answers a query. Only a postgres that stands in this data folder is ever signalled, and
  a pid file is dropped only when its pid is somebody else's.
- Who uses a server holds a shared lock on `users`, which the kernel releases even after kill -9; the last one
  that leaves stops the server.
- No TCP: a socket of mode 0700 and a password (scram).
"""

import contextlib
import errno
import fcntl
import os
import shutil
import signal
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_urlsafe
from types import MappingProxyType
from typing import IO, Self

import psycopg
from psycopg import sql

from scheduler.database.binaries import find_binaries, make_executable, read_major
from scheduler.database.place import Place, ServerUnusableError, claim, locate, run

ROLE = "inspection"
DATABASE = "inspection"
START_SECONDS = 60.0
STOP_SECONDS = 30.0
SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        "listen_addresses": "",
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "shared_buffers": "128MB",
        "synchronous_commit": "on",
        "password_encryption": "scram-sha-256",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
)


@dataclass(kw_only=True)
class Server:
    """A running server; at the end of its context it is left, and the last that leaves stops it."""

    url: str
    place: Place
    binaries: Path
    _users: IO[str] | None = field(default=None, repr=False)

    def stop(self) -> None:
        """Leave the server, and stop it unless somebody else still uses it."""
        if self._users is None:
            return
        with _locked(self.place):
            alone = _leave(self._users)
            self._users = None
            if alone:
                _halt(self.place)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start(
    folder: Path | str,
    *,
    binaries: Path | str | None = None,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> Server:
    """Start the server of this folder, or join the one that runs already.

    Args:
        folder: given over to the server; made when missing.
        binaries: folder of initdb and postgres; searched by `find_binaries` when not given.
        settings: PostgreSQL's own, on top of SETTINGS; of no effect when the server runs already.

    Raises:
        ServerUnusableError: no binaries, data of another major version, another user's folder, or no start.
    """
    place = claim(Path(folder))
    usable = make_executable(find_binaries(binaries), account=place.account)
    with _locked(place):
        users = (place.home / "users").open("a", encoding="utf-8")
        try:
            fcntl.flock(users, fcntl.LOCK_SH)
            _initialise(place, usable)
            if not _answers(place):
                _launch(place, usable, settings)
            _ensure_database(place)
        except BaseException:
            users.close()
            raise
    url = f"postgresql+psycopg://{ROLE}:{place.password}@/{DATABASE}?host={place.sockets}"
    return Server(url=url, place=place, binaries=usable, _users=users)


def stop(folder: Path | str) -> None:
    """Stop the server of this folder, whoever uses it; nothing happens when none runs."""
    place = locate(Path(folder))
    if (place.home / "lock").exists():
        with _locked(place):
            _halt(place)


def remove(folder: Path | str) -> None:
    """Stop the server of this folder and delete all its data, wherever it lives."""
    path = Path(folder)
    stop(path)
    place = locate(path)
    for made in (place.sockets, place.home, path):
        if made.exists():
            shutil.rmtree(made)


@contextlib.contextmanager
def _locked(place: Place) -> Iterator[None]:
    """Hold the folder's lock: one start or stop at a time."""
    with (place.home / "lock").open("a", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _leave(users: IO[str]) -> bool:
    """Give up one's place among the users; return whether nobody else is left."""
    with users:
        fcntl.flock(users, fcntl.LOCK_UN)
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in {errno.EAGAIN, errno.EACCES}:
                return False
            raise
    return True


def _initialise(place: Place, binaries: Path) -> None:
    """Make the data folder once; half a folder, left by a kill, is thrown away."""
    made = place.data / "PG_VERSION"
    if made.exists():
        _require_version(made.read_text(encoding="ascii").strip(), place=place, binaries=binaries)
        return
    draft, password = place.home / "draft", place.home / "password"
    shutil.rmtree(draft, ignore_errors=True)
    password.unlink(missing_ok=True)
    password.touch(mode=0o600)
    password.write_text(token_urlsafe(24), encoding="ascii")
    if os.geteuid() == 0:
        os.chown(password, place.account.uid, place.account.gid)
    told = run(
        place.account, binaries / "initdb", "--pgdata", draft, "--username", ROLE, "--pwfile", password,
        "--auth", "scram-sha-256", "--encoding", "UTF8", "--no-locale", "--no-instructions", "--no-sync",
    )  # fmt: skip
    if told.returncode != 0:
        raise ServerUnusableError(f"initdb failed: {told.stdout}{told.stderr}")
    draft.rename(place.data)


def _require_version(made_by: str, *, place: Place, binaries: Path) -> None:
    found = read_major(binaries)
    if made_by != str(found):
        raise ServerUnusableError(
            f"{place.data} was made by PostgreSQL {made_by}, but {binaries} is {found}: use binaries of that "
            "version, or dump, remove the folder and restore"
        )


def _launch(place: Place, binaries: Path, settings: Mapping[str, str]) -> None:
    """Start a server that does not answer; one that is still coming up gets its time first."""
    if _leader(place.data) is not None and _comes_up(place):
        return
    _halt(place)
    lines = {**SETTINGS, **settings, "unix_socket_directories": str(place.sockets)}
    text = "".join(f"{name} = '{value}'\n" for name, value in lines.items())
    (place.data / "postgresql.conf").write_text(text, encoding="ascii")
    log = place.home / "log"
    # The shell's background job is adopted by init, so the server outlives its starter; the folder's name is
    # an argument, never parsed as shell text.
    told = run(
        place.account, "/bin/sh", "-c", '"$1" -D "$2" </dev/null >>"$3" 2>&1 & echo $!', "sh",
        binaries / "postgres", place.data, log,
    )  # fmt: skip
    if not _comes_up(place, pid=int(told.stdout)):
        tail = log.read_text(encoding="utf-8", errors="replace")[-2000:]
        raise ServerUnusableError(f"PostgreSQL did not start; {log} ends with:\n{tail}")


def _comes_up(place: Place, *, pid: int | None = None) -> bool:
    """Wait until the server answers; give up when its process is gone or the time is over."""
    deadline = time.monotonic() + START_SECONDS
    while not _answers(place):
        gone = _leader(place.data) is None if pid is None else not _runs(pid)
        if gone or time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _halt(place: Place) -> None:
    """End every postgres of this data folder, gently first; then drop a pid file that would stop the next.

    That is one whose pid is a stranger's, or a dead server's that nobody has reaped. Any other stale file
    stays: postgres itself judges it, with its check of shared memory. Nobody else uses the sockets' folder.
    """
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        leader, residents = _leader(place.data), _residents(place.data)
        told = [leader] if leader is not None and number == signal.SIGINT else residents
        for resident in told:
            with contextlib.suppress(ProcessLookupError):
                os.kill(resident, number)
        deadline = time.monotonic() + STOP_SECONDS
        while _residents(place.data) and time.monotonic() < deadline:
            time.sleep(0.02)
    if _residents(place.data):
        raise ServerUnusableError(f"the server of {place.data} cannot be stopped")
    pid = _written_pid(place.data)
    if pid is not None and _exists(pid):
        (place.data / "postmaster.pid").unlink(missing_ok=True)
    for left in place.sockets.glob(".s.PGSQL.*"):
        left.unlink(missing_ok=True)


def _written_pid(data: Path) -> int | None:
    """Return the pid in the pid file."""
    try:
        text = (data / "postmaster.pid").read_text(encoding="ascii", errors="replace")
        return abs(int(text.split("\n", 1)[0]))
    except (OSError, ValueError):
        return None


def _leader(data: Path) -> int | None:
    """Return the pid of the live server of this data folder."""
    pid = _written_pid(data)
    return pid if pid is not None and pid in _residents(data) else None


def _residents(data: Path) -> list[int]:
    """Return the pids of all postgres processes that stand in this data folder, a dead server's orphans too.

    Without /proc (not Linux) nobody can be told apart, so a pid that runs is taken for the server's and an
    error asks the operator to end it.
    """
    if not Path("/proc/self/cwd").exists():
        pid = _written_pid(data)
        if pid is not None and _runs(pid):
            raise ServerUnusableError(f"process {pid} may be the server of {data}: stop it first")
        return []
    found: list[int] = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if process.joinpath("comm").read_bytes().strip() == b"postgres":
                here = os.path.samestat(process.joinpath("cwd").stat(), data.stat())
                found += [int(process.name)] if here else []
    return found


def _exists(pid: int) -> bool:
    """Return whether the pid is taken, be it by a process that only waits to be reaped."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _runs(pid: int) -> bool:
    """Return whether a process of this pid runs; one that only waits to be reaped does not."""
    with contextlib.suppress(OSError):
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        return status.rpartition(")")[2].split()[0] != "Z"
    return _exists(pid)


def _connect(place: Place) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(
        host=str(place.sockets), user=ROLE, password=place.password, dbname="postgres",
        autocommit=True, connect_timeout=3,
    )  # fmt: skip


def _answers(place: Place) -> bool:
    """Return whether the server of exactly this data folder answers a query."""
    try:
        with _connect(place) as connection:
            row = connection.execute("SELECT current_setting('data_directory')").fetchone()
    except (OSError, psycopg.OperationalError):
        return False
    return row is not None and Path(str(row[0])) == place.data


def _ensure_database(place: Place) -> None:
    with _connect(place) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
