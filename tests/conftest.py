"""One PostgreSQL for a test run, clean databases copied from a migrated template, and no way to the network.

TEST_POSTGRES chooses the server: `18` (the default) or `15` for an embedded one of that version, or the
address of a server that exists, whose role may create databases.
"""

import contextlib
import ipaddress
import itertools
import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import URL, make_url

from scheduler.database import server
from scheduler.database.binaries import find_binaries

PREFIX = "inspection-tests-"
TEMPLATE = "migrated"
TEMPLATE_LOCK = 5_202_023
FAST = {"fsync": "off", "full_page_writes": "off", "max_connections": "300"}
_numbers = itertools.count(1)


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder of the run's server; xdist's workers find it in the environment."""
    if not hasattr(config, "workerinput"):
        _sweep()
        folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
        folder.chmod(0o711)  # ours: the server's account must enter it when the tests run as root
        os.environ["TEST_POSTGRES_FOLDER"] = str(folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the run's server and delete its data, after the last worker."""
    folder = Path(os.environ["TEST_POSTGRES_FOLDER"])
    if not hasattr(config, "workerinput") and folder.exists():
        server.remove(folder / "postgres")
        shutil.rmtree(folder)


def _sweep() -> None:
    """Remove what runs left that were killed before they could clean up."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        pid = folder.name.removeprefix(PREFIX).partition("-")[0]
        alive = not Path("/proc/self").exists() or Path(f"/proc/{pid}").exists()
        if not alive and folder.stat().st_uid == os.geteuid():
            server.remove(folder / "postgres")
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def _loopback_only() -> Iterator[None]:
    """Refuse every connection that would leave this machine."""
    real_connect, real_connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guard(address: object) -> None:
        if isinstance(address, tuple) and not _is_loopback(str(address[0])):
            raise RuntimeError(f"a test tried to reach the network: {address}")

    def connect(self: socket.socket, address: str) -> None:
        guard(address)
        real_connect(self, address)

    def connect_ex(self: socket.socket, address: str) -> int:
        guard(address)
        return real_connect_ex(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        patch.setattr(socket.socket, "connect_ex", connect_ex)
        yield


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


@pytest.fixture(scope="session")
def postgres() -> Iterator[URL]:
    """Address of the run's server, shared by all workers; its template database is migrated."""
    chosen = os.environ.get("TEST_POSTGRES") or "18"
    with contextlib.ExitStack() as stack:
        if chosen.isdecimal():
            folder = Path(os.environ["TEST_POSTGRES_FOLDER"]) / "postgres"
            binaries = find_binaries(major=int(chosen))
            address = make_url(
                stack.enter_context(server.start(folder, binaries=binaries, settings=FAST)).url
            )
        else:
            address = make_url(chosen)
        _make_template(address)
        yield address


def _make_template(address: URL) -> None:
    """Migrate the template once for the run: the first worker does it, the others wait."""
    from scheduler.database.migrate import upgrade  # noqa: PLC0415 - tests/pure loads no models

    with _administer(address) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [TEMPLATE_LOCK])
        name, draft = _template_name(), f"{_template_name()}_draft"
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(draft)))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(draft)))
        upgrade(_render(address.set(database=draft)))
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        connection.execute(rename.format(sql.Identifier(draft), sql.Identifier(name)))


def _template_name() -> str:
    run = Path(os.environ["TEST_POSTGRES_FOLDER"]).name.replace("-", "_")
    return f"{TEMPLATE}_{run}"


def _administer(address: URL) -> psycopg.Connection[tuple[object, ...]]:
    plain = _render(address.set(drivername="postgresql", database="postgres"))
    return psycopg.connect(plain, autocommit=True)


def _render(address: URL) -> str:
    return address.render_as_string(hide_password=False)


@contextlib.contextmanager
def _clean_databases(address: URL) -> Iterator[Callable[..., str]]:
    """Give a maker of fresh copies of the template, or of another's; all are dropped at the end."""
    made: list[str] = []

    def make(original: str | None = None) -> str:
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        name = f"test_{_template_name()}_{worker}_{next(_numbers)}"
        template = make_url(original).database if original else _template_name()
        with _administer(address) as connection:
            copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            connection.execute(copy.format(sql.Identifier(name), sql.Identifier(template or "")))
        made.append(name)
        return _render(address.set(database=name))

    try:
        yield make
    finally:
        with _administer(address) as connection:
            for name in made:
                drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
                connection.execute(drop)


@pytest.fixture
def database_url(postgres: URL) -> Iterator[str]:
    """Address of a migrated, empty database for one test alone."""
    with _clean_databases(postgres) as make:
        yield make()


@pytest.fixture(scope="session")
def lasting_database(postgres: URL) -> Iterator[Callable[[], str]]:
    """Maker of migrated databases that stay until the run ends: originals to copy from."""
    with _clean_databases(postgres) as make:
        yield make


@pytest.fixture
def copy_database(postgres: URL) -> Iterator[Callable[[str], str]]:
    """Maker of copies of a database that nobody is connected to, for one test alone."""
    with _clean_databases(postgres) as make:
        yield make


@pytest.fixture(scope="module")
def module_database_url(postgres: URL) -> Iterator[str]:
    """Address of a migrated, empty database that the tests of one module share."""
    with _clean_databases(postgres) as make:
        yield make()


@pytest.fixture(scope="module")
def fresh_database(postgres: URL) -> Iterator[Callable[[], str]]:
    """Maker of addresses of migrated, empty databases, for races and state machines."""
    with _clean_databases(postgres) as make:
        yield make
