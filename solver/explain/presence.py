"""The clauses of a day whose promises may leave: each job's crew is asked for behind a literal of its own."""

from collections.abc import Mapping, Sequence

from solver.oracle.budget import Purse
from solver.oracle.layout import Layout, Visit, bits
from solver.oracle.rows import Crews, Rows


class PresentRows(Rows):
    """Rows in which a question names the jobs that are on the day.

    A job that is not has no duty, so that what is left are exactly the clauses of the day without it.
    """

    def __init__(self, layout: Layout, crews: Sequence[int]) -> None:
        self._present: list[int] = []
        super().__init__(layout, crews)

    def find_among(self, visit: Visit, kept: int, purse: Purse) -> Crews | int | None:
        """Return crews of the kept jobs and the visit, a conflict, or None: not decided.

        `kept` and a conflict are masks of jobs: of those on the day, and of some of these that leave the
        visit without a crew. Jobs that are not kept have no duty in the crews.
        """
        here = [one if kept >> job & 1 else -one for job, one in enumerate(self._present)]
        found = self.find(visit, purse, here)
        if not isinstance(found, frozenset):
            return found
        return sum(1 << job for job, one in enumerate(self._present) if one in found)

    def _add_crew(self, visit: Visit, own: Mapping[int, int]) -> None:
        present = self._new()
        self._present.append(present)
        for variable in own.values():
            self._engine.add_clause([present, -variable])
        for mask, count in visit.needs:
            literals = [own[duty] for duty in bits(mask)]
            idle = self._idle(present, count)
            self._engine.add_at_most([-one for one in (*literals, *idle)], len(literals))
        self._engine.add_at_most(list(own.values()), len(visit.seats))
