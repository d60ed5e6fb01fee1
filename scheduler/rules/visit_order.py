"""What may follow what on site, and what an outcome asks for."""

from datetime import datetime, timedelta

from scheduler.errors import TimesOutOfOrder, TooEarly
from scheduler.vocabulary import Outcome

_FOLLOWED_UP = frozenset({Outcome.NOT_FINISHED, Outcome.NOT_PASSED})


def require_order(
    on_site: datetime | None = None,
    opened: datetime | None = None,
    ended: datetime | None = None,
    result: datetime | None = None,
    released: datetime | None = None,
    *,
    release_first: bool = False,
) -> None:
    """Refuse recorded times that do not follow each other; equal times are in order.

    Times not recorded yet are left out, but a visit that ended was opened. `release_first`:
    goods released before inspection or before their result, whose release binds nothing.

    Raises:
        TimesOutOfOrder: its field is the first time that is too early, or missing;
            `not_before` is the time that it must follow.
    """
    if ended is not None and opened is None:
        raise TimesOutOfOrder(field="/opened", not_after=ended)
    times = {"/on_site": on_site, "/opened": opened, "/ended": ended, "/result": result}
    if not release_first:
        times["/released"] = released
    before: datetime | None = None
    for field, instant in times.items():
        if instant is None:
            continue
        if before is not None and instant < before:
            raise TimesOutOfOrder(field=field, not_before=before)
        before = instant


def follow_up_needed(outcome: Outcome) -> bool:
    """Return whether the outcome at once makes a follow-up that can be booked."""
    return outcome in _FOLLOWED_UP


def no_show_allowed(now: datetime, start: datetime, grace: timedelta) -> None:
    """Refuse to record the party as absent before the grace time after the promise has passed.

    Raises:
        TooEarly: `not_before` is when it may be recorded.
    """
    if now < start + grace:
        raise TooEarly(not_before=start + grace)
