"""What every step of the state machine uses: the world, the model beside it, what is known by whom."""

from collections.abc import Callable
from datetime import datetime, time

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine
from sqlalchemy import text

from scheduler.database.idempotency import plainly
from scheduler.errors import Refusal
from tests.database.booking_model import Model, Row
from tests.database.machine_scene import CREWS, Scene
from tests.factories import NOW, TODAY, TUESDAY, ZONE

DAYS = (TODAY, TUESDAY)
STARTS = [datetime.combine(day, one, ZONE) for day in DAYS for one in (time(10, 30), time(10, 45), time(14))]

any_start = st.sampled_from(STARTS)
any_of = st.integers(0, 1000)
any_day = st.sampled_from(DAYS)
any_inspector = st.integers(0, 2 * CREWS - 1)


class Steps(RuleBasedStateMachine):
    """A copy of the district and the model of its bookings."""

    scene: Scene

    def __init__(self) -> None:
        super().__init__()
        self.world = self.scene.copy()
        self.model = Model(NOW)
        self.calm = True
        self.doing = {"database": self.world.database, "actor": self.scene.actor, "keep": plainly}

    def teardown(self) -> None:
        """Remove the example's database."""
        self.scene.drop(self.world)

    def displace(self, number: str) -> None:
        """Take over the times that are offered: at most three, chosen by the search."""
        self.model.displace(number)
        offers = {
            one: row
            for one, row in self.rows().items()
            if row.replaces == number and one not in self.model.rows
        }
        assert len(offers) <= 3
        assert all(row.state == "hold" for row in offers.values())
        self.model.rows.update(offers)

    def pick(self, pick: int, *states: str) -> str | None:
        """One of the bookings in these states, if there is one."""
        numbers = self.model.numbers(*states)
        return numbers[pick % len(numbers)] if numbers else None

    def new_rows(self) -> dict[str, Row]:
        """What the database has and the model does not know yet: holds."""
        found = {one: row for one, row in self.rows().items() if one not in self.model.rows}
        assert all(row.state == "hold" for row in found.values())
        return found

    def rows(self) -> dict[str, Row]:
        """All bookings as the database has them."""
        asked = """
            SELECT b.reference, b.state, b.version, b.planned_start, NULL, b.expires_at, other.reference
            FROM booking AS b LEFT JOIN booking AS other ON other.id = b.replaces ORDER BY b.id
        """
        with self.world.database.snapshot() as session:
            return {row[0]: Row(*row[1:]) for row in session.execute(text(asked))}


def ask(act: Callable[[], object]) -> object:
    """The answer of a use case, or its refusal."""
    try:
        return act()
    except Refusal as refusal:
        return refusal
