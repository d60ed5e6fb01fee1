"""Sets of which no member can be spared."""

from collections.abc import Callable, Sequence

from solver.oracle import Verdict
from solver.oracle.budget import Purse


def shrink(
    members: int,
    order: Sequence[int],
    prove: Callable[[int], tuple[Verdict, int]],
    *,
    wanted: Verdict,
    purse: Purse,
) -> tuple[int, bool]:
    """Return what is left of a set when members go one by one, and whether none of these can go.

    `members` has what is wanted; `prove` tells whether a smaller set has it too, and then which part of that
    is enough. Members are tried in the given order. At the end each of them has been tried against the final
    set, because a set may lose what a smaller one has: on a day, a stop can make room for a lunch.
    """
    tried: dict[int, int] = {}
    unsure: set[int] = set()
    while purse.conflicts > 0:
        left = [one for one in order if members >> one & 1 and tried.get(one) != members]
        if not left:
            return members, not unsure
        one = min(left, key=lambda member: member in tried)
        verdict, enough = prove(members & ~(1 << one))
        unsure.discard(one)
        if verdict is wanted:
            members = enough
            unsure = {other for other in unsure if enough >> other & 1}
            continue
        tried[one] = members
        if verdict is Verdict.UNDECIDED:
            unsure.add(one)
    return members, False
