"""The rules of booking, and what the promise refuses."""

from scheduler.errors.refusal import Conflict, Invalid, NotAllowed


class InstructionMissing(NotAllowed):
    """Only goods with an open inspection instruction can be booked."""


class InstructionNotOpen(NotAllowed):
    """The instruction was withdrawn."""


class AlreadyInspected(NotAllowed):
    """The goods of this instruction were inspected; a follow-up has a reference of its own."""


class InstructionTaken(Conflict):
    """The instruction already has a booking."""


class InstructionsDiffer(NotAllowed):
    """The instructions of one visit must share enterprise, office, site and type."""


class NoVisitNeeded(NotAllowed):
    """The third-party result is accepted; no visit is booked."""


class FilingNumberMissing(NotAllowed):
    """High-tech monitored goods need their filing number."""


class ApprovalMissing(NotAllowed):
    """Special articles need their approval number and risk level."""


class SiteKindUnfit(NotAllowed):
    """Goods of this mode are not inspected at a site of this kind."""


class SiteNotOpenYet(NotAllowed):
    """The site does not exist on that date."""


class NoAuthority(NotAllowed):
    """The broker has no valid authority to act for that enterprise."""


class CreditExcluded(NotAllowed):
    """The enterprise's credit level excludes this kind of appointment."""


class TooShortNotice(NotAllowed):
    """The appointment was asked for later than its lead time allows."""


class CapReached(NotAllowed):
    """The enterprise has as many open bookings as its credit level allows."""


class ClosedDay(NotAllowed):
    """The office is closed at that time."""


class TooLateToFinish(NotAllowed):
    """The goods could not be finished by the time they must be finished."""


class TooLateToChange(NotAllowed):
    """The booking can no longer be changed in this way."""


class WrongState(Conflict):
    """The booking's state does not allow this."""


class HoldExpired(Conflict):
    """The held time was released before it was confirmed."""


class NoPlace(Conflict):
    """No complete crew can keep that time together with all other promises."""


class KeptForPriority(Conflict):
    """What is left of that day is kept for fresh and live goods for now."""


class UnqualifiedDay(NotAllowed):
    """Nobody who may inspect these goods is on duty on that day."""


class NeedsOfficeWord(NotAllowed):
    """The office has to answer this one: it cannot be held, only asked for as a booking."""


class ReasonMissing(Invalid):
    """A reason is needed for this."""
