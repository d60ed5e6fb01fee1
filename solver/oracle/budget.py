"""How much work one question may cost, and what of it is left."""

from dataclasses import dataclass
from typing import Final

SHARE: Final = 16
"""One part in so many of a budget is what one start may cost, so that a hard one leaves something."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Work of one question, over all its days and starts: relocations of chains, conflicts of the engine."""

    nodes: int = 160
    conflicts: int = 1_600

    def __post_init__(self) -> None:
        if self.nodes < 0 or self.conflicts < 0:
            msg = f"budget: {self.nodes} nodes, {self.conflicts} conflicts"
            raise ValueError(msg)


class Purse:
    """What is left of a budget while a question is worked on, and what one start may cost of it."""

    def __init__(self, budget: Budget, *, share: int = SHARE) -> None:
        self.nodes = budget.nodes
        self.conflicts = budget.conflicts
        self._most_nodes = -(-budget.nodes // share)
        self._most_conflicts = -(-budget.conflicts // share)

    @property
    def cell_nodes(self) -> int:
        """Relocations that the next start may cost."""
        return min(self.nodes, self._most_nodes)

    @property
    def cell_conflicts(self) -> int:
        """Conflicts that the next start may cost."""
        return min(self.conflicts, self._most_conflicts)
