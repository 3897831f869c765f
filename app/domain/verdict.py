"""Verdict: what the guard allows of a Decision, with a reason for each thing it refused."""

from app.domain.effect import AllowedPayload
from app.domain.thread import Frozen


class Refusal(Frozen):
    what: str
    why: str


class Verdict(Frozen):
    """`effects` may be empty; the run is still recorded with its refusals."""

    effects: tuple[AllowedPayload, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    summary: str = ""
    """One line for people: what will be done, or why nothing is."""
