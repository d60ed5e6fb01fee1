"""Why a text was not simply sent: codes of our own, beside those of notifications.gateway.Reason.

A message row keeps `code` or `code: detail`; the words for people live in the doors.
"""

from enum import StrEnum


class TextReason(StrEnum):
    """What our side knows about a text that waits, stopped or is in doubt."""

    BOOKING_CHANGED = "booking_changed"
    NO_LONGER_USEFUL = "no_longer_useful"
    NO_TIMES_KEPT = "no_times_kept"
    TEXT_NOT_MADE = "text_not_made"
    PROVIDER_BUSY = "provider_busy"
    PROVIDER_UNREACHABLE = "provider_unreachable"
    NO_CLEAR_ANSWER = "no_clear_answer"
    WORKER_LOST = "worker_lost"
