"""The last line of a bench: its figures, bars, peers and machine as one line of JSON."""

import json
import operator
import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Final

Figure = float | int | str | None

_OPERATORS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
}


@dataclass(frozen=True, slots=True)
class Bar:
    """A measured value beside the limit that it has to keep."""

    value: float
    op: str
    limit: float
    holds: bool


def compare(value: float, op: str, limit: float) -> Bar:
    """Return the bar `value op limit`, op being one of <=, >= and ==."""
    return Bar(value, op, limit, _OPERATORS[op](value, limit))


def print_report(
    bench: str,
    *,
    figures: Mapping[str, Figure],
    bars: Mapping[str, Bar] | None = None,
    peers: Mapping[str, Figure] | None = None,
) -> None:
    """Print the JSON line that ends a bench."""
    document = {
        "bench": bench,
        "figures": dict(figures),
        "bars": {name: asdict(bar) for name, bar in (bars or {}).items()},
        "peers": dict(peers or {}),
        "machine": describe_machine(),
    }
    print(json.dumps(document, sort_keys=True))


def describe_machine() -> dict[str, Figure]:
    """Return what a reader needs to judge a time: processor, cores, system, Python."""
    return {
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }
