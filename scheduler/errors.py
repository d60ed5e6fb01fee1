"""Everything a person can be told: one class a refusal, one stable code each.

The code is the class's name in snake case: renaming a class breaks its callers, so none is.

A refusal names the field it is about, carries plain values, and may carry the
alternatives that are still true. Texts in Chinese and English live in the doors
(`api/locale`), HTTP statuses only in `api.problems`. Anything that is not a Refusal is
a bug and should crash.

    Refusal
    ├── Invalid      what was sent is wrong in itself
    ├── NotAllowed   the rules do not let this person do it
    ├── NotFound     unknown, or foreign: they look alike
    ├── Conflict     true when asked, not true now
    └── Unavailable  try again later
"""

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


# --- identifiers and fields -----------------------------------------------------------


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


# --- what is not there ------------------------------------------------------------------


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


# --- rules of booking ------------------------------------------------------------------


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


# --- calls, visits, rosters -----------------------------------------------------------------


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


# --- disturbed days -------------------------------------------------------------------------


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


# --- doors -----------------------------------------------------------------------------------


class SignInNeeded(NotAllowed):
    """Nobody is signed in, or the sign-in has ended."""


class WrongCredentials(NotAllowed):
    """Name and password, or the code, do not fit."""


class TooManyTries(Unavailable):
    """Too many wrong tries from there; wait a while."""


class PasswordTooWeak(Invalid):
    """The password is shorter than twelve characters or too common."""


class LoginTaken(Conflict):
    """Another account has this name."""


class Forbidden(NotAllowed):
    """The role may not do this."""


class ForeignOrigin(NotAllowed):
    """A page of another site sent the request in the name of whoever is signed in here."""


class WrongMethod(Invalid):
    """The address exists but does not take this method."""


class StaleVersion(Conflict):
    """Somebody else changed it first; the version sent is no longer the latest."""


class VersionMissing(Invalid):
    """A change must name the version it is based on."""


class KeyReused(Invalid):
    """The idempotency key was used for another request."""


class KeyMissing(Invalid):
    """A request that creates something must carry an idempotency key."""


class KeyBusy(Unavailable):
    """The first request with this idempotency key is still running."""


class Busy(Unavailable):
    """The day is being changed by others; try again in a moment."""


class DatabaseDown(Unavailable):
    """The database does not answer."""
