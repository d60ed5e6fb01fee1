"""Follow-ups: bookable at once, the first crew barred, withdrawn when a correction needs none."""

import json
from datetime import date, timedelta

import pytest
from sqlmodel import col, select

from scheduler import errors
from scheduler.models import Booking, BookingInstruction, Instruction, Policy, VisitHistory
from scheduler.visit.correct import Correction, correct_visit
from scheduler.visit.entry import Recorded
from scheduler.vocabulary import Outcome
from tests.database.visit_scene import NOON, TEN, arrive, count, facts_of, make_booking, visited
from tests.factories import NOW, TUESDAY, World, at


def _correct(world: World, booking: Booking, *, reason: str = "误录", **changes: object) -> Recorded:
    facts = facts_of(world)
    with world.database.transaction() as session:
        return correct_visit(
            session,
            actor=world.manager(),
            reference=booking.reference,
            changes=Correction.model_validate(changes),
            reason=reason,
            now=NOON,
            facts=facts,
        )


def _follow_ups(world: World) -> list[Instruction]:
    with world.database.snapshot() as session:
        found = select(Instruction).where(col(Instruction.follows).is_not(None)).order_by(col(Instruction.id))
        return list(session.exec(found).all())


@pytest.mark.parametrize("outcome", [Outcome.NOT_FINISHED, Outcome.NOT_PASSED])
def test_what_was_not_done_or_not_passed_is_followed_up(world: World, outcome: Outcome) -> None:
    """One open instruction of the same facts for each of the visit's, numbered, the first crew barred."""
    references = (world.instruction(hs_code="0306329900"), world.instruction())
    recorded = visited(world, outcome, *references)
    made = _follow_ups(world)
    assert [one.id for one in made] == [one.id for one in recorded.follow_ups]
    assert [one.reference for one in made] == [f"{reference}/2" for reference in references]
    assert made[0].hs_code == "0306329900"
    assert {(one.state, one.version, one.follows, one.excludes_first_crew) for one in made} == {
        ("open", 1, recorded.booking.id, True)
    }
    assert count(world, "SELECT count(*) FROM event WHERE kind = 'instruction_follow_up'") == 2


def test_other_outcomes_are_not_followed_up(world: World) -> None:
    """Sampled goods wait for the laboratory; nothing is to be booked."""
    assert visited(world, Outcome.SAMPLED_PENDING_LAB).follow_ups == ()
    assert _follow_ups(world) == []


def test_the_policy_may_let_the_first_crew_return(world: World) -> None:
    """With the switch off the follow-up bars nobody."""
    off = {"first_crew_excluded": False}
    world.add(Policy(name="visit", valid_from=date(2026, 1, 1), document=off, created_at=NOW))
    assert not visited(world, Outcome.NOT_FINISHED).follow_ups[0].excludes_first_crew


def test_a_deadline_that_has_passed_binds_no_follow_up(world: World) -> None:
    """A flight that has left must not make the goods unbookable; one ahead still counts."""
    gone = world.instruction(must_finish_by=at(TUESDAY, 10, 30), must_finish_kind="flight")
    ahead = world.instruction(must_finish_by=at(TUESDAY, 18), must_finish_kind="vessel")
    visited(world, Outcome.NOT_FINISHED, gone, ahead)
    kept = [(one.must_finish_by, one.must_finish_kind) for one in _follow_ups(world)]
    assert kept == [(None, None), (at(TUESDAY, 18), "vessel")]


def test_a_correction_keeps_the_old_row(world: World) -> None:
    """What was recorded stays readable; the event tells was, is and why."""
    booking = visited(world, Outcome.PASSED).booking
    recorded = _correct(world, booking, opened=at(TUESDAY, 10, 7), reason="记错时间")
    assert recorded.visit.opened == at(TUESDAY, 10, 7)
    with world.database.snapshot() as session:
        told = session.exec(
            select(VisitHistory.entry).order_by(col(VisitHistory.version).desc()).limit(1)
        ).one()
    assert json.loads(told)["opened"].startswith("2026-12-01T02:05")
    asked = "SELECT count(*) FROM event WHERE kind = 'visit_correction' AND details->>'reason' = '记错时间'"
    assert count(world, f"{asked} AND details->'was'->>'opened' <> details->'is'->>'opened'") == 1


def test_a_correction_needs_a_reason(world: World) -> None:
    """Blank is none."""
    booking = visited(world, Outcome.PASSED).booking
    with pytest.raises(errors.ReasonMissing):
        _correct(world, booking, reason="  ", opened=at(TUESDAY, 10, 7))


def test_a_correction_keeps_the_order_of_times(world: World) -> None:
    """The corrected entry obeys what every entry obeys."""
    booking = visited(world, Outcome.PASSED).booking
    with pytest.raises(errors.TimesOutOfOrder):
        _correct(world, booking, opened=at(TUESDAY, 10, 26))
    with pytest.raises(errors.TooEarly):
        _correct(world, booking, released_at=NOON + timedelta(minutes=1))


def test_a_correction_that_changes_nothing_is_refused(world: World) -> None:
    """No version without a change."""
    booking = visited(world, Outcome.PASSED).booking
    with pytest.raises(errors.MalformedField):
        _correct(world, booking, opened=at(TUESDAY, 10, 5))


def test_an_outcome_is_not_corrected_before_it_is_recorded(world: World) -> None:
    """A visit in progress gets its outcome by recording it."""
    booking = make_booking(world)
    arrive(world, booking)
    with pytest.raises(errors.WrongState) as refused:
        _correct(world, booking, outcome="passed")
    assert refused.value.field == "/outcome"


def test_an_arrival_that_never_was(world: World) -> None:
    """Recorded on the wrong booking, it is taken back: the promise stands as before, crew and all."""
    booking = make_booking(world)
    arrive(world, booking)
    recorded = _correct(world, booking, on_site=None)
    assert (recorded.booking.state, recorded.visit.on_site) == ("confirmed", None)
    assert count(world, "SELECT count(*) FROM crew") == 2
    assert arrive(world, booking, when=NOON).booking.state == "in_progress"


def test_a_corrected_outcome_makes_its_follow_up(world: World) -> None:
    """Passed by mistake: the follow-up comes with the correction."""
    booking = visited(world, Outcome.PASSED).booking
    made = _correct(world, booking, outcome="not_passed").follow_ups
    assert [one.state for one in made] == ["open"]


def test_a_corrected_outcome_withdraws_its_follow_up(world: World) -> None:
    """Not passed by mistake: what nobody booked is withdrawn; its number is not used again."""
    booking = visited(world, Outcome.NOT_PASSED).booking
    _correct(world, booking, outcome="passed")
    assert [(one.state, one.version) for one in _follow_ups(world)] == [("withdrawn", 2)]
    assert count(world, "SELECT count(*) FROM event WHERE kind = 'instruction_withdrawn'") == 1
    again = _correct(world, booking, outcome="not_finished").follow_ups
    assert again[0].reference.endswith("/3")


def test_a_booked_follow_up_is_not_withdrawn(world: World) -> None:
    """The correction is refused as a whole and names the booking."""
    recorded = visited(world, Outcome.NOT_PASSED)
    next_one = make_booking(world, start=TEN + timedelta(hours=4))
    world.add(BookingInstruction(booking=next_one.id, instruction=recorded.follow_ups[0].id))
    with pytest.raises(errors.WrongState) as refused:
        _correct(world, recorded.booking, outcome="passed")
    assert refused.value.values["reference"] == next_one.reference
    assert count(world, "SELECT count(*) FROM visit WHERE outcome = 'not_passed'") == 1
    assert [one.state for one in _follow_ups(world)] == ["open"]
