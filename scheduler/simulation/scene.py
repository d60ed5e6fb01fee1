"""The simulated district as its people see it: goods waiting, working days, offices, and who is who."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from sqlalchemy import text

from scheduler.database.connection import Database
from scheduler.promise.boards import boards_of
from scheduler.promise.reference import ZONE, Reference
from scheduler.simulation.agenda import Agenda
from scheduler.simulation.tally import Tally
from scheduler.vocabulary import WORKDAY_KINDS, CreditLevel, Mode, ReferenceKind, SiteKind

_GOODS = """
SELECT i.kind, i.reference, i.represented, i.declarant, i.office, s.code AS site, s.kind AS site_kind,
    t.code AS type, t.mode, i.goods_category AS category, i.direction, i.hs_code, i.units, i.must_finish_by,
    coalesce((SELECT level FROM enterprise_credit AS c WHERE c.enterprise = i.represented
              AND c.valid_from <= :day AND (c.valid_to IS NULL OR c.valid_to > :day)
              ORDER BY c.valid_from DESC LIMIT 1), 'regular') AS credit
FROM instruction AS i JOIN site AS s ON s.id = i.site JOIN inspection_type AS t ON t.id = i.type
WHERE i.state IN ('open', 'changed')
"""

NEVER_BOOKED = """i.follows IS NULL
  AND NOT EXISTS (SELECT FROM booking_instruction AS b WHERE b.instruction = i.id)
"""


@dataclass(frozen=True, slots=True)
class Goods:
    """Instructed goods that have no booking yet; the office by id, the rest by the words people use."""

    kind: ReferenceKind
    reference: str
    represented: int
    declarant: int | None
    office: int
    site: str
    site_kind: str
    type: str
    mode: Mode
    category: str
    direction: str | None
    hs_code: str | None
    units: int
    must_finish_by: datetime | None
    credit: CreditLevel

    @property
    def needs_visit(self) -> bool:
        """Whether goods of this mode are inspected on site at all."""
        return self.mode is not Mode.RESULT_ACCEPTED

    @property
    def needs_papers(self) -> bool:
        """Whether only the instruction itself can name what a booking of these goods needs."""
        off_site = self.site_kind == SiteKind.ENTERPRISE_PREMISES
        return off_site or self.mode in {Mode.HIGH_TECH, Mode.SPECIAL_ARTICLES}


@dataclass(slots=True)
class Scene:
    """One run: the eve on which booking begins, the working day itself, its people and its chance."""

    database: Database
    random: Random
    eve: date
    day: date
    agenda: Agenda = field(default_factory=Agenda)
    tally: Tally = field(default_factory=Tally)
    goods: list[Goods] = field(default_factory=list)
    accounts: dict[str, int] = field(default_factory=dict)
    visited: set[str] = field(default_factory=set)
    fates: list[str] = field(default_factory=list)
    visited_once: bool = False
    overtime: set[tuple[int, date]] = field(default_factory=set)
    serial: int = 0

    def facts(self) -> Reference:
        """The district's facts as they are now."""
        with self.database.snapshot() as session:
            return boards_of(self.database).latest(session)

    def ask(self, question: str, **values: Any) -> list[Any]:  # rows of as many shapes as questions
        """The rows of a question to the database, columns by name."""
        with self.database.snapshot() as session:
            return list(session.execute(text(question), values))

    def read(self, condition: str, **values: Any) -> list[Goods]:  # values of as many kinds as conditions
        """The goods of open instructions that fulfil a condition."""
        question = f"{_GOODS} AND {condition} ORDER BY i.id"
        return [_goods(row._asdict()) for row in self.ask(question, day=self.day, **values)]

    def next(self) -> int:
        """A number that this run has not used."""
        self.serial += 1
        return self.serial

    def take(self, fits: Callable[[Goods], bool] = lambda _: True) -> Goods | None:
        """Goods at random that fit, taken off the list; None when there are none."""
        left = [place for place, goods in enumerate(self.goods) if fits(goods)]
        return self.goods.pop(self.random.choice(left)) if left else None

    def bookable(self, now: datetime) -> Callable[[Goods], bool]:
        """Goods that an honest request can be about: inspected on site, and not too urgent for any time."""
        soon = now + timedelta(days=2)
        return lambda goods: (
            goods.needs_visit and (goods.must_finish_by is None or goods.must_finish_by > soon)
        )


def _goods(row: dict[str, Any]) -> Goods:  # a row's columns have the tables' types
    words = {"kind": ReferenceKind(row["kind"]), "mode": Mode(row["mode"])}
    return Goods(**{**row, **words, "credit": CreditLevel(row["credit"])})


def work_days_from(facts: Reference, first: date, count: int) -> list[date]:
    """The first working days from a date on, that date included."""
    return _days(facts, first, count, works=True)


def rest_days_from(facts: Reference, first: date, count: int) -> list[date]:
    """The first weekend days and holidays from a date on."""
    return _days(facts, first, count, works=False)


def _days(facts: Reference, first: date, count: int, *, works: bool) -> list[date]:
    found: list[date] = []
    day = first
    while len(found) < count:
        if (facts.kind_of(day) in WORKDAY_KINDS) is works:
            found.append(day)
        day += timedelta(days=1)
    return found


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """An instant by the offices' wall clock."""
    return datetime.combine(day, time(hour, minute), tzinfo=ZONE)


def deal(random: Random, cards: Sequence[tuple[str, int]], count: int) -> list[str]:
    """So many cards of a shuffled deck: each kind comes in its share, and early, whatever the chance."""
    one = [name for name, copies in cards for _ in range(copies)]
    dealt: list[str] = []
    while len(dealt) < count:
        dealt += random.sample(one, len(one))
    return dealt[:count]
