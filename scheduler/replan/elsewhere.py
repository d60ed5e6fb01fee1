"""A search in a process of its own, so that texts never wait for it."""

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from scheduler.promise.searches import answer_allocation, answer_replan, answer_verdicts

NICENESS = 10
"""How far a search steps back behind what answers people."""


def answer_elsewhere(question: str) -> str:
    """Answer a question of an allocation in a fresh process that ends with it.

    Raises:
        BrokenProcessPool: the process was killed; nothing is lost but the search.
    """
    return _run(answer_allocation, question)


def replan_elsewhere(question: str) -> str:
    """Answer the question of a re-plan in a fresh process that ends with it.

    Raises:
        BrokenProcessPool: as above.
    """
    return _run(answer_replan, question)


def verdicts_elsewhere(question: str) -> str:
    """Answer which starts are possible in a fresh process that ends with it.

    Raises:
        BrokenProcessPool: as above.
    """
    return _run(answer_verdicts, question)


def _run(answer: Callable[[str], str], question: str) -> str:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_step_back) as pool:
        return pool.submit(answer, question).result()


def _step_back() -> None:
    os.nice(NICENESS)
