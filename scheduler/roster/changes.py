"""What a change of the roster did."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RosterChange:
    """The duties that stand after a change, and the bookings it touched, by number."""

    duties: tuple[int, ...]
    recrewed: tuple[str, ...] = ()
    displaced: tuple[str, ...] = ()
