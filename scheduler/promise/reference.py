"""What all days of a district rest on, read once for each rules version.

Offices, sites, docks, ways, inspection types, opening hours, work days and policies change
rarely; every change of them makes a new rules version (triggers), so a copy that carries
the version is true as long as the version is the latest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from functools import cached_property
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlmodel import Session

from scheduler.errors import ClosedDay, UnknownOffice, UnknownSite
from scheduler.rules import policy as policies
from scheduler.rules.priority import PriorityRule
from scheduler.vocabulary import DayKind, Direction, GoodsCategory, Mode, Priority, PriorityAnswer, SiteKind
from solver.day import Ways

ZONE = ZoneInfo("Asia/Shanghai")
"""The zone of every office; the database's checks name the same."""

SomePolicy = TypeVar("SomePolicy", bound=policies.Policy)


@dataclass(frozen=True, slots=True)
class OfficeFacts:
    """What a search needs of an office."""

    id: int
    code: str
    short_zh: str
    short_en: str


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What a search needs of a site."""

    id: int
    office: int
    code: str
    kind: SiteKind
    valid_from: date | None
    valid_to: date | None
    docks: tuple[int, ...]

    def exists_on(self, day: date) -> bool:
        """Whether the site exists on a date; exhibitions come and go."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day < self.valid_to
        )


@dataclass(frozen=True, slots=True)
class TypeFacts:
    """What a search needs of an inspection type; `durations` by goods category: base, per unit."""

    id: int
    code: str
    mode: Mode
    minimum_crew: int
    site_kinds: frozenset[SiteKind]
    seats: tuple[frozenset[str], ...]
    durations: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours of a day kind from a date on; None: closed."""

    office: int
    day_kind: DayKind
    valid_from: date
    opens: time | None
    closes: time | None


@dataclass(frozen=True)
class Reference:
    """The district at one rules version."""

    version: int
    calendar_version: int
    offices: Mapping[int, OfficeFacts]
    sites: Mapping[int, SiteFacts]
    types: Mapping[int, TypeFacts]
    travel: Ways
    hours: Sequence[Hours]
    kinds: Mapping[date, DayKind]
    published: Mapping[date, bool]
    documents: Sequence[tuple[str, int | None, date, dict[str, object]]]
    priority_rules: Sequence[PriorityRule]

    @cached_property
    def _offices_by_code(self) -> dict[str, OfficeFacts]:
        return {office.code: office for office in self.offices.values()}

    @cached_property
    def _sites_by_code(self) -> dict[tuple[int, str], SiteFacts]:
        return {(site.office, site.code): site for site in self.sites.values()}

    @cached_property
    def _policies(self) -> dict[tuple[str, int | None, date], policies.Policy]:
        return {}

    def office_by_code(self, code: str, *, field: str | None = "/office") -> OfficeFacts:
        """The office with this code.

        Raises:
            UnknownOffice: there is none.
        """
        try:
            return self._offices_by_code[code]
        except KeyError:
            raise UnknownOffice(field=field, office=code) from None

    def site_by_code(self, office: int, code: str, *, field: str | None = "/site") -> SiteFacts:
        """The site of an office with this code.

        Raises:
            UnknownSite: there is none.
        """
        try:
            return self._sites_by_code[office, code]
        except KeyError:
            raise UnknownSite(field=field, site=code) from None

    def policy(self, kind: type[SomePolicy], *, office: int | None, on: date) -> SomePolicy:
        """The policy document in force: the office's own, else the district's, else the defaults."""
        name = next(name for name, model in policies.POLICIES.items() if model is kind)
        key = (name, office, on)
        if key not in self._policies:
            self._policies[key] = kind.model_validate(self._document(name, office, on))
        found = self._policies[key]
        assert isinstance(found, kind)  # noqa: S101 - tells the type checker what the key says
        return found

    def _document(self, name: str, office: int | None, on: date) -> dict[str, object]:
        fitting = [
            (owner is not None, valid_from, order, document)
            for order, (kind, owner, valid_from, document) in enumerate(self.documents)
            if kind == name and owner in {None, office} and valid_from <= on
        ]
        return max(fitting, key=lambda row: row[:3])[3] if fitting else {}

    def kind_of(self, day: date) -> DayKind:
        """The kind of a date in the calendar.

        Raises:
            ClosedDay: the calendar does not reach that far.
        """
        try:
            return self.kinds[day]
        except KeyError:
            raise ClosedDay(field="/start", date=day.isoformat()) from None

    def opening(self, office: int, day: date) -> tuple[int, int] | None:
        """Opening and closing in minutes from midnight, or None on a closed day."""
        kind = self.kind_of(day)
        fitting = [
            hours
            for hours in self.hours
            if hours.office == office and hours.day_kind == kind and hours.valid_from <= day
        ]
        if not fitting:
            return None
        latest = max(fitting, key=lambda hours: hours.valid_from)
        if latest.opens is None or latest.closes is None:
            return None
        return _minutes(latest.opens), _minutes(latest.closes)


_READ = text("""
SELECT (SELECT coalesce(max(id), 0) FROM rules_revision),
       (SELECT max(version) FROM calendar),
       (SELECT json_agg(json_build_array(id, code, short_zh, short_en)) FROM office),
       (SELECT json_agg(json_build_array(id, office, code, kind, valid_from, valid_to,
            ARRAY(SELECT dock.id FROM dock WHERE dock.site = site.id AND in_use ORDER BY code)))
        FROM site),
       (SELECT json_agg(json_build_array(id, code, mode, minimum_crew, site_kinds,
            (SELECT json_agg(qualifications ORDER BY number) FROM seat WHERE type = t.id),
            (SELECT json_object_agg(goods_category, json_build_array(base_minutes, per_unit_minutes))
             FROM duration WHERE type = t.id)))
        FROM inspection_type AS t),
       (SELECT json_build_array(json_agg(origin), json_agg(destination), json_agg(minutes)) FROM travel),
       (SELECT json_agg(json_build_array(office, day_kind, valid_from, opens, closes)) FROM opening_hours),
       (SELECT json_agg(json_build_array(date, kind, published))
        FROM work_day WHERE calendar = (SELECT max(version) FROM calendar)),
       (SELECT json_agg(json_build_array(name, office, valid_from, document) ORDER BY id) FROM policy),
       (SELECT json_agg(json_build_array(id, office, direction, hs_prefix, goods_category, priority, answer,
            valid_from, valid_to, source)) FROM priority_rule)
""")


def read_reference(session: Session) -> Reference:
    """Read the district at its latest rules version: one statement."""
    row = session.execute(_READ).one()
    kinds = row[7] or []
    return Reference(
        version=row[0],
        calendar_version=row[1] or 0,
        offices={o[0]: OfficeFacts(*o) for o in row[2] or []},
        sites={s[0]: _site(s) for s in row[3] or []},
        types={t[0]: _type(t) for t in row[4] or []},
        travel=_ways(*row[5]),
        hours=[_hours(h) for h in row[6] or []],
        kinds={date.fromisoformat(day): DayKind(kind) for day, kind, _ in kinds},
        published={date.fromisoformat(day): published for day, _, published in kinds},
        documents=[
            (name, office, date.fromisoformat(since), doc) for name, office, since, doc in row[8] or []
        ],
        priority_rules=[_priority_rule(r) for r in row[9] or []],
    )


def _ways(origins: list[int] | None, destinations: list[int] | None, minutes: list[int] | None) -> Ways:
    """Three columns instead of thousands of rows: a district has a way for every two of its sites."""
    return Ways(dict(zip(zip(origins or (), destinations or (), strict=True), minutes or (), strict=True)))


def _site(row: list[object]) -> SiteFacts:
    id_, office, code, kind, since, until, docks = row
    return SiteFacts(
        id=int(str(id_)),
        office=int(str(office)),
        code=str(code),
        kind=SiteKind(str(kind)),
        valid_from=_date(since),
        valid_to=_date(until),
        docks=tuple(docks) if isinstance(docks, list) else (),
    )


def _type(row: Sequence[object]) -> TypeFacts:
    id_, code, mode, minimum, kinds, seats, durations = row
    assert isinstance(kinds, list)  # noqa: S101 - the statement's own shape
    return TypeFacts(
        id=int(str(id_)),
        code=str(code),
        mode=Mode(str(mode)),
        minimum_crew=int(str(minimum)),
        site_kinds=frozenset(SiteKind(kind) for kind in kinds),
        seats=tuple(frozenset(seat) for seat in seats) if isinstance(seats, list) else (),
        durations={k: (v[0], v[1]) for k, v in durations.items()} if isinstance(durations, dict) else {},
    )


def _hours(row: Sequence[str | int | None]) -> Hours:
    office, kind, since, opens, closes = row
    return Hours(
        office=int(str(office)),
        day_kind=DayKind(str(kind)),
        valid_from=date.fromisoformat(str(since)),
        opens=None if opens is None else time.fromisoformat(str(opens)),
        closes=None if closes is None else time.fromisoformat(str(closes)),
    )


def _priority_rule(row: Sequence[str | int | None]) -> PriorityRule:
    id_, office, direction, prefix, category, priority, answer, since, until, source = row
    return PriorityRule(
        id=int(str(id_)),
        office=None if office is None else int(office),
        direction=None if direction is None else Direction(str(direction)),
        hs_prefix=str(prefix),
        goods_category=None if category is None else GoodsCategory(str(category)),
        priority=Priority(str(priority)),
        answer=PriorityAnswer(str(answer)),
        valid_from=date.fromisoformat(str(since)),
        valid_to=_date(until),
        source=str(source),
    )


def _date(value: object) -> date | None:
    return None if value is None else date.fromisoformat(str(value))


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute
