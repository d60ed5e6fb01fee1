"""The house rules hold over the whole tree, and each rule catches the fault it is there for."""

from pathlib import Path

import pytest

from tools.structure import RULES, Source, judge, read_sources

ROOT = Path(__file__).parents[2]
LONG = "def walk():\n" + "    step()\n" * 40
FAULTS = {
    "find_long_functions": ("scheduler/a.py", LONG),
    "find_long_files": ("api/templates/a.html", "<p>\n" * 401),
    "find_sql_clocks": ("scheduler/a.py", 'SQL = "UPDATE booking SET ended = now()"\n'),
    "find_python_clocks": ("solver/a.py", "from datetime import datetime\nx = datetime.now()\n"),
    "find_lazy_annotations_on_tables": (
        "scheduler/a.py",
        "from __future__ import annotations\nclass Row(SQLModel, table=True): ...\n",
    ),
    "find_bare_exceptions_to_rules": ("api/a.py", "x = f()  # " + "noqa: S603\n"),
    "find_foreign_addresses": ("docs/a.md", "see https://" + "pypi." + "org/x\n"),
    "find_vague_modules": ("scheduler/" + "utils.py", "x = 1\n"),
    "find_silent_tests": ("tests/pure/test_a.py", "def test_it():\n    assert f()\n"),
}
FINE = {
    "a sentence that mentions now()": ("scheduler/a.py", '"""Never calls now()."""\n'),
    "a history trigger": ("scheduler/migrations/versions/a.py", 'SQL = "SELECT clock_timestamp()"\n'),
    "a column of that name": ("scheduler/a.py", 'SQL = "SELECT known_at, now_served FROM visit"\n'),
    "an exception with its reason": ("api/a.py", "x = f()  # " + "noqa: S603 - a path we found\n"),
    "a function of 40 lines": ("scheduler/a.py", LONG.removesuffix("    step()\n")),
    "a function of 40 lines and its docstring": (
        "scheduler/a.py",
        LONG.removesuffix("    step()\n").replace(":\n", ':\n    """Walk.\n\n    Far.\n    """\n', 1),
    ),
}


@pytest.mark.parametrize("source", [pytest.param(one, id=one.path) for one in read_sources(ROOT)])
def test_file_keeps_the_rules(source: Source) -> None:
    """No rule has a finding in this file of the project."""
    assert judge(source) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule_finds_its_fault(rule: object) -> None:
    """The planted fault is found by its rule and by no other."""
    name = rule.__name__  # type: ignore[attr-defined]  # a function, whatever its parameters
    source = Source(*FAULTS[name])
    assert [found.__name__ for found in RULES if list(found(source))] == [name]


@pytest.mark.parametrize("name", FINE)
def test_what_is_allowed_passes(name: str) -> None:
    """Text that only looks like a fault has no finding."""
    assert judge(Source(*FINE[name])) == []
