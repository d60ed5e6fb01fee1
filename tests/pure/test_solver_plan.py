"""Plans as values: the difference of two, and merging it into a plan that may have changed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.plan import Assignment, Delta, StaleDelta, difference, merge

ROWS = st.builds(Assignment, st.tuples(st.integers(1, 3), st.integers(1, 3)), st.sampled_from([None, 1, 2]))
PLANS = st.dictionaries(st.integers(1, 5), ROWS)
A, B = Assignment((1, 2)), Assignment((2, 3), 7)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(PLANS, PLANS)
def test_merging_a_difference_gives_the_new_plan(
    old: dict[int, Assignment], new: dict[int, Assignment]
) -> None:
    """The difference of two plans turns the old one into the new one."""
    assert merge(old, difference(old, new)) == new


def test_a_difference_leaves_equal_rows_out() -> None:
    """Only rows that change travel in a delta, a changed row on both sides."""
    assert difference({1: A, 2: A, 3: A}, {1: A, 2: B, 4: B}) == Delta({2: A, 3: A}, {2: B, 4: B})


def test_rows_that_others_added_stay() -> None:
    """A delta merges into a plan that has grown meanwhile."""
    assert merge({1: A, 9: B}, Delta({1: A}, {1: B})) == {1: B, 9: B}


@pytest.mark.parametrize(
    "delta",
    [Delta({1: B}, {}), Delta({2: A}, {}), Delta({}, {1: B}), Delta({2: A, 1: A}, {1: B})],
    ids=["changed meanwhile", "gone meanwhile", "taken meanwhile", "one of two gone"],
)
def test_a_stale_delta_is_refused(delta: Delta) -> None:
    """A row that is not there as named, or a job that has a row by now, refuses the whole delta."""
    with pytest.raises(StaleDelta):
        merge({1: A}, delta)


def test_a_stale_delta_names_the_jobs() -> None:
    """The refusal tells which jobs stand differently, and is a ValueError."""
    with pytest.raises(ValueError, match="jobs") as refusal:
        merge({1: A, 2: A, 3: A}, Delta({3: B, 2: B, 1: A}, {}))
    assert isinstance(refusal.value, StaleDelta)
    assert refusal.value.jobs == (2, 3)


def test_merging_leaves_the_plan_as_it_was() -> None:
    """The given plan is not changed."""
    plan = {1: A}
    merge(plan, Delta({1: A}, {1: B}))
    assert plan == {1: A}
