"""What the authorisation matrix asks about: things by kind and owner, and when it asks."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import text

from scheduler.vocabulary import Role
from tests.factories import TUESDAY, World, at, work_days

OWNERS = ("own", "represented", "foreign")
EVENING = at(TUESDAY, 18)
"""When the matrix asks: Tuesday's visits are over, holds of this minute still stand."""

THURSDAY, FRIDAY = TUESDAY + timedelta(days=2), TUESDAY + timedelta(days=3)
LAST_DAY = work_days(10)[-1]
"""Nothing is booked on it."""

PASSWORD = "example pass phrase 5+2"  # noqa: S105 - of an example account in a test's database
CODE = "123456"
CALL = "C12345678"
YEAR_END = at(date(2026, 12, 31), 12)


@dataclass(frozen=True)
class Thing:
    """Something that requests name, and the facts by which scope words are judged."""

    kind: str
    owner: str
    name: str
    parties: frozenset[str] = frozenset()
    """Owners to whom scope `own` gives it, and scope `call` when one of them calls."""
    office: str | None = None
    mine: frozenset[Role] = frozenset()
    """Roles whose actor it belongs to in person."""
    version: int = 1
    marks: frozenset[str] = frozenset()
    """Texts that only this thing's readers may be told."""


@dataclass
class Scene:
    """The district as it was written: things by kind and owner, secrets by role."""

    world: World
    things: dict[tuple[str, str], Thing] = field(default_factory=dict)
    enterprises: dict[str, int] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    staff: dict[str, int] = field(default_factory=dict)
    logins: dict[str, str] = field(default_factory=dict)

    def keep(self, thing: Thing) -> None:
        """Remember a thing."""
        self.things[thing.kind, thing.owner] = thing

    def run(self, statement: str, **values: object) -> list[tuple[object, ...]]:
        """Run one statement of the test's own and return its rows."""
        with self.world.database.transaction() as session:
            found = session.execute(text(statement), values)
            return [tuple(row) for row in found] if found.returns_rows else []


OFFICE_OF = {"own": "north", "represented": "north", "foreign": "south"}
SITE_OF = {"own": "yard", "represented": "yard", "foreign": "pier"}
PARTIES = {
    "own": frozenset({"own"}),
    "represented": frozenset({"own", "represented"}),
    "foreign": frozenset({"foreign"}),
}
