"""Ways: minutes between places and their closure under the triangle inequality."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.rules.geometry import close, travel_minutes
from scheduler.rules.policy import TravelRule

LATITUDE, LONGITUDE = st.floats(39.4, 41.1), st.floats(115.4, 117.5)


@st.composite
def matrices(draw: st.DrawFn) -> list[list[int]]:
    """Draw a square matrix of whole minutes, neither symmetric nor closed."""
    size = draw(st.integers(0, 7))
    row = st.lists(st.integers(0, 200), min_size=size, max_size=size)
    return draw(st.lists(row, min_size=size, max_size=size))


def test_one_degree_of_latitude_takes_its_time() -> None:
    """111.195 km on the sphere, times 1.4, at 25 km/h: 373.6 minutes, rounded up."""
    assert travel_minutes(39.5, 116.4, 40.5, 116.4, TravelRule()) == 374


def test_the_rule_s_factor_and_speed_count() -> None:
    """The same way straight and at 100 km/h takes 66.7 minutes, at 60 km/h 111.2: a begun minute counts."""
    assert travel_minutes(39.5, 116.4, 40.5, 116.4, TravelRule(factor=1, speed_km_h=100)) == 67
    assert travel_minutes(39.5, 116.4, 40.5, 116.4, TravelRule(factor=1, speed_km_h=60)) == 112


@given(LATITUDE, LONGITUDE, LATITUDE, LONGITUDE)
def test_a_way_is_as_long_back(lat1: float, lon1: float, lat2: float, lon2: float) -> None:
    """Symmetric, never negative, nothing at the same place."""
    rule = TravelRule()
    there = travel_minutes(lat1, lon1, lat2, lon2, rule)

    assert there == travel_minutes(lat2, lon2, lat1, lon1, rule) >= 0
    assert travel_minutes(lat1, lon1, lat1, lon1, rule) == 0


@given(matrices())
def test_a_closed_matrix_keeps_the_triangle_inequality(matrix: list[list[int]]) -> None:
    """No detour is shorter, no way became longer, closing again changes nothing."""
    closed = close(matrix)
    places = range(len(matrix))

    assert all(closed[a][c] <= closed[a][b] + closed[b][c] for a, b, c in product(places, repeat=3))
    assert all(closed[a][b] <= matrix[a][b] for a, b in product(places, repeat=2))
    assert all(closed[place][place] == 0 for place in places)
    assert close(closed) == closed


def test_a_shorter_detour_replaces_the_direct_way() -> None:
    """From the first to the third place over the second; the input stays as it was."""
    matrix = [[0, 10, 50], [10, 0, 15], [60, 70, 0]]

    assert close(matrix) == [[0, 10, 25], [10, 0, 15], [60, 70, 0]]
    assert matrix[0][2] == 50


@pytest.mark.parametrize("matrix", [[[0, 1]], [[0, -1], [1, 0]], [[0], [1]]])
def test_a_matrix_that_is_none_is_a_bug(matrix: list[list[int]]) -> None:
    """Rows of other lengths and negative minutes are refused."""
    with pytest.raises(ValueError, match="square"):
        close(matrix)
