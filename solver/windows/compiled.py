"""Compilation by numba where it is installed; without it the same functions run as they stand, slower."""

from collections.abc import Callable
from typing import TypeVar

try:
    import numba
except ImportError:  # the optional group `windows` is not installed
    numba = None

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Return the function compiled at its first call, the machine code kept beside the module if it can be."""
    if numba is None:
        return function
    try:
        kept: Function = numba.njit(cache=True)(function)
    except RuntimeError:  # no folder may be written to: compile anew in each process
        kept = numba.njit(function)
    return kept
