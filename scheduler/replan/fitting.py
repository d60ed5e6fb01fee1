"""Does a proposal still fit the day as it is? Decided under the day's lock, by the rules and no search."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from scheduler.errors import ReplanOutdated
from scheduler.promise.searches import Disturbed
from solver.day import Day
from solver.plan import Assignment, Delta, Plan, StaleDelta, difference, merge
from solver.replan import Disrupted, EnterpriseLate, Overrun, Proposal, assess
from solver.replan.proposal import Answer, is_legal


@dataclass(frozen=True, slots=True)
class Fitted:
    """A proposal on the day as it is: the day before and after, rows that change, starts that change.

    `rows` has the new row of each job that gets another one, or that starts or ends elsewhere; duties that
    the disruptions cut in two are named there by the numbers that they have in `after`.
    """

    before: Day
    after: Day
    rows: Mapping[int, Assignment]
    starts: Mapping[int, int]
    lost: tuple[int, ...]


def fit(disturbed: Disturbed, proposal: Proposal, day: Day, plan: Plan, *, now: int) -> Fitted:
    """The proposal on the day as it stands by now, at minute `now`.

    What was booked or changed meanwhile stays, if the proposal leaves room for it.

    Raises:
        ReplanOutdated: it does not fit any more.
    """
    delta = _delta_of(disturbed, proposal)
    after = replace(disturbed, day=day, plan=dict(plan)).disrupted()
    late = any(start < now for start in proposal.starts.values())
    if late or not _stands_alike(disturbed.day, day, delta.removed):
        raise ReplanOutdated
    try:
        merge(plan, delta)
    except StaleDelta:
        raise ReplanOutdated from None
    # crews of what was booked meanwhile may stand on the rest of a duty that is cut in two
    merged = {job: row for job, row in after.plan.items() if job not in delta.removed} | dict(delta.added)
    starts = {job.id: proposal.starts.get(job.id, job.start) for job in after.day.jobs if job.id in merged}
    if not _keeps_rules(disturbed, after, Answer(starts, merged), closes=day.closes):
        raise ReplanOutdated
    rows = {job: row for job, row in merged.items() if plan.get(job) != row or job in delta.added}
    return Fitted(day, after.day, rows, proposal.starts, proposal.lost)


def _delta_of(disturbed: Disturbed, proposal: Proposal) -> Delta:
    """The rows that go and come, those among them that keep their people and change their time."""
    found = difference(disturbed.plan, proposal.plan)
    touched = {one.job for one in disturbed.disruptions if isinstance(one, Overrun | EnterpriseLate)}
    touched |= set(proposal.moved)
    kept = touched & disturbed.plan.keys() & proposal.plan.keys()
    return Delta(
        {**{job: disturbed.plan[job] for job in kept}, **found.removed},
        {**{job: proposal.plan[job] for job in kept}, **found.added},
    )


def _stands_alike(before: Day, now: Day, removed: Plan) -> bool:
    """Whether duties, closures and the jobs whose rows go are what the proposal was made for."""
    jobs = ({job.id: job for job in day.jobs if job.id in removed} for day in (before, now))
    was, is_ = jobs
    return (
        before.duties == now.duties
        and before.site_closures == now.site_closures
        and before.office_closures == now.office_closures
        and was == is_
    )


def _keeps_rules(disturbed: Disturbed, after: Disrupted, answer: Answer, *, closes: int) -> bool:
    situation = assess(after, now=disturbed.now, movable=disturbed.movable, closes=closes)
    return is_legal(situation, answer)
