"""What happens when: acts in order of a virtual time that nothing but this list moves on."""

import heapq
from collections.abc import Callable
from datetime import datetime

Act = Callable[[datetime], None]
"""Something that happens at a moment; it may put more into the agenda."""


class Agenda:
    """Acts by their moment; those of one moment in the order in which they were put in."""

    def __init__(self) -> None:
        self._due: list[tuple[datetime, int, Act]] = []
        self._put = 0

    def put(self, when: datetime, act: Act) -> None:
        """Let an act happen at a moment."""
        heapq.heappush(self._due, (when, self._put, act))
        self._put += 1

    def run(self, told: Callable[[datetime], None]) -> None:
        """Let everything happen, each act with its own moment; `told` hears each moment first."""
        while self._due:
            when, _, act = heapq.heappop(self._due)
            told(when)
            act(when)
