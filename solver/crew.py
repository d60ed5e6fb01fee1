"""Who fills the seats: Hall's condition over subsets of the seats, and the crew that costs least.

Sets of seats are bit masks: bit i is seat i.
"""

from collections.abc import Sequence

Member = tuple[int, int, int]
"""Added travel minutes, duty, and the mask of the seats that its inspector may take; one per inspector."""


def starts_with_crew(free: Sequence[tuple[int, int]], seats: int, allowed: int) -> int:
    """Return the allowed starts at which every seat can be held by a different inspector.

    `free` has, for each inspector, the mask of seats and the mask of starts. By Hall's theorem a crew exists
    if and only if, for every subset of the seats, at least as many inspectors can take one of them.
    """
    for subset in range(1, 1 << seats):
        needed = subset.bit_count()
        reached = [allowed] + [0] * needed  # reached[n]: starts with n or more inspectors
        for able, starts in free:
            if able & subset:
                for count in range(needed, 0, -1):
                    reached[count] |= reached[count - 1] & starts
        allowed = reached[needed]
        if not allowed:
            break
    return allowed


def find_shortage(able: Sequence[int], seats: int) -> int:
    """Return the smallest set of seats for which there are too few inspectors, 0 if all can be filled."""
    for subset in sorted(range(1, 1 << seats), key=lambda subset: (subset.bit_count(), subset)):
        if sum(1 for mask in able if mask & subset) < subset.bit_count():
            return subset
    return 0


def choose(members: Sequence[Member], seats: int, *, budget: int) -> tuple[int, ...] | None:
    """Return one duty for each seat with the least added travel, ties by duty ids seat by seat.

    Branch and bound over the seats, those with the fewest members first. For each seat only its `seats`
    cheapest members count: one of them is always left by the others. `budget` bounds the nodes; when it is
    used up the best crew so far is returned, None if there is none.
    """
    ranked = sorted(members)
    offers = [[one for one in ranked if one[2] >> seat & 1][:seats] for seat in range(seats)]
    order = sorted(range(seats), key=lambda seat: (len(offers[seat]), seat))
    if any(not offer for offer in offers):
        return None
    rest = [sum(offers[seat][0][0] for seat in order[depth:]) for depth in range(seats + 1)]
    best: tuple[int, tuple[int, ...]] | None = None
    stack: list[tuple[int, dict[int, int]]] = [(0, {})]
    while stack and budget > 0:
        budget -= 1
        total, crew = stack.pop()
        depth = len(crew)
        if best is not None and total + rest[depth] > best[0]:
            continue
        if depth == seats:
            found = (total, tuple(crew[seat] for seat in range(seats)))
            best = found if best is None else min(best, found)
            continue
        taken = set(crew.values())
        stack += [
            (total + minutes, {**crew, order[depth]: duty})
            for minutes, duty, _ in reversed(offers[order[depth]])
            if duty not in taken
        ]
    return None if best is None else best[1]
