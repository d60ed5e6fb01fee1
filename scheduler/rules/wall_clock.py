"""Times of day as people say them: the offices' wall clock, without a zone."""

from datetime import time
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema


def _require_local(clock: time) -> time:
    """Refuse an offset: it would be dropped, and the time silently be another one."""
    if clock.tzinfo is not None:
        message = "a time of day carries no offset: it is the offices' own"
        raise ValueError(message)
    return clock


WallClock = Annotated[
    time,
    AfterValidator(_require_local),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$",
            "description": "Time of day on the offices' clock, without an offset.",
            "examples": ["08:30"],
        }
    ),
]
"""JSON Schema's own format `time` demands an offset, so the form is said by a pattern."""
