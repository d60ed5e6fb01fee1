"""Disruptions, how far promises may move, and proposals as JSON values and back, exactly."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from solver.plan import Assignment
from solver.replan.disruption import Absence, Disruption, EnterpriseLate, Overrun, SiteClosed, Urgent
from solver.replan.proposal import Proposal
from solver.replan.situation import Movable, Reach
from solver.serial import read_job, write_job

_Json = dict[str, Any]  # whatever the text holds; the readers turn it into values that check themselves

_NAMES: Final[Mapping[type[Disruption], str]] = {
    Absence: "absence",
    SiteClosed: "site_closed",
    Urgent: "urgent",
    Overrun: "overrun",
    EnterpriseLate: "enterprise_late",
}


def write_disruptions(disruptions: Sequence[Disruption]) -> list[_Json]:
    """Return disruptions as values that JSON can hold."""
    return [{"kind": _NAMES[type(one)], **_write_one(one)} for one in disruptions]


def _write_one(one: Disruption) -> _Json:
    if isinstance(one, Urgent):
        return {"job": write_job(one.job), "latest": one.latest}
    return asdict(one)


def read_disruptions(given: Sequence[_Json]) -> list[Disruption]:
    """Return the disruptions that `write_disruptions` wrote."""
    return [_READERS[one["kind"]]({key: one[key] for key in one if key != "kind"}) for one in given]


_READERS: Final[Mapping[str, Callable[[_Json], Disruption]]] = {
    "absence": lambda given: Absence(**given),
    "site_closed": lambda given: SiteClosed(**given),
    "urgent": lambda given: Urgent(read_job(given["job"]), given["latest"]),
    "overrun": lambda given: Overrun(**given),
    "enterprise_late": lambda given: EnterpriseLate(**given),
}


def write_movable(movable: Movable) -> _Json:
    """Return how far promises may move as values that JSON can hold."""
    if isinstance(movable, Reach):
        return {"earlier": movable.earlier, "later": movable.later}
    return {"jobs": [[job, first, last] for job, (first, last) in sorted(movable.items())]}


def read_movable(given: _Json) -> Movable:
    """Return what `write_movable` wrote."""
    if "jobs" in given:
        return {job: (first, last) for job, first, last in given["jobs"]}
    return Reach(given["earlier"], given["later"])


def write_proposal(proposal: Proposal) -> _Json:
    """Return a proposal as values that JSON can hold."""
    return {
        "plan": [[job, list(row.crew), row.dock] for job, row in sorted(proposal.plan.items())],
        "starts": [[job, start] for job, start in sorted(proposal.starts.items())],
        "lost": list(proposal.lost),
        "moved": list(proposal.moved),
        "minutes_moved": proposal.minutes_moved,
        "renamed": [list(one) for one in proposal.renamed],
        "proved": proposal.proved,
        "standing": list(proposal.standing),
    }


def read_proposal(given: _Json) -> Proposal:
    """Return the proposal that `write_proposal` wrote."""
    return Proposal(
        plan={job: Assignment(tuple(crew), dock) for job, crew, dock in given["plan"]},
        starts=dict(given["starts"]),
        lost=tuple(given["lost"]),
        moved=tuple(given["moved"]),
        minutes_moved=given["minutes_moved"],
        renamed=tuple((job, out, coming) for job, out, coming in given["renamed"]),
        proved=given["proved"],
        standing=tuple(given["standing"]),
    )
