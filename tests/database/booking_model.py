"""What must be true of bookings after each step: a pure model, without crews, rows or clocks."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

OPEN = {"hold", "confirmed", "in_progress", "displaced"}
LASTS = timedelta(minutes=30)
HELD = timedelta(minutes=5)


@dataclass(frozen=True)
class Row:
    """One booking as its people know it."""

    state: str
    version: int
    start: datetime | None
    instruction: str | None = None
    expires: datetime | None = None
    replaces: str | None = None

    def next(self, state: str, **changes: object) -> "Row":
        """The next version."""
        return replace(self, state=state, version=self.version + 1, **changes)


@dataclass
class Model:
    """All bookings by number, and what time it is."""

    now: datetime
    rows: dict[str, Row] = field(default_factory=dict)

    def numbers(self, *states: str) -> list[str]:
        """The numbers of bookings in these states, in the order in which they were made."""
        return [number for number, row in self.rows.items() if row.state in states]

    def is_free(self, instruction: str) -> bool:
        """Whether no open booking and no finished visit has the instruction."""
        taken = OPEN | {"done"}
        return all(row.instruction != instruction or row.state not in taken for row in self.rows.values())

    def lapsed(self) -> Iterator[str]:
        """Holds whose time is over and that a write may expire."""
        for number, row in self.rows.items():
            if row.state == "hold" and row.expires is not None and row.expires <= self.now:
                yield number

    def at_once(self, start: datetime) -> int:
        """How many live bookings there are at the moment of a start."""
        live = {"hold", "confirmed", "in_progress"}
        return sum(
            row.state in live and row.start < start + LASTS and start < row.start + LASTS
            for row in self.rows.values()
        )

    def running_at(self, moment: datetime) -> int:
        """How many live bookings are going on at a moment."""
        live = {"hold", "confirmed", "in_progress"}
        return sum(
            row.state in live and row.start <= moment < row.start + LASTS for row in self.rows.values()
        )

    def book(self, number: str, instruction: str, start: datetime) -> None:
        """Confirmed at once."""
        self.rows[number] = Row("confirmed", 1, start, instruction)

    def hold(
        self, number: str, instruction: str | None, start: datetime, replaces: str | None = None
    ) -> None:
        """Held for five minutes."""
        self.rows[number] = Row("hold", 1, start, instruction, self.now + HELD, replaces)

    def turn_down(self, number: str) -> None:
        """Asked for and cancelled, without ever having had a time."""
        self.rows[number] = Row("cancelled", 2, None)

    def has_begun(self, number: str) -> bool:
        """Whether a hold is for a booking whose visit has begun: it no longer moves."""
        replaced = self.rows[number].replaces
        return replaced is not None and self.rows[replaced].state not in {"confirmed", "displaced"}

    def confirm(self, number: str) -> None:
        """The hold is the promise, or hands its time to the booking that it replaces."""
        held = self.rows[number]
        if held.replaces is None:
            self.rows[number] = held.next("confirmed", expires=None)
        else:
            self.move(held.replaces, held.start)

    def move(self, number: str, start: datetime) -> None:
        """A new time; times held beside it are given back."""
        self.rows[number] = self.rows[number].next("confirmed", start=start)
        self.release(number)

    def end(self, number: str) -> None:
        """Cancelled, with the times held beside it."""
        self.rows[number] = self.rows[number].next("cancelled")
        self.release(number)

    def release(self, number: str) -> None:
        """Give back the times held beside a booking."""
        for other in self.held_for(number):
            self.rows[other] = self.rows[other].next("cancelled")

    def held_for(self, number: str) -> list[str]:
        """The holds that would replace a booking."""
        return [one for one in self.numbers("hold") if self.rows[one].replaces == number]

    def expire(self, numbers: Iterable[str]) -> None:
        """The holds' time is over."""
        for number in list(numbers):
            self.rows[number] = self.rows[number].next("expired")

    def displace(self, number: str) -> None:
        """A promise is lost; a mere hold is given up."""
        held = self.rows[number].state == "hold"
        self.rows[number] = self.rows[number].next("cancelled" if held else "displaced")

    def delay(self, number: str, start: datetime) -> None:
        """A later start is said; times held beside it stay."""
        self.rows[number] = self.rows[number].next("confirmed", start=start)

    def step(self, number: str, state: str) -> None:
        """A next version in a state."""
        self.rows[number] = self.rows[number].next(state)
