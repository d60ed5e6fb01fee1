"""Waiting for something earlier, and many bookings at once."""

from scheduler.errors.refusal import Conflict, NotAllowed, NotFound


class WaitlistClosed(NotAllowed):
    """The office offers no earlier times."""


class AlreadyWaiting(Conflict):
    """The booking waits for an earlier time already."""


class NotWaiting(NotFound):
    """The booking waits for no earlier time."""


class NothingEarlier(NotAllowed):
    """The window holds no time that is earlier than the promise by as much as the office's policy asks."""


class NoOffer(Conflict):
    """No earlier time is held for the booking at this moment."""


class UnknownBatch(NotFound):
    """No batch in the caller's scope has this number."""


class BatchAnswered(Conflict):
    """The batch was answered already."""


class BatchItemsLost(Conflict):
    """Times of the batch are held no more; nothing was confirmed, and `items` say which and why."""
