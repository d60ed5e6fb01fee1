"""Layer 3: all promises of a day and one more visit as clauses and at-most constraints, kept between questions.

A variable for each job and each duty that may hold one of its seats, and one for each duty that may hold the
visit. Crews are Hall's conditions with as many duties as seats; rivals are at-most-one constraints over
maximal cliques, for each duty. What a visit asks for stands behind literals that are assumed for one question
and shared by all visits that ask for the same. What hangs on whole routes - lunch, and legs where travel is
not metric - is added when a model breaks it, as a clause that holds for every legal plan.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from solver.oracle.budget import Purse
from solver.oracle.engines import Engine, Model, make_engine
from solver.oracle.layout import Layout, Visit, bits
from solver.oracle.pool import loads_of
from solver.oracle.routes import is_legal, stops_of

MOST_RULES: Final = 600
"""Literals for rules of visits after which the model is built anew."""


@dataclass(frozen=True, slots=True)
class Crews:
    """A crewing: the mask of duties of each job, and of the visit."""

    jobs: list[int]
    visit: int


class Rows:
    """The clauses of one day, built from a legal plan that the engine tries to keep."""

    def __init__(self, layout: Layout, crews: Sequence[int]) -> None:
        self._layout = layout
        self._engine: Engine = make_engine()
        self._last = 0
        self._guest = [self._new() for _ in layout.duties]
        self._owner: list[tuple[int, int]] = [(-1, duty) for duty in range(len(layout.duties))]
        self._at: list[dict[int, int]] = []  # by job: duty -> variable
        self._rules: dict[Hashable, int] = {}
        self._add_jobs()
        self._add_cliques()
        self._add_clashes()
        for job, crew in enumerate(crews):
            self._engine.prefer([one if crew >> duty & 1 else -one for duty, one in self._at[job].items()])

    @property
    def is_full(self) -> bool:
        """Whether so many different visits were asked for that it is time to start anew."""
        return len(self._rules) > MOST_RULES

    def find(self, visit: Visit, purse: Purse, conflicts: int) -> Crews | bool | None:
        """Return crews for all jobs and the visit, False for a proof that there are none, None for neither."""
        rules = self._rules_of(visit)
        left = min(conflicts, purse.conflicts)
        while left > 0:
            model, cost = self._engine.solve(rules, left)
            left -= max(1, cost)
            purse.conflicts = max(0, purse.conflicts - max(1, cost))
            if model is None or isinstance(model, bool):
                return model
            crews = self._read(model)
            if not self._mend(visit, crews, rules[-1]):
                return crews
        return None

    def _read(self, model: Model) -> Crews:
        jobs, visit = [0] * len(self._layout.jobs), 0
        for literal in model[: len(self._owner)]:
            if literal > 0:
                job, duty = self._owner[literal - 1]
                if job < 0:
                    visit |= 1 << duty
                else:
                    jobs[job] |= 1 << duty
        return Crews(jobs, visit)

    # --- what is known before the search ------------------------------------------------------------------

    def _new(self) -> int:
        self._last += 1
        return self._last

    def _add_jobs(self) -> None:
        for job, visit in enumerate(self._layout.visits):
            own = {duty: self._new() for duty in bits(visit.holders)}
            self._at.append(own)
            self._owner += [(job, duty) for duty in own]
            for mask, count in visit.needs:
                literals = [own[duty] for duty in bits(mask)]
                if count == 1:
                    self._engine.add_clause(literals)
                else:
                    self._engine.add_at_most([-one for one in literals], len(literals) - count)
            self._engine.add_at_most(list(own.values()), len(visit.seats))

    def _add_cliques(self) -> None:
        for clique in self._cliques():
            for duty in range(len(self._layout.duties)):
                held = [self._at[job][duty] for job in bits(clique) if duty in self._at[job]]
                if len(held) > 1:
                    self._engine.add_at_most(held, 1)

    def _cliques(self) -> Iterator[int]:
        """Yield cliques of rivals, grown by start, until each pair of rivals lies in one."""
        visits = self._layout.visits
        covered = [0] * len(visits)
        for job, visit in enumerate(visits):
            while missing := visit.rivals & ~covered[job]:
                clique, rest = 1 << job, visit.rivals
                low = missing & -missing
                while low:
                    clique |= low
                    rest &= visits[low.bit_length() - 1].rivals
                    low = rest & -rest
                for one in bits(clique):
                    covered[one] |= clique
                yield clique

    def _add_clashes(self) -> None:
        clashing = self._layout.clashing
        used = {duty: self._new() for duty, others in enumerate(clashing) if others}
        for duty, is_used in used.items():
            for variable in (self._guest[duty], *(own[duty] for own in self._at if duty in own)):
                self._engine.add_clause([-variable, is_used])
            for other in bits(clashing[duty]):
                if other > duty:
                    self._engine.add_clause([-is_used, -used[other]])

    # --- one more visit -----------------------------------------------------------------------------------

    def _rules_of(self, visit: Visit) -> list[int]:
        """Return the literals to assume for a visit; the last one stands for its place and time."""
        holders, seats = visit.holders, len(visit.seats)
        rules = [
            self._rule(need, lambda rule, need=need: self._add_need(rule, *need)) for need in visit.needs
        ]
        rules.append(self._rule(seats, lambda rule: self._add_size(rule, seats)))
        key = visit.site, visit.start, visit.end, holders  # what lunch depends on, too
        rules.append(self._rule(key, lambda rule: self._add_rivals(rule, visit.rivals, holders)))
        return rules

    def _rule(self, key: Hashable, write: Callable[[int], None]) -> int:
        found = self._rules.get(key)
        if found is None:
            found = self._rules[key] = self._new()
            write(found)
        return found

    def _add_need(self, rule: int, mask: int, count: int) -> None:
        """Ask for so many duties of a mask."""
        literals = [self._guest[duty] for duty in bits(mask)]
        if count == 1:
            self._engine.add_clause([-rule, *literals])
            return
        idle = self._idle(rule, count)
        self._engine.add_at_most([-one for one in (*literals, *idle)], len(literals))

    def _add_size(self, rule: int, seats: int) -> None:
        """Ask for no more duties than there are seats."""
        idle = self._idle(rule, max(0, len(self._guest) - seats))
        self._engine.add_at_most([*self._guest, *(-one for one in idle)], len(self._guest))

    def _idle(self, rule: int, count: int) -> list[int]:
        """Return variables that hold only while the rule does not: they make up what is missing then."""
        idle = [self._new() for _ in range(count)]
        for one in idle:
            self._engine.add_clause([-rule, -one])
        return idle

    def _add_rivals(self, rule: int, rivals: int, holders: int) -> None:
        for duty, guest in enumerate(self._guest):
            if not holders >> duty & 1:
                self._engine.add_clause([-rule, -guest])
                continue
            for job in bits(rivals):
                if duty in self._at[job]:
                    self._engine.add_clause([-rule, -guest, -self._at[job][duty]])

    # --- what hangs on whole routes -----------------------------------------------------------------------

    def _mend(self, visit: Visit, crews: Crews, rule: int) -> bool:
        """Add clauses against the broken routes of a model; whether there were any."""
        layout = self._layout
        broken = False
        for duty, load in enumerate(loads_of(layout, crews.jobs)):
            extra = visit if crews.visit >> duty & 1 else None
            if self._is_legal(duty, load, extra):
                continue
            broken = True
            load, extra = self._shrink(duty, load, extra)  # noqa: PLW2901 - the smaller cause takes its place
            for twin in bits(layout.kinds[layout.kind[duty]]):
                if all(twin in self._at[job] for job in bits(load)):
                    self._forbid(twin, load, extra, rule)
        return broken

    def _is_legal(self, duty: int, load: int, extra: Visit | None) -> bool:
        return is_legal(self._layout, duty, stops_of(self._layout, load, extra))

    def _shrink(self, duty: int, load: int, extra: Visit | None) -> tuple[int, Visit | None]:
        """Leave out stops without which the route is broken all the same and cannot be mended by others."""
        if self._is_mendable(duty, load, extra):
            return load, extra
        if load and not (self._is_legal(duty, load, None) or self._is_mendable(duty, load, None)):
            extra = None
        for job in bits(load):
            less = load & ~(1 << job)
            if not (self._is_legal(duty, less, extra) or self._is_mendable(duty, less, extra)):
                load = less
        return load, extra

    def _is_mendable(self, duty: int, load: int, extra: Visit | None) -> bool:
        """Whether one more stop might make a broken route legal.

        Where travel is not metric, always. Else only a stop in a gap that is long enough for lunch and its
        travel, but not at either end of it, so that people could eat at the stop.
        """
        lunch = self._layout.day.lunch
        if not self._layout.metric or lunch is None:
            return True
        start, end, origin, target = self._layout.kind[duty]
        route = [(start, start, origin), *stops_of(self._layout, load, extra), (end, end, target)]
        return any(
            before[0] - after[1] >= lunch.minutes + self._layout.minutes(after[2], before[2])
            and after[1] < lunch.earliest < before[0]
            for after, before in pairwise(route)
        )

    def _forbid(self, duty: int, load: int, extra: Visit | None, rule: int) -> None:
        """Say that a duty cannot have these stops, or needs others with them if those could mend its route."""
        clause = [-self._at[job][duty] for job in bits(load)]
        if extra is not None:
            clause += [-self._guest[duty], -rule]
        if self._is_mendable(duty, load, extra):
            clause += [at[duty] for job, at in enumerate(self._at) if duty in at and not load >> job & 1]
            if extra is None:
                clause.append(self._guest[duty])
        self._engine.add_clause(clause)
