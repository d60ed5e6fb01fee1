"""The engines of layer 3 behind one face: clauses, at-most constraints and questions under assumptions.

MiniCard (python-sat) is the engine of choice: incremental, cardinality constraints of its own, a proof
behind each no. Where python-sat is not installed, CP-SAT takes its place; its no is not trusted alone
(OR-Tools 9.15 has known false ones), so that it only ever finds plans.
"""

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final, Protocol

try:
    from pysat.solvers import Minicard
except ImportError:  # the wheel is optional
    Minicard = None

Model = Sequence[int]
"""The literals that hold, by variable."""

Core = frozenset[int]
"""Assumptions that cannot all hold together with the constraints."""

_CONFLICTS_PER_SECOND: Final = 5_000
"""What one second of CP-SAT's deterministic time counts for in conflicts."""


class Engine(Protocol):
    """A growing set of constraints over variables 1, 2, ...; a negative literal is a negation."""

    def add_clause(self, literals: Sequence[int]) -> None:
        """Ask for at least one of the literals."""

    def add_at_most(self, literals: Sequence[int], most: int) -> None:
        """Ask for at most so many of the literals."""

    def prefer(self, literals: Sequence[int]) -> None:
        """Name values to try first."""

    def solve(self, assumptions: Sequence[int], conflicts: int) -> tuple[Model | Core | None, int]:
        """Return a model, a core (there is none), or None for neither; and the conflicts spent."""


def make_engine() -> Engine:
    """Return the best engine that is installed."""
    return CpSat() if Minicard is None else MiniCard()


class MiniCard:
    """MiniCard of python-sat."""

    def __init__(self) -> None:
        self._solver = Minicard()
        self._spent = 0

    def add_clause(self, literals: Sequence[int]) -> None:
        """Ask for at least one of the literals."""
        self._solver.add_clause(literals)

    def add_at_most(self, literals: Sequence[int], most: int) -> None:
        """Ask for at most so many of the literals."""
        self._solver.add_atmost(literals, most)

    def prefer(self, literals: Sequence[int]) -> None:
        """Name values to try first."""
        self._solver.set_phases(literals)

    def solve(self, assumptions: Sequence[int], conflicts: int) -> tuple[Model | Core | None, int]:
        """Return a model, a core (there is none), or None for neither; and the conflicts spent."""
        self._solver.conf_budget(conflicts)
        found: bool | None = self._solver.solve_limited(assumptions)
        spent = self._solver.accum_stats()["conflicts"]
        cost, self._spent = spent - self._spent, spent
        if found is None:
            return None, cost
        return (self._solver.get_model() if found else frozenset(self._solver.get_core() or ())), cost


class CpSat:
    """CP-SAT of OR-Tools with two workers; finds plans, proves nothing."""

    def __init__(self) -> None:
        # numpy.typing must come before ortools' own use of it; both are slow to import and seldom needed
        import_module("numpy.typing")
        self._engine = import_module("ortools.sat.python.cp_model")
        self._model = self._engine.CpModel()
        self._variables: list[Any] = []  # ortools has no types here

    def add_clause(self, literals: Sequence[int]) -> None:
        """Ask for at least one of the literals."""
        self._model.add_bool_or([self._literal(one) for one in literals])

    def add_at_most(self, literals: Sequence[int], most: int) -> None:
        """Ask for at most so many of the literals."""
        self._model.add(sum(self._literal(one) for one in literals) <= most)

    def prefer(self, literals: Sequence[int]) -> None:
        """Name values to try first."""
        for one in literals:
            self._model.add_hint(self._literal(abs(one)), one > 0)

    def solve(self, assumptions: Sequence[int], conflicts: int) -> tuple[Model | Core | None, int]:
        """Return a model, or None; and what the search counts for in conflicts."""
        self._model.clear_assumptions()
        self._model.add_assumptions([self._literal(one) for one in assumptions])
        solver = self._engine.CpSolver()
        solver.parameters.num_workers = 2
        solver.parameters.interleave_search = True
        solver.parameters.max_deterministic_time = conflicts / _CONFLICTS_PER_SECOND
        status = solver.solve(self._model)
        cost = max(1, int(solver.response_proto.deterministic_time * _CONFLICTS_PER_SECOND))
        if status not in {self._engine.OPTIMAL, self._engine.FEASIBLE}:
            return None, min(cost, conflicts)
        values = (solver.boolean_value(one) for one in self._variables)
        return [number if value else -number for number, value in enumerate(values, 1)], min(cost, conflicts)

    def _literal(self, literal: int) -> Any:
        while len(self._variables) < abs(literal):
            self._variables.append(self._model.new_bool_var(""))
        variable = self._variables[abs(literal) - 1]
        return variable if literal > 0 else ~variable
