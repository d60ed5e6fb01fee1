"""Whether the travel of a day obeys the triangle inequality."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from solver.day import Day, Ways

_MISSING: Final = 1 << 20
_known: dict[int, tuple[Ways, bool]] = {}
_KEPT: Final = 64


def is_metric(day: Day) -> bool:
    """Whether no detour is quicker than a direct way, over all sites that the day's travel names.

    A missing way counts as endless, so that two ways which replace it make the travel not metric. The answer
    is kept for travel that many days share.
    """
    travel = day.travel
    if not isinstance(travel, Ways):
        return _obeys(travel)
    known = _known.get(id(travel))
    if known is None or known[0] is not travel:
        if len(_known) >= _KEPT:
            _known.clear()
        known = _known[id(travel)] = (travel, _obeys(travel))
    return known[1]


def _obeys(travel: Mapping[tuple[int, int], int]) -> bool:
    sites = {site: number for number, site in enumerate(sorted({site for way in travel for site in way}))}
    minutes = np.full((len(sites), len(sites)), _MISSING, dtype=np.int64)
    for (origin, target), value in travel.items():
        minutes[sites[origin], sites[target]] = value
    np.fill_diagonal(minutes, 0)
    return all(
        bool((minutes <= minutes[:, via, None] + minutes[None, via, :]).all()) for via in range(len(sites))
    )
