"""Figures in sentences, the same in the terminal and on the page."""

from typing import assert_never

from evals.backtest.report import ActionFigures, Stated
from evals.backtest.risk import Choice, Chosen, TooLittle, TooOften

NAMES = {"labels": "Labels", "duplicates": "Duplicates", "needs_info": "Missing information"}
_EVIDENCE = {"labels": "labelled threads", "duplicates": "closed threads", "needs_info": "threads"}


def headline(one: ActionFigures) -> str:
    """What it would have done, at the threshold of the report."""
    acted, right, judged, wanted = (
        f"{count:,}" if count else "none" for count in (one.acted, one.right, one.judged, one.wanted)
    )
    match one.action:
        case "labels":
            said = f"Of {judged} past issues that people labelled, it would have labelled {acted}"
            more = f", {right} of them with no label but theirs."
        case "duplicates":
            said = f"Of {judged} closed issues people called {wanted} a duplicate. It would have done so with {acted}"
            more = f", {right} of them as people did."
        case "needs_info":
            said = f"Of {judged} authors people asked {wanted} for more. It would have asked {acted}"
            more = f", {right} of them the same."
        case _:
            assert_never(one.action)
    return said + (more if one.acted else ".")


def choices(one: ActionFigures, stated: Stated) -> list[tuple[str, str]]:
    """What to do from which confidence on, most daring first."""
    applying, suggesting = one.apply, one.suggest
    found = [
        ("Apply silently", _say(applying, stated.rate, _EVIDENCE[one.action])),
        ("Suggest", _say(suggesting, stated.suggesting, _EVIDENCE[one.action])),
    ]
    if isinstance(suggesting, Chosen):
        found.append(("Stay silent", f"below {suggesting.point.threshold:.3g}"))
    elif isinstance(suggesting, TooOften):
        found.append(("Stay silent", "always"))
    return found


def _say(choice: Choice, rate: float, evidence: str) -> str:
    match choice:
        case Chosen(point=point, bound=bound):
            return (
                f"from {point.threshold:.3g} on: wrong on {point.wrong} of {point.acted:,}, surely on no more than "
                f"{bound:.1%} (you allow {rate:.0%})"
            )
        case TooLittle(more=more):
            return f"not enough history: at least {more:,} more {evidence} needed to promise {rate:.0%}"
        case TooOften(point=point):
            return (
                f"at no confidence: wrong on {point.wrong} of {point.acted:,} from {point.threshold:.3g} on, "
                f"where it does best (you allow {rate:.0%})"
            )
        case _:
            assert_never(choice)


def percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"
