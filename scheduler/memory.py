"""What a long-lived process does once, when everything is imported."""

import gc

YOUNG = 20_000
"""Objects made before the youngest are looked through: a question about 14 days makes about as many."""


def settle() -> None:
    """Take what was imported out of garbage collection, which else walks through all of it again and again.

    Measured in bench `availability`: full collections were a third of a question's CPU.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
