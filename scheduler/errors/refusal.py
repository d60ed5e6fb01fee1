"""What every refusal is: a code, the field it is about, plain values, alternatives that are still true."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

Plain = str | int | bool | None | datetime | Sequence["Plain"] | dict[str, "Plain"]


class Refusal(Exception):  # noqa: N818 - the domain's word is refusal, not error
    """The request was understood and refused; nothing was written.

    Attributes:
        code: stable identifier of the problem type.
        field: JSON pointer of the field it is about, or None.
        values: plain values for the text, by name.
        alternatives: true start times near the one asked for (UTC), possibly empty.
    """

    code: ClassVar[str] = "refusal"

    def __init_subclass__(cls) -> None:
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def __init__(
        self, *, field: str | None = None, alternatives: Sequence[datetime] = (), **values: Plain
    ) -> None:
        self.field = field
        self.values = values
        self.alternatives = tuple(alternatives)
        super().__init__(self.code, field, values)


class Invalid(Refusal):
    """What was sent is wrong in itself."""


class NotAllowed(Refusal):
    """The rules do not let this person do it."""


class NotFound(Refusal):
    """Unknown, or outside the caller's scope: the two look alike."""


class Conflict(Refusal):
    """It was true when it was asked and is not true now."""


class Unavailable(Refusal):
    """The service cannot answer at this moment."""
