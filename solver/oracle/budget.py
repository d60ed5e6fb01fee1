"""How much work one question may cost, and what of it is left."""

from dataclasses import dataclass
from typing import Final

CELL_NODES: Final = 200
"""Relocations that one start may cost."""

CELL_CONFLICTS: Final = 3_000
"""Conflicts of the SAT engine that one start may cost, so that a hard one leaves something to the others."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Work of one question, over all its days and starts: relocations of chains, conflicts of the engine."""

    nodes: int = 50_000
    conflicts: int = 50_000

    def __post_init__(self) -> None:
        if self.nodes < 0 or self.conflicts < 0:
            msg = f"budget: {self.nodes} nodes, {self.conflicts} conflicts"
            raise ValueError(msg)


class Purse:
    """What is left of a budget while a question is worked on."""

    def __init__(self, budget: Budget) -> None:
        self.nodes = budget.nodes
        self.conflicts = budget.conflicts
