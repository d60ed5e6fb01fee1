"""What doors ask of booking: frozen requests, checked before anything is read."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from scheduler.vocabulary import FinishKind, ReferenceKind

_YEARS = range(2000, 2101)


def _thinkable(instant: datetime) -> datetime:
    if instant.year not in _YEARS:
        raise ValueError("a time of this century")
    return instant


Instant = Annotated[AwareDatetime, AfterValidator(_thinkable)]
"""An aware time that every zone and the database can express."""

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
Why = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]


class Request(BaseModel):
    """Base of requests: frozen, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class InstructionRef(Request):
    """An instruction by the reference that people know it by."""

    kind: ReferenceKind = ReferenceKind.DECLARATION
    reference: Code


class RecipientOrder(Request):
    """Somebody who gets the texts of the booking."""

    name: Name
    mobile: Code
    language: Annotated[str, Field(pattern="^(zh_CN|en)$")] = "zh_CN"


class Awaited(Request):
    """What is known of goods whose instruction has not arrived yet."""

    office: Code
    site: Code
    type: Code
    goods_category: Code
    represented: Code


class Order(Request):
    """A booking that is asked for: exact (`start`) or flexible (`wished_from`, `wished_to`)."""

    instructions: tuple[InstructionRef, ...] = Field(min_length=1, max_length=20)
    start: Instant | None = None
    wished_from: Instant | None = None
    wished_to: Instant | None = None
    office: Code | None = None
    site: Code | None = None
    attendee: Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)] = ""
    recipients: tuple[RecipientOrder, ...] = ()
    apply_for_priority: bool = False
    must_finish_by: Instant | None = None
    must_finish_kind: FinishKind | None = None
    awaited: Awaited | None = None

    @model_validator(mode="after")
    def _one_kind_of_time(self) -> Self:
        if (self.start is None) == (self.wished_from is None):
            raise ValueError("give either start, or wished_from and wished_to")
        if (self.wished_from is None) != (self.wished_to is None):
            raise ValueError("wished_from and wished_to go together")
        if self.wished_from and self.wished_to and self.wished_from >= self.wished_to:
            raise ValueError("wished_to must be later than wished_from")
        return self

    @property
    def window(self) -> tuple[datetime, datetime]:
        """The wished window; an exact start is a window of no length."""
        if self.start is not None:
            return self.start, self.start
        assert self.wished_from is not None  # noqa: S101 - the validator's promise
        assert self.wished_to is not None  # noqa: S101 - the validator's promise
        return self.wished_from, self.wished_to


class Details(Request):
    """What a held time still needs when it is confirmed."""

    attendee: Name | None = None
    recipients: tuple[RecipientOrder, ...] | None = None
    apply_for_priority: bool = False
