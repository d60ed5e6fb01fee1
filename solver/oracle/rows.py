"""Layer 3: a day's jobs and one more visit as clauses and at-most constraints, kept between questions.

Variables: a job has a duty, the visit has a duty (the *guest* of that duty), a duty pauses for lunch at a
minute. Crews are Hall's conditions with as many duties as seats; rivals are at-most-one constraints over
maximal cliques, for each duty. What a visit asks for is a set of literals that are assumed: its rivals, the
kinds of duties that cannot hold it, pauses that it forbids, its crew. So no clause belongs to one visit, and
a proof that there is no crewing names the few literals it needs, which refute many other visits as well.

The clauses about lunch hold for every legal plan but do not say all; what is left (and legs, where travel is
not metric) is added when a model breaks it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise
from typing import Final

from solver.day import Lunch
from solver.oracle.budget import Purse
from solver.oracle.engines import Core, Engine, Model, make_engine
from solver.oracle.layout import Layout, Need, Visit, bits
from solver.oracle.pool import loads_of
from solver.oracle.routes import is_legal, stops_of

PAUSES: Final = 5
"""Minutes between two lunch pauses that the engine knows, beside those that begin or end with a job."""


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
        self._needs: dict[Need, int] = {}
        self._rules: dict[Hashable, int] = {}
        self._asked: dict[Hashable, frozenset[int]] = {}
        self._add_jobs()
        self._add_cliques()
        self._add_clashes()
        self._rival = [self._add_rival(own) for own in self._at]
        self._absent = [self._add_absence(duties) for duties in layout.kinds.values()]
        self._pauses = _list_pauses(layout)
        self._barred = [self._new() for _ in self._pauses]
        self._off = self._new()
        self._pausing: dict[int, list[int]] = {}  # by dining duty: the variable of each pause
        self._add_lunches()
        for job, crew in enumerate(crews):
            self._engine.prefer([one if crew >> duty & 1 else -one for duty, one in self._at[job].items()])

    def find(self, visit: Visit, purse: Purse, also: Sequence[int] = ()) -> Crews | Core | None:
        """Return crews of all jobs and the visit, literals that exclude each other, or None: not decided.

        `also` are literals to assume beside those of the visit.
        """
        place = self._place(visit)
        asked = [*sorted(self.ask(visit)), place, *also]
        left = purse.cell_conflicts
        while left > 0:
            model, cost = self._engine.solve(asked, left)
            left -= max(1, cost)
            purse.conflicts = max(0, purse.conflicts - max(1, cost))
            if model is None:
                return None
            if isinstance(model, frozenset):
                return model
            crews = self._read(model)
            if not self._mend(visit, crews, place):
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
        for visit, own in zip(self._layout.visits, self._at, strict=True):
            self._add_crew(visit, own)

    def _add_crew(self, visit: Visit, own: Mapping[int, int]) -> None:
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

    def _add_rival(self, own: Mapping[int, int]) -> int:
        """Return the literal that a job and the visit share no duty."""
        rival = self._new()
        for duty, variable in own.items():
            self._engine.add_clause([-rival, -variable, -self._guest[duty]])
        return rival

    def _add_absence(self, duties: int) -> int:
        """Return the literal that none of some duties holds the visit."""
        absent = self._new()
        for duty in bits(duties):
            self._engine.add_clause([-absent, -self._guest[duty]])
        return absent

    def _add_lunches(self) -> None:
        """Let each duty with a lunch pause at a minute when no job is there, nor the visit.

        A duty whose visit may pause at an unknown minute is free; so is one without a job, which finds its
        pause among those known.
        """
        for duty, dines in enumerate(self._layout.dines):
            if not dines:
                continue
            pauses = self._pausing[duty] = [self._new() for _ in self._pauses]
            free = self._new()
            self._engine.add_clause([*pauses, free])
            self._engine.add_clause([-free, self._off])
            self._engine.add_clause([-free, self._guest[duty]])
            for pause, barred in zip(pauses, self._barred, strict=True):
                self._engine.add_clause([-barred, -pause, -self._guest[duty]])
            self._add_pauses(duty, pauses)

    def _add_pauses(self, duty: int, pauses: Sequence[int]) -> None:
        """Say which jobs and pairs of jobs forbid which pauses."""
        for before, after, first, last in self._squeezes:
            if duty not in self._at[before] or duty not in self._at[after]:
                continue
            pair = {self._at[before][duty], self._at[after][duty]}
            self._engine.add_at_most([*pair, *pauses[first:last]], len(pair))

    @cached_property
    def _squeezes(self) -> list[tuple[int, int, int, int]]:
        """Two jobs, or one twice, and the range of pauses, by number, for which they leave no time."""
        lunch = self._layout.day.lunch
        if lunch is None:
            return []
        found = []
        for after, second in enumerate(self._layout.visits):
            found.append((after, after, *self._range(second.start - lunch.minutes + 1, second.end - 1)))
            for before in range(after):
                first = self._layout.visits[before]
                away = self._layout.minutes(first.site, second.site)
                if lunch.minutes <= second.start - first.end < lunch.minutes + away:
                    found.append((before, after, *self._range(first.end, second.start - lunch.minutes)))
        return [one for one in found if one[2] < one[3]]

    def _range(self, first: int, last: int) -> tuple[int, int]:
        """Return the numbers of the pauses that begin from first to last, both included, as a range."""
        return bisect_left(self._pauses, first), bisect_right(self._pauses, last)

    # --- one more visit -----------------------------------------------------------------------------------

    def ask(self, visit: Visit) -> frozenset[int]:
        """Return the literals to assume for a visit, its place aside."""
        key = visit.site, visit.start, visit.end, visit.demand, len(visit.seats)
        found = self._asked.get(key)
        if found is None:
            found = self._asked[key] = self._list_asked(visit)
        return found

    def _list_asked(self, visit: Visit) -> frozenset[int]:
        layout, seats = self._layout, len(visit.seats)
        asked = [self._rival[job] for job in bits(visit.rivals)]
        asked += [
            self._absent[number]
            for number, duties in enumerate(layout.kinds.values())
            if not visit.present & duties
        ]
        asked += [self._need(*need) for need in visit.demand]
        asked.append(self._rule(("size", seats), lambda rule: self._add_size(rule, seats)))
        lunch = layout.day.lunch
        if lunch is not None:
            first, last = self._range(visit.start - lunch.minutes + 1, visit.end - 1)
            asked += self._barred[first:last]
            asked += self._squeeze(visit, lunch)
            if self._knows(visit.end, lunch) and self._knows(visit.start - lunch.minutes, lunch):
                asked.append(-self._off)
        return frozenset(asked)

    def _squeeze(self, visit: Visit, lunch: Lunch) -> Iterator[int]:
        """Yield the literals that the visit and a job leave no time for some pauses between them."""
        for job, other in enumerate(self._layout.jobs):
            if visit.rivals >> job & 1:
                continue
            if other.start < visit.start:
                first, last, away = other.end, visit.start, self._layout.minutes(other.site, visit.site)
            else:
                first, last, away = visit.end, other.start, self._layout.minutes(visit.site, other.site)
            pauses = self._range(first, last - lunch.minutes)
            if last - first < lunch.minutes + away and pauses[0] < pauses[1]:
                yield self._rule(
                    ("squeeze", job, *pauses), partial(self._add_squeeze, job=job, pauses=pauses)
                )

    def _add_squeeze(self, rule: int, *, job: int, pauses: tuple[int, int]) -> None:
        at = self._at[job]
        for duty, pausing in self._pausing.items():
            if duty in at:
                for pause in pausing[slice(*pauses)]:
                    self._engine.add_clause([-rule, -self._guest[duty], -at[duty], -pause])

    def _knows(self, pause: int, lunch: Lunch) -> bool:
        """Whether a pause is among the known ones, or outside of the span of lunch."""
        first, last = self._range(pause, pause)
        return first < last or not lunch.earliest <= pause <= lunch.latest - lunch.minutes

    def imply(self, visit: Visit) -> frozenset[int]:
        """Return all literals that a visit's own ones bring about: its crew may ask for more than others'."""
        implied = [
            rule
            for key, rule in self._needs.items()
            if any(not mask & ~key[0] and count >= key[1] for mask, count in visit.demand)
        ]
        return self.ask(visit).union(implied, [self._place(visit)])

    def _place(self, visit: Visit) -> int:
        """Return the literal behind which clauses about one place and time stand."""
        return self._rule(("place", visit.site, visit.start, visit.end), lambda _: None)

    def _need(self, mask: int, count: int) -> int:
        found = self._needs.get((mask, count))
        if found is None:
            found = self._needs[mask, count] = self._new()
            self._add_need(found, mask, count)
        return found

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

    # --- what hangs on whole routes -----------------------------------------------------------------------

    def _mend(self, visit: Visit, crews: Crews, rule: int) -> bool:
        """Add clauses against the broken routes of a model; whether there were any."""
        layout = self._layout
        broken = False
        for duty, load in enumerate(loads_of(layout, crews.jobs)):
            extra = visit if crews.visit >> duty & 1 else None
            if is_legal(self._layout, duty, load, extra):
                continue
            broken = True
            load, extra = self._shrink(duty, load, extra)  # noqa: PLW2901 - the smaller cause takes its place
            for twin in bits(layout.kinds[layout.kind[duty]]):
                if all(twin in self._at[job] for job in bits(load)):
                    self._forbid(twin, load, extra, rule)
        return broken

    def _shrink(self, duty: int, load: int, extra: Visit | None) -> tuple[int, Visit | None]:
        """Leave out stops without which the route is broken all the same and cannot be mended by others."""
        if self._is_mendable(duty, load, extra):
            return load, extra
        if load and not (is_legal(self._layout, duty, load, None) or self._is_mendable(duty, load, None)):
            extra = None
        for job in bits(load):
            less = load & ~(1 << job)
            if not (is_legal(self._layout, duty, less, extra) or self._is_mendable(duty, less, extra)):
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
        """Say that a duty cannot have these stops, or needs others with them if those could mend it."""
        clause = [-self._at[job][duty] for job in bits(load)]
        if extra is not None:
            clause += [-self._guest[duty], -rule]
        if self._is_mendable(duty, load, extra):
            clause += [at[duty] for job, at in enumerate(self._at) if duty in at and not load >> job & 1]
            if extra is None:
                clause.append(self._guest[duty])
        self._engine.add_clause(clause)


def _list_pauses(layout: Layout) -> list[int]:
    """Return the minutes at which a lunch may begin: a lattice, and where jobs begin or end.

    A legal lunch can be moved to begin with the end of a job or the span, or to end with the begin of a job
    or the end of the span.
    """
    lunch = layout.day.lunch
    if lunch is None:
        return []
    latest = lunch.latest - lunch.minutes
    pauses = {*range(lunch.earliest, latest, PAUSES), latest}
    for job in layout.jobs:
        pauses |= {job.end, job.start - lunch.minutes}
    return sorted(pause for pause in pauses if lunch.earliest <= pause <= latest)
