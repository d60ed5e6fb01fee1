"""Ways between the sites of a district: defaults reckoned, measured ones kept, all closed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import text
from sqlmodel import Session

from scheduler.rules.geometry import close, travel_minutes
from scheduler.rules.policy import TravelRule

Pair = tuple[int, int]
"""Origin and destination, ids of sites."""

_ONE_REFRESH = text("LOCK TABLE travel IN SHARE ROW EXCLUSIVE MODE")

_SITES = text("""
SELECT site.id, office.district, latitude, longitude FROM site JOIN office ON office.id = site.office
ORDER BY site.id
""")

_STORED = text("SELECT origin, destination, minutes, is_override FROM travel")

_RULE = text("""
SELECT document FROM policy WHERE name = 'travel' AND office IS NULL AND valid_from <= :day
ORDER BY valid_from DESC, id DESC LIMIT 1
""")

_PUT = text("""
INSERT INTO travel (origin, destination, minutes, is_override)
SELECT * FROM unnest(CAST(:origins AS bigint[]), CAST(:destinations AS bigint[]),
                     CAST(:minutes AS integer[]), CAST(:overrides AS boolean[]))
ON CONFLICT (origin, destination)
DO UPDATE SET minutes = excluded.minutes, is_override = excluded.is_override
""")


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh wrote: pairs that are new, pairs whose minutes or kind changed."""

    added: frozenset[Pair] = field(default_factory=frozenset)
    changed: frozenset[Pair] = field(default_factory=frozenset)


def refresh_travel(session: Session, *, on: date, measured: Mapping[Pair, int] | None = None) -> Refreshed:
    """Reckon the minutes of all ordered pairs of sites of each district and write those that differ.

    A pair is `measured` (an override, whole minutes) or follows the district's travel rule in
    force on the date. Closing may shorten any of them: where a detour is shorter than a
    measured way, the detour's minutes are stored, still marked as measured.
    """
    session.execute(_ONE_REFRESH)
    stored = {(o, d): (minutes, override) for o, d, minutes, override in session.execute(_STORED)}
    kept = {pair: minutes for pair, (minutes, override) in stored.items() if override} | dict(measured or {})
    rule = TravelRule.model_validate(session.execute(_RULE, {"day": on}).scalar() or {})
    by_district: dict[str, list[tuple[int, float, float]]] = {}
    for site, district, latitude, longitude in session.execute(_SITES):
        by_district.setdefault(district, []).append((site, latitude, longitude))
    wanted: dict[Pair, tuple[int, bool]] = {}
    for sites in by_district.values():
        wanted |= _closed(sites, kept, rule)
    differing = {pair: way for pair, way in wanted.items() if stored.get(pair) != way}
    _put(session, differing)
    return Refreshed(
        added=frozenset(differing.keys() - stored.keys()), changed=frozenset(differing.keys() & stored.keys())
    )


def _closed(
    sites: Sequence[tuple[int, float, float]], kept: Mapping[Pair, int], rule: TravelRule
) -> dict[Pair, tuple[int, bool]]:
    direct = [
        [
            kept.get((origin, destination), travel_minutes(lat1, lon1, lat2, lon2, rule))
            for destination, lat2, lon2 in sites
        ]
        for origin, lat1, lon1 in sites
    ]
    closed = close(direct)
    return {
        (origin, destination): (closed[i][j], (origin, destination) in kept)
        for i, (origin, *_) in enumerate(sites)
        for j, (destination, *_) in enumerate(sites)
        if i != j
    }


def _put(session: Session, ways: Mapping[Pair, tuple[int, bool]]) -> None:
    if not ways:  # an empty statement would still make a new rules version
        return
    session.execute(
        _PUT,
        {
            "origins": [origin for origin, _ in ways],
            "destinations": [destination for _, destination in ways],
            "minutes": [minutes for minutes, _ in ways.values()],
            "overrides": [override for _, override in ways.values()],
        },
    )
