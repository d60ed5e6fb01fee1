"""The mistakes in the order in which they are made."""

from collections.abc import Callable, Sequence
from datetime import datetime

from scheduler.simulation.mistakes import acts, orders
from scheduler.simulation.scene import Scene

Mistake = Callable[[Scene, datetime], None]

MISTAKES: Sequence[Mistake] = (
    orders.an_unknown_reference,
    orders.off_the_grid,
    orders.already_booked,
    acts.a_stale_version,
    orders.no_visit_is_needed,
    orders.a_landline,
    orders.one_key_for_two,
    orders.in_the_past,
    orders.somebody_elses_goods,
    acts.two_callers_in_one,
    orders.a_malformed_reference,
    orders.far_away,
    orders.at_short_notice,
    orders.a_long_window,
    orders.too_many_people,
    orders.nobody_attends,
    orders.finished_too_late,
    orders.taken_back,
    orders.a_wrong_check_digit,
    orders.no_authority,
    acts.a_foreign_number,
    acts.without_a_reason,
    acts.cancelled_before,
    orders.a_hold_for_a_rest_day,
    orders.too_dishonest,
    acts.a_lapsed_hold,
    acts.without_a_call,
    acts.an_enterprise_at_the_desk,
    acts.before_its_day,
    acts.an_unknown_inspector,
)
"""In turn: even a short stream has some of the most different ones."""
