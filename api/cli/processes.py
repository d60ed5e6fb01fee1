"""The processes that the demonstration starts beside itself, ended when it ends."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from types import FrameType

from api.cli.saying import Stop

STARTS_WITHIN, ENDS_WITHIN = 30.0, 15.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def running(
    name: str, command: Sequence[str], settings: Mapping[str, str], *, log: Path, port: int | None = None
) -> Iterator[None]:
    """A command of ours as a process of its own, with its log in a file; told to end at the end.

    It stands in a session of its own, so that Ctrl-C reaches this program alone, which ends the
    processes in order. With a port it is waited for until it answers there.

    Raises:
        Stop: it did not start; the end of its log says why.
    """
    with log.open("ab") as file:
        begun = file.tell()
        process = subprocess.Popen(  # noqa: S603 - our own program, no shell
            [sys.executable, "-m", "api.cli", *command],
            env={**os.environ, **settings},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    try:
        _wait_until_up(process, port)
        if process.poll() is not None:
            raise Stop(f"{name} ended with {process.returncode}; {log} says:\n{_tail(log, begun)}")
        yield
    finally:
        _end(process)


def wait_for_signal() -> None:
    """Wait until somebody wants this program to end: Ctrl-C, SIGTERM, or the terminal is closed."""
    told = Event()

    def hear(_number: int, _frame: FrameType | None) -> None:
        told.set()

    before = {number: signal.signal(number, hear) for number in _SIGNALS}
    try:
        while not told.wait(0.5):
            pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _wait_until_up(process: subprocess.Popen[bytes], port: int | None) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    # without a port: whoever cannot start at all says so within a moment
    patience = deadline if port is not None else time.monotonic() + 1.5
    while process.poll() is None and time.monotonic() < patience:
        if port is not None and _answers(port):
            return
        time.sleep(0.1)
    if port is not None and process.poll() is None:
        raise Stop(f"nothing answered on port {port} within {STARTS_WITHIN:.0f} s")


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/api/v1/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(ENDS_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _tail(log: Path, begun: int) -> str:
    with log.open("rb") as file:
        file.seek(begun)
        return file.read()[-2000:].decode("utf-8", errors="replace").strip()
