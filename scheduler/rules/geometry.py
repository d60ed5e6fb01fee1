"""Ways between places: whole minutes, closed under the triangle inequality."""

from collections.abc import Sequence
from math import asin, ceil, cos, radians, sin, sqrt

from scheduler.rules.policy import TravelRule

_EARTH_RADIUS_KM = 6371.0088


def travel_minutes(lat1: float, lon1: float, lat2: float, lon2: float, rule: TravelRule) -> int:
    """Return the minutes between two places: great circle times factor at the rule's speed, rounded up.

    Degrees (WGS 84) in, whole minutes out; 0 only for the same place.
    """
    south, north = radians(lat1), radians(lat2)
    haversine = sin((north - south) / 2) ** 2 + cos(south) * cos(north) * sin(radians(lon2 - lon1) / 2) ** 2
    distance_km = 2 * _EARTH_RADIUS_KM * asin(min(1.0, sqrt(haversine)))
    return ceil(distance_km * rule.factor / rule.speed_km_h * 60)


def close(matrix: Sequence[Sequence[int]]) -> list[list[int]]:
    """Return the square matrix of minutes with every way at most as long as any detour.

    Each entry becomes the shortest way over other places, so insertion may reckon with
    direct ways only. Raises ValueError when not square or negative.
    """
    size = len(matrix)
    if any(len(row) != size or min(row) < 0 for row in matrix):
        message = "a matrix of ways is square and has no negative minutes"
        raise ValueError(message)
    closed = [list(row) for row in matrix]
    for place in range(size):
        closed[place][place] = 0
    for via in range(size):
        onward = closed[via]
        for row in closed:
            first = row[via]
            row[:] = [min(direct, first + rest) for direct, rest in zip(row, onward, strict=True)]
    return closed
