"""Do the tests bite? Plant one fault at a time in a copy of the project; the named test must fail.

`python -m tools.teeth [WORD...]` plants the faults whose names have all the words. First every
named test must pass without a fault. Prints a table; exits 1 if a fault is not caught.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from scheduler.database import server
from tools.teeth.faults import FAULTS, Fault

COPIED = ("api", "notifications", "scheduler", "solver", "tests", "tools", "pyproject.toml", "README.md")
FAST = {"fsync": "off", "full_page_writes": "off", "max_connections": "300"}


def main(words: Sequence[str]) -> int:
    """Plant, run, tell."""
    chosen = [fault for fault in FAULTS if all(word in fault.name for word in words)]
    with _workshop() as (copy, address):
        if _run(copy, address, sorted({fault.test for fault in chosen})) != 0:
            print("a named test fails without any fault: nothing to learn")
            return 1
        verdicts = [_judge(copy, address, fault) for fault in chosen]
    print(f"{verdicts.count(True)} of {len(chosen)} faults caught")
    return 0 if chosen and all(verdicts) else 1


def _judge(copy: Path, address: str, fault: Fault) -> bool:
    """Plant one fault, see whether its test fails, and take it out again."""
    started = time.monotonic()
    before = {edit.path: (copy / edit.path).read_text(encoding="utf-8") for edit in fault.edits}
    fits = all(before[edit.path].count(edit.old) == 1 for edit in fault.edits)
    for edit in fault.edits:
        planted = (copy / edit.path).read_text(encoding="utf-8").replace(edit.old, edit.new)
        (copy / edit.path).write_text(planted, encoding="utf-8")
    caught = fits and _run(copy, address, [fault.test]) == 1  # 1: tests failed; others: none ran
    for path, text in before.items():
        (copy / path).write_text(text, encoding="utf-8")
    verdict = "caught" if caught else "NOT CAUGHT" if fits else "does not fit: the code has changed"
    took = time.monotonic() - started
    print(f"{verdict:<12} {fault.name:<50} {took:5.1f} s  {fault.test.partition('::')[2]}", flush=True)
    return caught


@contextmanager
def _workshop() -> Iterator[tuple[Path, str]]:
    """A copy of the project and the address of a database server; both are gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="inspection-teeth-"))
    folder.chmod(0o711)  # the server's account must enter it when this runs as root
    try:
        copy = folder / "project"
        copy.mkdir()
        for name in COPIED:
            if Path(name).is_dir():
                shutil.copytree(name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(name, copy / name)
        with server.start(folder / "postgres", settings=FAST) as started:
            yield copy, started.url
    finally:
        server.remove(folder / "postgres")
        shutil.rmtree(folder)


def _run(copy: Path, address: str, tests: Sequence[str]) -> int:
    """Run tests in the copy, quietly; return pytest's exit code."""
    told = subprocess.run(  # noqa: S603 - this interpreter, our own tests
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests],
        cwd=copy,
        env={**os.environ, "TEST_POSTGRES": address, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        check=False,
    )
    if told.returncode not in {0, 1}:
        print(told.stdout[-2000:], told.stderr[-2000:])
    return told.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
