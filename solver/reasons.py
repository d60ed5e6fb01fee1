"""Every code that the solver answers with; their texts in Chinese and English live elsewhere."""

from typing import Final

# Rules of `check`: what is wrong with a plan.
UNKNOWN_JOB: Final = "unknown_job"
UNKNOWN_DUTY: Final = "unknown_duty"
UNASSIGNED: Final = "unassigned"
SEATS_FILLED: Final = "seats_filled"
SAME_INSPECTOR: Final = "same_inspector"
MINIMUM_CREW: Final = "minimum_crew"
QUALIFICATION: Final = "qualification"
EXCLUDED: Final = "excluded"  # also a reason of insertion
OUTSIDE_DUTY: Final = "outside_duty"
TRAVEL: Final = "travel"
INSPECTOR_OVERLAP: Final = "inspector_overlap"
DUTIES_CLASH: Final = "duties_clash"
LUNCH: Final = "lunch"
DOCK_MISSING: Final = "dock_missing"
DOCK_NOT_NEEDED: Final = "dock_not_needed"
DOCK_OF_OTHER_SITE: Final = "dock_of_other_site"
DOCK_TWICE: Final = "dock_twice"
DOCK_CLOSED: Final = "dock_closed"
OFF_GRID: Final = "off_grid"  # also a reason of insertion
OUTSIDE_OPENING: Final = "outside_opening"  # also a reason of insertion
OFFICE_CLOSED: Final = "office_closed"  # also a reason of insertion
SITE_CLOSED: Final = "site_closed"  # also a reason of insertion
TOO_LATE_TO_FINISH: Final = "too_late_to_finish"  # also a reason of insertion
FROZEN: Final = "frozen"

# Reasons of insertion only: why a job has no place.
CREW_TOO_SMALL: Final = "crew_too_small"
NO_DOCK: Final = "no_dock"
NO_QUALIFIED_INSPECTOR: Final = "no_qualified_inspector"
CREW_BUSY: Final = "crew_busy"
UNDECIDED: Final = "undecided"

# Reasons of the oracle beside those of insertion.
NO_CREWING: Final = (
    "no_crewing"  # proved by search: no crewing of all promises of the day and this one exists
)
PLAN_BROKEN: Final = "plan_broken"  # the stored plan breaks a rule, so that nothing can be told from it

# Reasons of an explanation beside those of insertion and the oracle.
POSSIBLE: Final = "possible"  # nothing speaks against the start
OUT_OF_REACH: Final = "out_of_reach"  # nobody could come, eat and go home in time, even on an empty day

RULES: Final = frozenset(
    {
        UNKNOWN_JOB,
        UNKNOWN_DUTY,
        UNASSIGNED,
        SEATS_FILLED,
        SAME_INSPECTOR,
        MINIMUM_CREW,
        QUALIFICATION,
        EXCLUDED,
        OUTSIDE_DUTY,
        TRAVEL,
        INSPECTOR_OVERLAP,
        DUTIES_CLASH,
        LUNCH,
        DOCK_MISSING,
        DOCK_NOT_NEEDED,
        DOCK_OF_OTHER_SITE,
        DOCK_TWICE,
        DOCK_CLOSED,
        OFF_GRID,
        OUTSIDE_OPENING,
        OFFICE_CLOSED,
        SITE_CLOSED,
        TOO_LATE_TO_FINISH,
        FROZEN,
    }
)
"""The codes that `solver.check.check` can answer."""

NO_PLACE: Final = frozenset(
    {
        OFF_GRID,
        OUTSIDE_OPENING,
        OFFICE_CLOSED,
        SITE_CLOSED,
        TOO_LATE_TO_FINISH,
        CREW_TOO_SMALL,
        NO_DOCK,
        NO_QUALIFIED_INSPECTOR,
        EXCLUDED,
        CREW_BUSY,
        UNDECIDED,
    }
)
"""The codes that a `solver.insert.NoPlace` can carry."""

ORACLE: Final = frozenset({NO_CREWING, PLAN_BROKEN})
"""The codes that a `solver.oracle.Proof` can carry beside those of a `NoPlace`."""

EXPLANATION: Final = frozenset({POSSIBLE, OUT_OF_REACH})
"""The codes that a `solver.explain.Explanation` can carry beside those of a `NoPlace` and a `Proof`."""
