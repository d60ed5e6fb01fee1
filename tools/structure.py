"""The house rules that no linter knows, as small checks over text and syntax tree.

`python -m tools.structure` prints each finding as `path:line: what` and exits 1 if there is any;
tests/pure/test_structure.py runs the same and plants a fault for each rule.
"""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

FUNCTION_LINES = 40
FILE_LINES = 400
SIZED = {".py", ".html", ".css", ".js"}
SKIPPED = {"__pycache__", "build", "dist", "node_modules"}
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "core", "manager", "managers", "base"}
CLOCK_READERS = {
    "scheduler/database/connection.py",  # Database.now, which doors and the clock hand down
    "scheduler/models/days.py",  # the stamp of a rules version, written by triggers
}
SQL_CLOCK = re.compile(
    r"\b(?:(?:now|clock_timestamp|transaction_timestamp|statement_timestamp)\s*\(\s*\)"
    r"|current_timestamp|localtimestamp|current_date)(?![\w(])",
    re.IGNORECASE,
)
PYTHON_CLOCK = re.compile(r"\b(?:datetime|date)\.(?:now|today|utcnow)$|\btime\.time$")
# Put together here, so that this file does not hold what it looks for.
REGISTRIES = [".".join(host) for host in (
    ("pypi", "org"), ("pythonhosted", "org"), ("registry", "npmjs", "org"), ("deb", "debian", "org"),
    ("files", "pythonhosted"), ("registry", "yarnpkg"),
)]  # fmt: skip
MACHINE_PATHS = ["/" + folder + "/" for folder in ("work/main", "work/shared", "root", "opt/pypi")]
DIRECTIVE = re.compile(r"#\s*(?:noqa(?::\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*)?|type:\s*ignore(?:\[[\w,\s-]*\])?)")
REASON = re.compile(r"\w{2,}.*\w")


@dataclass(frozen=True)
class Source:
    """One text file of the project: its path below the root and its text."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree; empty for what is not Python."""
        return ast.parse(self.text if self.path.endswith(".py") else "")


def find_long_functions(source: Source) -> Iterator[str]:
    """A function fits on a screen; its docstring is not counted, so that nobody shortens it for this."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            text = node.body[0] if ast.get_docstring(node) is not None else None
            told = text.end_lineno - text.lineno + 1 if text and text.end_lineno else 0
            lines = (node.end_lineno or node.lineno) - node.lineno + 1 - told
            if lines > FUNCTION_LINES:
                yield f"{node.lineno}: function {node.name} has {lines} lines, {FUNCTION_LINES} at most"


def find_long_files(source: Source) -> Iterator[str]:
    """A file is read in a sitting; what others minified is not read at all."""
    path = Path(source.path)
    lines = source.text.count("\n")
    if path.suffix in SIZED and lines > FILE_LINES and ".min" not in path.suffixes:
        yield f"1: {lines} lines, {FILE_LINES} at most"


def find_sql_clocks(source: Source) -> Iterator[str]:
    """Business code is given `now`; only history's triggers, in the migrations, read the database's clock."""
    if not source.path.startswith("scheduler/") or "/migrations/" in source.path:
        return
    if source.path in CLOCK_READERS:
        return
    documented = {id(text) for text in _docstrings(source.tree)}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented:
            if SQL_CLOCK.search(node.value):
                yield f"{node.lineno}: SQL reads the clock; take `now` as an argument"
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in {"func.now", "sa.func.now"}:
            yield f"{node.lineno}: SQL reads the clock; take `now` as an argument"


def find_python_clocks(source: Source) -> Iterator[str]:
    """Pure code and use cases never ask Python for the time either."""
    if not source.path.startswith(("scheduler/rules/", "solver/", "notifications/")):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and PYTHON_CLOCK.search(ast.unparse(node)):
            yield f"{node.lineno}: reads the clock; take `now` as an argument"


def find_lazy_annotations_on_tables(source: Source) -> Iterator[str]:
    """SQLModel needs the real annotations where a table is declared."""
    lazy = [
        node for node in source.tree.body if isinstance(node, ast.ImportFrom) and node.module == "__future__"
    ]
    tables = [
        node
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef) and any(keyword.arg == "table" for keyword in node.keywords)
    ]
    if tables:
        yield from (f"{node.lineno}: __future__ annotations where tables are declared" for node in lazy)


def find_bare_exceptions_to_rules(source: Source) -> Iterator[str]:
    """A noqa or a type: ignore says why on its line."""
    if not source.path.endswith(".py"):
        return
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        rest, exceptions = DIRECTIVE.subn("", token.string) if token.type == tokenize.COMMENT else ("", 0)
        if exceptions and not REASON.search(rest):
            yield f"{token.start[0]}: an exception to a rule without its reason"


def find_foreign_addresses(source: Source) -> Iterator[str]:
    """No registry's address and no path of one machine is committed."""
    for number, line in enumerate(source.text.splitlines(), start=1):
        for word in REGISTRIES + MACHINE_PATHS:
            if word in line:
                yield f"{number}: names {word}"


def find_vague_modules(source: Source) -> Iterator[str]:
    """A module's name says what is in it."""
    parts = Path(source.path).with_suffix("").parts
    if source.path.endswith(".py"):
        yield from (f"1: {part} says nothing about what is in it" for part in parts if part in VAGUE_NAMES)


def find_silent_tests(source: Source) -> Iterator[str]:
    """Every test says what it shows."""
    if not source.path.startswith("tests/"):
        return
    for node in ast.walk(source.tree):
        if (
            isinstance(node, ast.FunctionDef)
            and node.name.startswith("test_")
            and not ast.get_docstring(node)
        ):
            yield f"{node.lineno}: {node.name} has no docstring"


RULES: tuple[Callable[[Source], Iterator[str]], ...] = (
    find_long_functions,
    find_long_files,
    find_sql_clocks,
    find_python_clocks,
    find_lazy_annotations_on_tables,
    find_bare_exceptions_to_rules,
    find_foreign_addresses,
    find_vague_modules,
    find_silent_tests,
)


def read_sources(root: Path) -> Iterator[Source]:
    """Yield the project's text files; hidden folders but .ci, caches, builds, binary files left out."""
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        hidden = any(part.startswith(".") and part != ".ci" for part in parts[:-1])
        if not path.is_file() or hidden or SKIPPED & set(parts):
            continue
        try:
            yield Source(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            continue


def judge(source: Source) -> list[str]:
    """Return all findings of all rules in one file."""
    return [f"{source.path}:{finding}" for rule in RULES for finding in rule(source)]


def _docstrings(tree: ast.Module) -> Iterator[ast.Constant]:
    """Yield every string that stands alone as a statement: docstrings and notes below attributes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def main() -> int:
    """Judge the project in the working folder."""
    findings = [finding for source in read_sources(Path.cwd()) for finding in judge(source)]
    print("\n".join(findings) if findings else "the structure is as agreed")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
