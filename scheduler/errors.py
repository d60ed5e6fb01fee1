"""Everything a person can be told: one class a refusal, one stable code each.

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

    def __init__(
        self, *, field: str | None = None, alternatives: Sequence[datetime] = (), **values: Plain
    ) -> None:
        self.field = field
        self.values = values
        self.alternatives = tuple(alternatives)
        super().__init__(self.code, field, values)


class Invalid(Refusal):
    """What was sent is wrong in itself."""

    code = "invalid"


class NotAllowed(Refusal):
    """The rules do not let this person do it."""

    code = "not_allowed"


class NotFound(Refusal):
    """Unknown, or outside the caller's scope: the two look alike."""

    code = "not_found"


class Conflict(Refusal):
    """It was true when it was asked and is not true now."""

    code = "conflict"


class Unavailable(Refusal):
    """The service cannot answer at this moment."""

    code = "unavailable"


# --- identifiers and fields -----------------------------------------------------------


class WrongCheckDigit(Invalid):
    """The unified social credit code's check digit does not fit."""

    code = "wrong_check_digit"


class MalformedCode(Invalid):
    """An identifier does not have the form of its kind."""

    code = "malformed_code"


class NotAMobile(Invalid):
    """The number cannot receive texts: it is no valid mobile number."""

    code = "not_a_mobile"


class MalformedPhone(Invalid):
    """The number is neither a valid phone number nor a known short number."""

    code = "malformed_phone"


class DirectionMismatch(Invalid):
    """The declaration number says another direction than the instruction."""

    code = "direction_mismatch"


class OffGrid(Invalid):
    """The time is not a quarter of an hour."""

    code = "off_grid"


class PastTime(Invalid):
    """The time has passed."""

    code = "past_time"


class BeyondHorizon(Invalid):
    """The time is further away than bookings are taken."""

    code = "beyond_horizon"


class WindowTooLong(Invalid):
    """The window asked for is longer than the limit."""

    code = "window_too_long"


class NaiveTime(Invalid):
    """A time was sent without its offset from UTC."""

    code = "naive_time"


class TooManyRecipients(Invalid):
    """More recipients of texts than a booking may have."""

    code = "too_many_recipients"


class AttendeeMissing(Invalid):
    """Nobody was named to attend the inspection."""

    code = "attendee_missing"


class UnknownField(Invalid):
    """A field that the request does not have was sent."""

    code = "unknown_field"


class MalformedField(Invalid):
    """A field's value does not have the form it must have."""

    code = "malformed_field"


class BodyTooLarge(Invalid):
    """The request's body is larger than the limit."""

    code = "body_too_large"


class PageTooLarge(Invalid):
    """More rows were asked for than one page may hold."""

    code = "page_too_large"


# --- what is not there ------------------------------------------------------------------


class UnknownOffice(NotFound):
    """No office has this code."""

    code = "unknown_office"


class UnknownSite(NotFound):
    """No site of that office has this code."""

    code = "unknown_site"


class UnknownBooking(NotFound):
    """No booking in the caller's scope has this number."""

    code = "unknown_booking"


class UnknownInstruction(NotFound):
    """No instruction in the caller's scope has this reference."""

    code = "unknown_instruction"


class UnknownEnterprise(NotFound):
    """No enterprise in the caller's scope has this code."""

    code = "unknown_enterprise"


class UnknownInspector(NotFound):
    """No inspector in the caller's scope has this badge number."""

    code = "unknown_inspector"


class UnknownDuty(NotFound):
    """No duty in the caller's scope has this number."""

    code = "unknown_duty"


class UnknownCall(NotFound):
    """No open call has this reference."""

    code = "unknown_call"


class UnknownPath(NotFound):
    """Nothing lives at this address."""

    code = "unknown_path"


# --- rules of booking ------------------------------------------------------------------


class InstructionMissing(NotAllowed):
    """Only goods with an open inspection instruction can be booked."""

    code = "instruction_missing"


class InstructionNotOpen(NotAllowed):
    """The instruction was withdrawn."""

    code = "instruction_not_open"


class InstructionTaken(Conflict):
    """The instruction already has a booking."""

    code = "instruction_taken"


class InstructionsDiffer(NotAllowed):
    """The instructions of one visit must share enterprise, office, site and type."""

    code = "instructions_differ"


class NoVisitNeeded(NotAllowed):
    """The third-party result is accepted; no visit is booked."""

    code = "no_visit_needed"


class FilingNumberMissing(NotAllowed):
    """High-tech monitored goods need their filing number."""

    code = "filing_number_missing"


class ApprovalMissing(NotAllowed):
    """Special articles need their approval number and risk level."""

    code = "approval_missing"


class SiteKindUnfit(NotAllowed):
    """Goods of this mode are not inspected at a site of this kind."""

    code = "site_kind_unfit"


class SiteNotOpenYet(NotAllowed):
    """The site does not exist on that date."""

    code = "site_not_open"


class NoAuthority(NotAllowed):
    """The broker has no valid authority to act for that enterprise."""

    code = "no_authority"


class CreditExcluded(NotAllowed):
    """The enterprise's credit level excludes this kind of appointment."""

    code = "credit_excluded"


class TooShortNotice(NotAllowed):
    """The appointment was asked for later than its lead time allows."""

    code = "too_short_notice"


class CapReached(NotAllowed):
    """The enterprise has as many open bookings as its credit level allows."""

    code = "cap_reached"


class ClosedDay(NotAllowed):
    """The office is closed at that time."""

    code = "closed_day"


class TooLateToFinish(NotAllowed):
    """The goods could not be finished by the time they must be finished."""

    code = "too_late_to_finish"


class TooLateToChange(NotAllowed):
    """The booking can no longer be changed in this way."""

    code = "too_late_to_change"


class WrongState(Conflict):
    """The booking's state does not allow this."""

    code = "wrong_state"


class HoldExpired(Conflict):
    """The held time was released before it was confirmed."""

    code = "hold_expired"


class NoPlace(Conflict):
    """No complete crew can keep that time together with all other promises."""

    code = "no_place"


class UnqualifiedDay(NotAllowed):
    """Nobody who may inspect these goods is on duty on that day."""

    code = "unqualified_day"


class ReasonMissing(Invalid):
    """A reason is needed for this."""

    code = "reason_missing"


# --- calls, visits, rosters -----------------------------------------------------------------


class CallNeeded(NotAllowed):
    """The desk acts only within an open call of its own."""

    code = "call_needed"


class CallBound(NotAllowed):
    """This call already speaks for another enterprise."""

    code = "call_bound"


class TooEarly(NotAllowed):
    """This can only be recorded later."""

    code = "too_early"


class TimesOutOfOrder(Invalid):
    """The recorded times do not follow each other."""

    code = "times_out_of_order"


class HurtsBookings(Conflict):
    """The change would leave bookings without a crew; their numbers are listed."""

    code = "hurts_bookings"


class DutyOverlaps(Conflict):
    """The inspector already has a duty at that time."""

    code = "duty_overlaps"


class DutyGapTooShort(Conflict):
    """Two duties leave less time between them than the way takes."""

    code = "duty_gap_too_short"


class DutyOverMidnight(Invalid):
    """A duty lies within one local date; one over midnight is entered as two."""

    code = "duty_over_midnight"


class InspectorAbsent(Conflict):
    """The inspector is absent at that time."""

    code = "inspector_absent"


# --- doors -----------------------------------------------------------------------------------


class SignInNeeded(NotAllowed):
    """Nobody is signed in, or the sign-in has ended."""

    code = "sign_in_needed"


class WrongCredentials(NotAllowed):
    """Name and password, or the code, do not fit."""

    code = "wrong_credentials"


class TooManyTries(Unavailable):
    """Too many wrong tries from there; wait a while."""

    code = "too_many_tries"


class PasswordTooWeak(Invalid):
    """The password is shorter than twelve characters or too common."""

    code = "password_too_weak"


class Forbidden(NotAllowed):
    """The role may not do this."""

    code = "forbidden"


class StaleVersion(Conflict):
    """Somebody else changed it first; the version sent is no longer the latest."""

    code = "stale_version"


class VersionMissing(Invalid):
    """A change must name the version it is based on."""

    code = "version_missing"


class KeyReused(Invalid):
    """The idempotency key was used for another request."""

    code = "key_reused"


class KeyMissing(Invalid):
    """A request that creates something must carry an idempotency key."""

    code = "key_missing"


class KeyBusy(Unavailable):
    """The first request with this idempotency key is still running."""

    code = "key_busy"


class Busy(Unavailable):
    """The day is being changed by others; try again in a moment."""

    code = "busy"


class DatabaseDown(Unavailable):
    """The database does not answer."""

    code = "database_down"
