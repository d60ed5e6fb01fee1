"""Compilation by numba where it is installed; without it the same functions run as they stand, slower.

The machine code is not kept on disk: numba would not notice that a function of another module has changed.
"""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Final, TypeVar

Function = TypeVar("Function", bound=Callable[..., object])

COMPILES: Final = find_spec("numba") is not None


def compiled(function: Function) -> Function:
    """Return the function, to be compiled at its first call, which takes seconds."""
    if not COMPILES:
        return function
    import numba  # noqa: PLC0415 - may be missing

    kept: Function = numba.njit(function)
    return kept
