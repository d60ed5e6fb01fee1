"""PostgreSQL's own measure of itself, on the server that a bench runs on."""

import os
import re
import subprocess

from sqlalchemy import make_url

from bench.district import fresh_database
from scheduler.database.server import Server


def run_pgbench(server: Server, *, clients: int, threads: int, seconds: int) -> float:
    """Return the transactions per second of pgbench's TPC-B-like script on a fresh database."""
    with fresh_database(server, "pgbench") as url:
        _run(server, url, "-i", "-q", "-s", "10")
        told = _run(server, url, "-n", "-c", str(clients), "-j", str(threads), "-T", str(seconds))
    found = re.search(r"tps = ([0-9.]+)", told)
    if found is None:
        raise RuntimeError(f"pgbench told no figure: {told}")
    return float(found.group(1))


def _run(server: Server, url: str, *arguments: str) -> str:
    """Run the server's own pgbench on a database and return what it prints."""
    address = make_url(url)
    environment = {
        **os.environ,
        "PGHOST": str(address.query["host"]),
        "PGUSER": str(address.username),
        "PGPASSWORD": str(address.password),
    }
    told = subprocess.run(  # noqa: S603 - PostgreSQL's own program
        [server.binaries / "pgbench", *arguments, str(address.database)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout
