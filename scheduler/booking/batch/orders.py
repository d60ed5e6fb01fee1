"""What a batch asks for, and how its party answers; validated, frozen, with no unknown fields."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from scheduler.booking.orders import Details, Instant, InstructionRef, Name, Order, RecipientOrder, Request

MOST: int = 100
"""Instructions of one batch."""


class BatchOrder(Request):
    """Any start within the window for each of these instructions, as many and as early as can be together."""

    instructions: tuple[InstructionRef, ...] = Field(min_length=1, max_length=MOST)
    wished_from: Instant
    wished_to: Instant
    apply_for_priority: bool = False

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.wished_from >= self.wished_to:
            raise ValueError("wished_to must be later than wished_from")
        return self

    def of_one(self, place: int, start: datetime | None = None) -> Order:
        """The order of one of the instructions, at a start or at any within the window."""
        window = {"start": start}
        if start is None:
            window = {"wished_from": self.wished_from, "wished_to": self.wished_to}
        return Order(
            instructions=(self.instructions[place],), apply_for_priority=self.apply_for_priority, **window
        )


class BatchAnswer(Request):
    """Which of the held times are taken, by booking number; all others are given back."""

    accepted: tuple[Annotated[str, StringConstraints(max_length=60)], ...] = Field(max_length=MOST)
    attendee: Name | None = None
    recipients: tuple[RecipientOrder, ...] | None = None

    @property
    def details(self) -> Details:
        """What each of the bookings still needs."""
        return Details(attendee=self.attendee, recipients=self.recipients)
