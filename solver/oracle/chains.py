"""Layer 2: chains of relocations, each job of a chain moving off one duty onto another one.

A plan is worked on as the mask of duties of each job and the mask of jobs of each duty.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from solver.oracle.budget import Purse
from solver.oracle.layout import Layout, Visit, bits
from solver.oracle.pool import choose_crew, loads_of
from solver.oracle.routes import is_legal

DEPTH: Final = 3
"""Relocations in a row."""


@dataclass(slots=True)
class Draft:
    """A plan that is being changed."""

    crews: list[int]
    loads: list[int]

    def copy(self) -> "Draft":
        """Return another one to change."""
        return Draft(self.crews.copy(), self.loads.copy())

    def move(self, job: int, origin: int, target: int) -> None:
        """Give a seat of a job from one duty to another one."""
        self.crews[job] ^= 1 << origin | 1 << target
        self.loads[origin] ^= 1 << job
        self.loads[target] ^= 1 << job


def make_room(layout: Layout, crews: Sequence[int], visit: Visit, purse: Purse) -> list[int] | None:
    """Return a changed plan into which the visit can be inserted, None if none was found.

    No more relocations are tried than the purse grants.
    """
    granted = purse.cell_nodes
    search = _Search(layout, granted)
    found = search.clear(Draft(list(crews), list(loads_of(layout, crews))), visit, len(visit.seats))
    purse.nodes -= granted - max(0, search.nodes)
    return None if found is None else found.crews


class _Search:
    def __init__(self, layout: Layout, nodes: int) -> None:
        self.layout = layout
        self.nodes = nodes

    def clear(self, draft: Draft, visit: Visit, left: int) -> Draft | None:
        """Free duties for the visit, one at a time, until its seats can be filled."""
        busy = self._busy(draft, visit.rivals)
        free = visit.holders & ~busy
        short = _shortage(visit, free)
        if not short and choose_crew(self.layout, draft.loads, visit, free) is not None:
            return draft
        if not left:
            return None
        wanted = (short or visit.holders) & busy
        for duty in self._by_rivals(draft, wanted, visit.rivals):
            if self.nodes <= 0:
                return None
            tried = self._vacate(draft, duty, draft.loads[duty] & visit.rivals, DEPTH, 0)
            if tried is not None:
                found = self.clear(tried, visit, left - 1)
                if found is not None:
                    return found
        return None

    def _vacate(self, draft: Draft, duty: int, jobs: int, depth: int, barred: int) -> Draft | None:
        """Move some jobs off a duty; `barred` are jobs that stay where they are."""
        if jobs & (self.layout.frozen | barred):
            return None
        tried = draft.copy()
        for job in bits(jobs):
            found = self._relocate(tried, job, duty, depth, barred | jobs)
            if found is None:
                return None
            tried = found
        return tried

    def _relocate(self, draft: Draft, job: int, origin: int, depth: int, barred: int) -> Draft | None:
        """Move one seat of a job off a duty, if need be by a chain."""
        self.nodes -= 1
        if self.nodes < 0:
            return None
        visit = self.layout.visits[job]
        wanted = self._replacements(visit, draft.crews[job] & ~(1 << origin)) & ~(1 << origin)
        busy = self._busy(draft, visit.rivals)
        for target in bits(wanted & ~busy):
            if self._takes(draft, job, target):
                tried = draft.copy()
                tried.move(job, origin, target)
                return tried
        if depth <= 1:
            return None
        for target in self._by_rivals(draft, wanted & busy, visit.rivals)[:4]:
            rivals = draft.loads[target] & visit.rivals
            found = self._vacate(draft, target, rivals, depth - 1, barred | 1 << job)
            if found is not None and found.crews[job] >> origin & 1 and self._takes(found, job, target):
                found.move(job, origin, target)
                return found
        return None

    def _takes(self, draft: Draft, job: int, duty: int) -> bool:
        layout = self.layout
        clashing = layout.clashing[duty]
        if draft.loads[duty] & layout.visits[job].rivals:
            return False
        if clashing and any(draft.loads[other] for other in bits(clashing)):
            return False
        return is_legal(layout, duty, draft.loads[duty] | 1 << job)

    def _replacements(self, visit: Visit, others: int) -> int:
        """Return the duties that complete a crew from which one is missing."""
        wanted = visit.holders
        for duty in bits(others):
            wanted &= ~self.layout.same[duty]
        for mask, count in visit.needs:
            if (others & mask).bit_count() < count:
                wanted &= mask
        return wanted

    def _busy(self, draft: Draft, rivals: int) -> int:
        busy = 0
        for job in bits(rivals):
            busy |= draft.crews[job]
        return busy

    def _by_rivals(self, draft: Draft, duties: int, rivals: int) -> list[int]:
        ranked = [
            ((draft.loads[duty] & rivals).bit_count(), duty)
            for duty in bits(duties)
            if not draft.loads[duty] & rivals & self.layout.frozen
        ]
        return [duty for count, duty in sorted(ranked) if count <= 2]  # noqa: PLR2004 - two jobs may give way


def _shortage(visit: Visit, free: int) -> int:
    """Return the duties of the first condition of the crew that free ones do not meet, 0 if all are met."""
    return next((mask for mask, count in visit.needs if (free & mask).bit_count() < count), 0)
