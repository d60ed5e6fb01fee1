"""Routes of duties, and the search of those that pay: one dynamic program for all duties at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from solver.allocation.network import Floats, Indices, Network


@dataclass(frozen=True, slots=True)
class Route:
    """The jobs of a duty in order, by their numbers in the network, and what they cost in each level."""

    duty: int
    stops: tuple[int, ...]
    travel: int
    overtime: int
    renamed: int


@dataclass(frozen=True, slots=True)
class Prices:
    """What a route pays: `visit` (n, m) for each job, `finish` (n, m) after the last one, `leave` (m)."""

    visit: Floats
    finish: Floats
    leave: Floats


@dataclass(frozen=True, slots=True)
class Reach:
    """Forward labels.

    `label` (n, 2m) is the least cost of a path up to and with a job, before lunch in the left half and after
    it in the right one. `least` (rows, 2m) are running minima over the jobs of one site by their end, `owner`
    the job that gives each.
    """

    label: Floats
    least: Floats
    owner: Indices


def cost_route(network: Network, duty: int, stops: Sequence[int]) -> Route:
    """Return a route with its costs; its legality is not looked at."""
    travel = network.first[stops[0], duty] + network.last[stops[-1], duty]
    travel += sum(network.legs[a, b] for a, b in pairwise(stops))
    renamed = sum(network.renamed[stop, duty] for stop in stops)
    return Route(duty, tuple(stops), int(travel), int(network.overtime[stops[-1], duty]), int(renamed))


class Pricing:
    """The day's network, indexed so that a job looks at sites instead of at all jobs before it.

    Whether a job at a site comes in time for the next one, and whether lunch fits in between, depends on its
    end alone, and the earlier the better: so the cheapest of those that end early enough is all that counts.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        ends = np.array([job.end for job in network.jobs])
        starts = np.array([job.start for job in network.jobs])
        sites = sorted({job.site for job in network.jobs})
        self._by_end = np.lexsort((np.arange(len(ends)), ends))
        self._ends = ends[self._by_end]
        self._rows = np.zeros(len(ends), dtype=np.intp)
        n = len(ends)
        self._in_time = np.zeros((n, len(sites)), dtype=np.intp)
        self._fed = np.zeros((n, len(sites)), dtype=np.intp)
        self._legs = np.zeros((n, len(sites)))
        row = 0
        for number, site in enumerate(sites):
            members = np.array([job for job in self._by_end if network.jobs[job].site == site], dtype=np.intp)
            self._rows[members] = row + 1 + np.arange(len(members))
            self._in_time[:, number] = row + network.follows[members].sum(axis=0)
            self._fed[:, number] = row + (network.follows & network.eats)[members].sum(axis=0)
            self._legs[:, number] = network.legs[members[0]]
            row += len(members) + 1
        self._size = row
        edges = np.flatnonzero(np.diff(starts, prepend=-1))
        self._batches = list(pairwise([*edges.tolist(), n]))

    def reach(self, prices: Prices) -> Reach:
        """Return the labels of all jobs and duties."""
        net, (n, m) = self.network, self.network.able.shape
        label = np.full((n, 2 * m), np.inf)
        least = np.full((self._size, 2 * m), np.inf)
        owner = np.zeros((self._size, 2 * m), dtype=np.intp)
        visit = np.where(net.able, prices.visit, np.inf)
        pushed = 0
        for begin, stop in self._batches:
            due = int(np.searchsorted(self._ends, net.jobs[begin].start, side="right"))
            for job in self._by_end[pushed:due]:
                row = self._rows[job]
                better = label[job] < least[row - 1]
                least[row] = np.where(better, label[job], least[row - 1])
                owner[row] = np.where(better, job, owner[row - 1])
            pushed = due
            batch = slice(begin, stop)
            legs = self._legs[batch, :, None]
            best = (least[self._in_time[batch]] + legs).min(axis=1)
            fed = (least[self._fed[batch], :m] + legs).min(axis=1)
            first = net.first[batch]
            best[:, :m] = np.minimum(best[:, :m], first)
            best[:, m:] = np.minimum(
                np.minimum(best[:, m:], fed), np.where(net.eats_first[batch], first, np.inf)
            )
            label[batch, :m] = best[:, :m] + visit[batch]
            label[batch, m:] = best[:, m:] + visit[batch]
        return Reach(label, least, owner)

    def closing(self, reach: Reach, prices: Prices) -> Floats:
        """Return (n, 2m): the cost of the best route whose last job is this one, eaten before it or after."""
        net = self.network
        rest = net.last + prices.finish + prices.leave
        return np.asarray(reach.label + np.hstack([np.where(net.eats_last, rest, np.inf), rest]))

    def trace(self, reach: Reach, jobs: Indices, columns: Indices) -> list[tuple[int, ...]]:
        """Return the stops of the best paths that end with these jobs in these columns of the labels."""
        net, m = self.network, self.network.able.shape[1]
        jobs, columns = jobs.copy(), columns.copy()
        paths: list[list[int]] = [[int(job)] for job in jobs]
        live = np.arange(len(jobs))
        while len(live):
            here, column = jobs[live], columns[live]
            duty, sites = column % m, self._legs.shape[1]
            after = column >= m
            straight = reach.least[self._in_time[here], column[:, None]] + self._legs[here]
            eating = reach.least[self._fed[here], duty[:, None]] + self._legs[here]
            eating[~after] = np.inf
            first = net.first[here, duty]
            first = np.where(after & ~net.eats_first[here, duty], np.inf, first)
            choice = np.hstack([first[:, None], straight, eating]).argmin(axis=1)
            on = choice > 0
            live, here, column, duty, choice = live[on], here[on], column[on], duty[on], choice[on] - 1
            ate = choice >= sites
            site = choice % max(sites, 1)
            rows = np.where(ate, self._fed[here, site], self._in_time[here, site])
            columns[live] = np.where(ate, duty, column)
            jobs[live] = reach.owner[rows, columns[live]]
            for number, job in zip(live.tolist(), jobs[live].tolist(), strict=True):
                paths[number].append(job)
        return [tuple(reversed(path)) for path in paths]
