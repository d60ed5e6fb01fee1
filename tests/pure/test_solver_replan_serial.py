"""Disruptions, reach and proposals as JSON values: exact round trip, through text."""

import json

import pytest

from solver.day import Job
from solver.plan import Assignment
from solver.replan import (
    Absence,
    Disruption,
    EnterpriseLate,
    Movable,
    Overrun,
    Proposal,
    Reach,
    SiteClosed,
    Urgent,
)
from solver.replan.serial import (
    read_disruptions,
    read_movable,
    read_proposal,
    write_disruptions,
    write_movable,
    write_proposal,
)

LOBSTERS = Job(9, 3, 615, 20, (frozenset({"animal"}), frozenset()), frozenset({4}), 700)

ONE_OF_EACH: tuple[Disruption, ...] = (
    Absence(3, 540),
    Absence(4, 540, 600),
    SiteClosed(2, 600, 660),
    Urgent(LOBSTERS, 660),
    Overrun(5, 700),
    EnterpriseLate(6, 655),
)


@pytest.mark.parametrize("one", ONE_OF_EACH, ids=lambda one: type(one).__name__)
def test_a_disruption_survives_the_round_trip(one: Disruption) -> None:
    """Each kind comes back as itself."""
    text = json.dumps(write_disruptions([one]))
    assert read_disruptions(json.loads(text)) == [one]


@pytest.mark.parametrize("movable", [Reach(), Reach(0, 30), {}, {5: (600, 630), 7: (0, 0)}], ids=str)
def test_how_far_promises_may_move_survives(movable: Movable) -> None:
    """A reach for all, or bounds of each."""
    assert read_movable(json.loads(json.dumps(write_movable(movable)))) == movable


def test_a_proposal_survives_the_round_trip() -> None:
    """Each field away from its default."""
    proposal = Proposal(
        plan={5: Assignment((7, 8), 11), 6: Assignment((9, 10))},
        starts={6: 630},
        lost=(4,),
        moved=(6,),
        minutes_moved=15,
        renamed=((5, 3, 7),),
        proved=True,
        standing=(2,),
    )
    assert read_proposal(json.loads(json.dumps(write_proposal(proposal)))) == proposal
