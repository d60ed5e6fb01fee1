"""Calls, visits, rosters, and days that are disturbed."""

from scheduler.errors.refusal import Conflict, Invalid, NotAllowed, NotFound


class CallNeeded(NotAllowed):
    """The desk acts only within an open call of its own."""


class CallBound(NotAllowed):
    """This call already speaks for another enterprise."""


class SignatureMissing(Invalid):
    """The record needs who signed it, or that signing was refused."""


class TooEarly(NotAllowed):
    """This can only be recorded later."""


class TimesOutOfOrder(Invalid):
    """The recorded times do not follow each other."""


class HurtsBookings(Conflict):
    """The change would leave bookings without a crew; their numbers are listed."""


class DutyOverlaps(Conflict):
    """The inspector already has a duty at that time."""


class DutyGapTooShort(Conflict):
    """Two duties leave less time between them than the way takes."""


class DutyOverMidnight(Invalid):
    """A duty lies within one local date; one over midnight is entered as two."""


class InspectorAbsent(Conflict):
    """The inspector is absent at that time."""


class UnknownReplan(NotFound):
    """No proposals have this number, or they are another office's."""


class ReplanOutdated(Conflict):
    """The day changed since the proposals were made; new ones are needed."""


class ReplanSettled(Conflict):
    """The proposals were applied or discarded already."""


class ConsentMissing(NotAllowed):
    """Urgent goods move a promise only with the word of whoever it was given to; the bookings are listed."""


class NotLater(Invalid):
    """The time named is not later than what is planned."""


class CrewCannotWait(Conflict):
    """No crew can begin at the later time; true times are offered."""
