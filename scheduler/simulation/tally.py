"""What the simulated people heard: answers by channel, refusals by code, and what nobody expected."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from scheduler.errors import Refusal
from scheduler.vocabulary import Channel

NATURAL = frozenset(
    {
        "cap_reached",
        "closed_day",
        "credit_excluded",
        "hold_expired",
        "needs_office_word",
        "no_place",
        "site_not_open_yet",
        "too_late_to_change",
        "too_late_to_finish",
        "too_short_notice",
        "unqualified_day",
    }
)
"""What an honest request may hear on a busy day; anything else is a finding."""


@dataclass(slots=True)
class Tally:
    """Counts of the day; `unexpected` must stay empty."""

    acts: Counter[tuple[str, str]] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    recrewed: int = 0
    displaced: int = 0
    taken: int = 0
    unexpected: list[str] = field(default_factory=list)

    @contextmanager
    def asking(self, act: str, channel: Channel, *, may: frozenset[str] = NATURAL) -> Iterator[None]:
        """Count what became of an honest request; a refusal ends the block and is counted."""
        try:
            yield
        except Refusal as refusal:
            self.refusals[refusal.code] += 1
            if refusal.code not in may:
                self.unexpected.append(f"{act} by {channel}: {refusal.code} {refusal.field} {refusal.values}")
        else:
            self.acts[channel.value, act] += 1

    @contextmanager
    def erring(self, *codes: str) -> Iterator[None]:
        """Count a mistake made on purpose: it must be refused, with one of the codes."""
        try:
            yield
        except Refusal as refusal:
            self.refusals[refusal.code] += 1
            if refusal.code not in codes:
                self.unexpected.append(f"a mistake got {refusal.code} instead of {' or '.join(codes)}")
        else:
            self.unexpected.append(f"a mistake was taken that should get {' or '.join(codes)}")
