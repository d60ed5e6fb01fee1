"""What is wrong in what was sent, and what is not there."""

from scheduler.errors.refusal import Invalid, NotFound


class WrongCheckDigit(Invalid):
    """The unified social credit code's check digit does not fit."""


class MalformedCode(Invalid):
    """An identifier does not have the form of its kind."""


class NotAMobile(Invalid):
    """The number cannot receive texts: it is no valid mobile number."""


class MalformedPhone(Invalid):
    """The number is neither a valid phone number nor a known short number."""


class DirectionMismatch(Invalid):
    """The declaration number says another direction than the instruction."""


class OffGrid(Invalid):
    """The time is not a quarter of an hour."""


class PastTime(Invalid):
    """The time has passed."""


class BeyondHorizon(Invalid):
    """The time is further away than bookings are taken."""


class WindowTooLong(Invalid):
    """The window asked for is longer than the limit."""


class NaiveTime(Invalid):
    """A time was sent without its offset from UTC."""


class TooManyRecipients(Invalid):
    """More recipients of texts than a booking may have."""


class AttendeeMissing(Invalid):
    """Nobody was named to attend the inspection."""


class UnknownField(Invalid):
    """A field that the request does not have was sent."""


class MalformedField(Invalid):
    """A field's value does not have the form it must have."""


class BodyTooLarge(Invalid):
    """The request's body is larger than the limit."""


class PageTooLarge(Invalid):
    """More rows were asked for than one page may hold."""


class UnknownOffice(NotFound):
    """No office has this code."""


class UnknownSite(NotFound):
    """No site of that office has this code."""


class UnknownRun(NotFound):
    """There is no kept search with this number."""


class UnknownBooking(NotFound):
    """No booking in the caller's scope has this number."""


class UnknownInstruction(NotFound):
    """No instruction in the caller's scope has this reference."""


class UnknownEnterprise(NotFound):
    """No enterprise in the caller's scope has this code."""


class UnknownInspector(NotFound):
    """No inspector in the caller's scope has this badge number."""


class UnknownDuty(NotFound):
    """No duty in the caller's scope has this number."""


class UnknownCall(NotFound):
    """No open call has this reference."""


class UnknownAccount(NotFound):
    """No account in the caller's scope has this name."""


class UnknownToken(NotFound):
    """No token in the caller's scope has this number."""


class UnknownAuthority(NotFound):
    """No authority in the caller's scope has this number."""


class UnknownPath(NotFound):
    """Nothing lives at this address."""
