"""What a violated constraint means to a person: constraint name -> refusal.

A name that is not listed is a bug and crashes. Rules are refused in words before the
database has to; these are the last defence, met only in a race.
"""

from sqlalchemy.exc import DBAPIError

from scheduler import errors

REFUSALS: dict[str, type[errors.Refusal]] = {
    "booking_instruction_taken_once": errors.InstructionTaken,
    "booking_dock_never_twice": errors.NoPlace,
    "booking_finished_in_time": errors.TooLateToFinish,
    "waitlist_entry_waits_once": errors.AlreadyWaiting,
    "crew_inspector_never_twice": errors.NoPlace,
    "duty_inspector_never_overlaps": errors.DutyOverlaps,
    "duty_leaves_travel": errors.DutyGapTooShort,
    "duty_never_during_absence": errors.InspectorAbsent,
    "duty_within_one_date": errors.DutyOverMidnight,
    "crew_names_duty": errors.HurtsBookings,
    "crew_within_duty": errors.HurtsBookings,
    "visit_opened_after_on_site": errors.TimesOutOfOrder,
    "visit_ended_after_opened": errors.TimesOutOfOrder,
    "booking_version_step": errors.StaleVersion,
    "event_one_a_version": errors.StaleVersion,
}


def refusal_of(error: DBAPIError) -> errors.Refusal | None:
    """The refusal that a database error stands for, or None where it is a bug."""
    refusal = REFUSALS.get(constraint_of(error))
    return None if refusal is None else refusal()


def constraint_of(error: DBAPIError) -> str:
    """The name of the constraint that was violated, empty where none was."""
    diagnostic = getattr(error.orig, "diag", None)
    return getattr(diagnostic, "constraint_name", None) or ""


def sqlstate_of(error: DBAPIError) -> str:
    """The five-letter SQLSTATE of a database error, empty when the connection was lost."""
    return getattr(error.orig, "sqlstate", None) or ""
