"""Lanes: which repository is served next, so that a busy one cannot starve the others."""

MAX_LEASES = 3


def next_lane(leases: dict[int, int], waiting: list[int]) -> int | None:
    """The waiting repository with the fewest leases; None when all have as many as they may."""
    free = [one for one in waiting if leases.get(one, 0) < MAX_LEASES]
    return min(free, key=lambda one: leases.get(one, 0), default=None)
