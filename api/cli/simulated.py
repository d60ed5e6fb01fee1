"""The simulated day on the command line: progress while it runs, tables at the end."""

import time
from collections import Counter
from datetime import date, datetime
from pathlib import Path

from api.cli.saying import say, show_table, step
from api.cli.tables import show_findings
from api.texts import tell
from scheduler.database.connection import Database
from scheduler.promise.reference import ZONE
from scheduler.simulation.day import SimulatedDay, days_to_simulate, simulate_day
from scheduler.simulation.summary import DaySummary, summarise_day

_EVERY_SECONDS = 2.0


def simulate(database: Database, *, today: date, seed: int, requests: int, texts: Path) -> bool:
    """Simulate the day, print its summary, and say whether nothing is wrong with it."""
    eve, day = days_to_simulate(database, today=today)
    with step(f"{requests} requests from {eve} to {day}, seed {seed}"):
        done = simulate_day(
            database,
            eve=eve,
            day=day,
            texts=texts,
            seed=seed,
            requests=requests,
            progress=_Progress().hear,
        )
    summary = summarise_day(database, first=eve, last=day, now=done.ended)
    show_summary(done, summary, texts)
    broken = sum(finding.count for finding in summary.findings)
    for line in done.tally.unexpected:
        say(f"unexpected: {line}")
    say("every invariant holds" if not broken else f"{broken} violations of invariants")
    return not broken and not done.tally.unexpected


class _Progress:
    """Says the virtual time every other second."""

    def __init__(self) -> None:
        self._said = time.monotonic()

    def hear(self, now: datetime) -> None:
        """Hear the virtual time."""
        if time.monotonic() - self._said > _EVERY_SECONDS:
            self._said = time.monotonic()
            say(f"   {now.astimezone(ZONE):%a %d %b %H:%M}")


def show_summary(done: SimulatedDay, summary: DaySummary, texts: Path) -> None:
    """Print the tables."""
    _show_bookings(summary)
    refused = [(code, tell("title", code, "en"), count) for code, count in done.tally.refusals.most_common()]
    show_table("Refusals", ("code", "", "times"), refused)
    acts: Counter[str] = Counter()
    for (channel, act), count in done.tally.acts.items():
        acts[f"{channel}: {act}"] += count
    show_table("What was done", ("by: what", "times"), sorted(acts.items()))
    figures = [
        ("bookings made for others by brokers", summary.for_others),
        ("bookings with a crew", summary.crews),
        ("crews re-made after sick leave", done.tally.recrewed),
        ("promises displaced", done.tally.displaced),
        ("kept times taken by the displaced", done.tally.taken),
        *((f"visits: {outcome.replace('_', ' ')}", count) for outcome, count in summary.outcomes.items()),
        *((f"texts {state}", count) for state, count in summary.texts.items()),
        *((f"texts sent: {kind.replace('_', ' ')}", count) for kind, count in summary.sent.items()),
    ]
    show_table("Figures", ("", "count"), figures)
    waiting = [
        (name.replace("_", " "), one.n, *(_minutes(part) for part in (one.median, one.p90, one.max)))
        for name, one in summary.waiting.items()
    ]
    show_table("Waiting, minutes by the clock", ("measure", "n", "median", "P90", "max"), waiting)
    show_findings(summary.findings)
    say(f"the texts are in {texts}")


def _show_bookings(summary: DaySummary) -> None:
    channels = sorted({channel for channel, _ in summary.bookings})
    states = sorted({state for _, state in summary.bookings})
    rows = [
        (tell("state", state, "en"), *(summary.bookings.get((channel, state), 0) for channel in channels))
        for state in states
    ]
    show_table("Bookings by state and channel", ("state", *channels), rows)


def _minutes(figure: float | None) -> str:
    return "" if figure is None else f"{figure:.0f}"
