"""Reports of made-up outcomes, for tests of what people see."""

import random

from evals.backtest.outcomes import Outcome, Proposal
from evals.backtest.report import History, Report, Stated, figures

STATED = Stated(0.05, 0.95)


def outcome(number=1, *proposals: tuple[str, float, bool], wanted=(), known=True, repository="acme/widgets") -> Outcome:
    return Outcome(repository, number, tuple(Proposal(*one) for one in proposals), frozenset(wanted), known)


def labelled(count: int, *, seed=0, skill=0.9, repository="acme/widgets") -> list[Outcome]:
    """A history on which it is right as often as it says."""
    dice = random.Random(seed)
    found = []
    for number in range(count):
        sure = dice.betavariate(9 * skill, 9 * (1 - skill))
        name, right = dice.choice(["bug", "enhancement", "area: <b>&amp;</b>"]), dice.random() < sure
        proposals = [(name, round(sure, 3), right)] if sure >= 0.5 else []
        wanted = [name if right else "question"]
        found.append(outcome(number, *proposals, wanted=wanted, known=number % 5 > 0, repository=repository))
    return found


def report(*histories: History, left_out=("Answers: nobody knows.",)) -> Report:
    (first, *others) = histories
    return Report(STATED, first, tuple(others), left_out)


def history(name: str, outcomes: list[Outcome], stated=STATED) -> History:
    return History(name, len(outcomes), (figures("labels", outcomes, stated),))
