"""Where a page ended: opaque to callers, the sort key of its last row to us."""

import base64
import binascii
import json
from datetime import datetime

from scheduler.errors import MalformedField
from scheduler.promise.reference import ZONE

LARGEST_KEY = 2**63 - 1


def encode_cursor(*parts: str | int) -> str:
    """The cursor that stands for a sort key."""
    plain = json.dumps(parts, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(plain).decode().rstrip("=")


def decode_cursor(cursor: str, *kinds: type[str] | type[int], field: str) -> list[str | int]:
    """The sort key of a cursor, one part of each kind.

    Raises:
        MalformedField: it is none of ours.
    """
    try:
        plain = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        parts = json.loads(plain)
    except (ValueError, binascii.Error):
        raise MalformedField(field=field) from None
    if not isinstance(parts, list) or [type(part) for part in parts] != list(kinds):
        raise MalformedField(field=field)
    if any(isinstance(part, int) and not 0 <= part <= LARGEST_KEY for part in parts):
        raise MalformedField(field=field)
    return parts


def local(instant: datetime | None) -> datetime | None:
    """An instant as people at the offices read it."""
    return None if instant is None else instant.astimezone(ZONE)
