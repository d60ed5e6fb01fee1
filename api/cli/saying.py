"""How the command line speaks: tables and steps on standard output, one clear line for what went wrong."""

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from api.texts import find_text, tell
from scheduler.database.place import ServerUnusableError
from scheduler.errors import Plain, Refusal

FAILED, UNUSABLE = 1, 2
"""Exit codes: it ran and found something wrong; it could not run as it was called."""

_LANGUAGE = "en"
_WIDTH_OF_FILES = 140


class Stop(Exception):  # noqa: N818 - it ends the command on purpose
    """End the command with one line on standard error and an exit code."""

    def __init__(self, line: str, *, code: int = FAILED) -> None:
        super().__init__(line)
        self.line = line
        self.code = code


def console() -> Console:
    """Standard output; wide where nobody has told a width, as in files and logs."""
    out = Console(highlight=False)
    return out if out.is_terminal else Console(highlight=False, width=_WIDTH_OF_FILES)


def say(line: str = "") -> None:
    """Print a line as it is."""
    print(line, flush=True)  # noqa: T201 - a command line speaks


def show_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table; nothing at all where there are no rows."""
    if not rows:
        return
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    console().print(table)


@contextmanager
def step(name: str) -> Iterator[None]:
    """Say what is being done, and how long it took."""
    begun = time.monotonic()
    say(f"-- {name} ...")
    yield
    say(f"   done in {time.monotonic() - begun:.1f} s")


def tell_refusal(refusal: Refusal) -> str:
    """A refusal in one line: what, why, and the field it is about."""
    title = tell("title", refusal.code, _LANGUAGE, refusal.values)
    detail = find_text("detail", refusal.code, _LANGUAGE)
    told = "" if detail is None else f": {tell('detail', refusal.code, _LANGUAGE, refusal.values)}"
    where = "" if refusal.field is None else f" ({refusal.field})"
    return f"{title}{told}{where}"


def tell_reason(code: str, values: Mapping[str, Plain]) -> str:
    """The reason of a rejected row in words; its code's own words where the catalogue has none."""
    for context in ("intake", "reason", "detail"):
        if find_text(context, code, _LANGUAGE) is not None:
            return tell(context, code, _LANGUAGE, values)
    more = ", ".join(f"{name}: {value}" for name, value in values.items())
    return code.replace("_", " ") + (f" ({more})" if more else "")


@contextmanager
def known_errors() -> Iterator[None]:
    """Turn what a person can be told into one line and an exit code; a bug keeps its traceback."""
    try:
        yield
    except Stop as stop:
        _end(stop.line, stop.code)
    except Refusal as refusal:
        _end(tell_refusal(refusal), FAILED)
    except ServerUnusableError as error:
        _end(str(error), FAILED)
    except ValidationError as error:
        _end(_tell_settings(error), UNUSABLE)


def _tell_settings(error: ValidationError) -> str:
    wrong = []
    for each in error.errors(include_input=False, include_url=False):
        name = ".".join(str(part) for part in each["loc"]).upper()
        what = "is not set" if each["type"] == "missing" else each["msg"]
        wrong.append(f"{name} {what}".strip())
    return f"settings: {'; '.join(wrong)}"


def _end(line: str, code: int) -> None:
    print(f"inspection: {line}", file=sys.stderr, flush=True)  # noqa: T201 - a command line speaks
    raise SystemExit(code)
