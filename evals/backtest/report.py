"""The report of a backtest: per action what it would have done, and from which confidence on it may do it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.repository_settings import DuplicateSettings, LabelSettings, NeedsInfoSettings
from evals.backtest.outcomes import Action, Outcome
from evals.backtest.risk import Choice, Chosen, Point, TooLittle, TooOften, choose, curve, upper_bound

SHIPPED: dict[Action, float] = {
    "labels": LabelSettings().min_confidence,
    "duplicates": DuplicateSettings().min_confidence,
    "needs_info": NeedsInfoSettings().min_confidence,
}
LENIENT = 4
"""A suggestion is looked at before it counts, so it may be wrong this many times as often as what is applied."""


@dataclass(frozen=True, slots=True)
class Stated:
    """What the reader asked for: wrong at most `rate`, with `confidence`."""

    rate: float
    confidence: float

    @property
    def suggesting(self) -> float:
        return min(LENIENT * self.rate, 0.5)


@dataclass(frozen=True, slots=True)
class LabelFigures:
    """One label at the threshold of the report: given so often, rightly so often, and wanted so often."""

    name: str
    given: int
    right: int
    wanted: int


@dataclass(frozen=True, slots=True)
class ActionFigures:
    """One action over one history or several. Counts of threads: `judged` of `replayed`, of which `acted` at
    `threshold`, of which `right` without a mistake. `notifications` counts label events or comments, on threads that
    nobody judged too.
    """

    action: Action
    replayed: int
    judged: int
    wanted: int
    """Judged threads on which the maintainers did something of the kind."""
    points: tuple[Point, ...]
    apply: Choice
    suggest: Choice
    threshold: float
    acted: int
    right: int
    bound: float
    notifications: int
    labels: tuple[LabelFigures, ...]

    @property
    def precision(self) -> float | None:
        return self.right / self.acted if self.acted else None

    @property
    def coverage(self) -> float:
        """Share of the judged threads on which it acts."""
        return self.acted / self.judged if self.judged else 0.0


@dataclass(frozen=True, slots=True)
class History:
    """One repository, or all of them pooled under the name of the input."""

    name: str
    threads: int
    actions: tuple[ActionFigures, ...]


@dataclass(frozen=True, slots=True)
class Report:
    stated: Stated
    whole: History
    repositories: tuple[History, ...]
    """Longest first; empty where there is only one."""
    left_out: tuple[str, ...]
    """What could not be judged, and why, in sentences."""

    @property
    def histories(self) -> tuple[History, ...]:
        """What settings are for: each repository by itself."""
        return self.repositories or (self.whole,)


def figures(action: Action, outcomes: Sequence[Outcome], stated: Stated) -> ActionFigures:
    """At the threshold from which it may apply, else suggest, else at the one it ships with."""
    judged = [outcome for outcome in outcomes if outcome.known]
    points = curve(judged)
    apply = choose(points, len(judged), rate=stated.rate, confidence=stated.confidence)
    suggest = choose(points, len(judged), rate=stated.suggesting, confidence=stated.confidence)
    threshold = _threshold(apply) or _threshold(suggest) or SHIPPED[action]
    acted = [outcome for outcome in judged if outcome.acts_at >= threshold]
    wrong = sum(outcome.wrong_at >= threshold for outcome in acted)
    return ActionFigures(
        action=action,
        replayed=len(outcomes),
        judged=len(judged),
        wanted=sum(bool(outcome.wanted) for outcome in judged),
        points=points,
        apply=apply,
        suggest=suggest,
        threshold=threshold,
        acted=len(acted),
        right=len(acted) - wrong,
        bound=upper_bound(wrong, len(acted), stated.confidence),
        notifications=sum(len(outcome.done(threshold)) for outcome in outcomes),
        labels=_per_label(judged, threshold) if action == "labels" else (),
    )


def _per_label(judged: Sequence[Outcome], threshold: float) -> tuple[LabelFigures, ...]:
    """Every label that was given or wanted, the most wanted first."""
    done = [one for outcome in judged for one in outcome.done(threshold)]
    names = {one.name for one in done} | {name for outcome in judged for name in outcome.wanted}
    found = [
        LabelFigures(
            name,
            given=sum(one.name == name for one in done),
            right=sum(one.name == name and one.right for one in done),
            wanted=sum(name in outcome.wanted for outcome in judged),
        )
        for name in names
    ]
    return tuple(sorted(found, key=lambda label: (-label.wanted, -label.given, label.name)))


def settings_for(history: History) -> str:
    """What would follow in `.github/plumbline.yml`; an action that history says nothing of keeps its default."""
    lines: list[str] = []
    for one in history.actions:
        if isinstance(one.apply, Chosen):
            mode, threshold = "auto", one.apply.point.threshold
        elif isinstance(one.suggest, Chosen):
            mode, threshold = "draft", one.suggest.point.threshold
        elif isinstance(one.suggest, TooOften):
            lines += [f"{one.action}:", "  mode: off"]
            continue
        else:
            continue
        lines += [f"{one.action}:", f"  mode: {mode}", f"  min_confidence: {threshold:g}"]
    return "\n".join([*lines, ""]) if lines else ""


def as_json(report: Report) -> dict[str, Any]:
    """The one object of `--json`."""
    found = _history_json(report.whole)
    return {
        "source": report.whole.name,
        "error_rate": report.stated.rate,
        "confidence": report.stated.confidence,
        **found,
        "repositories": {one.name: _history_json(one) for one in report.repositories},
        "left_out": list(report.left_out),
    }


def _history_json(history: History) -> dict[str, Any]:
    labels = next((one.labels for one in history.actions if one.action == "labels"), ())
    return {
        "threads": history.threads,
        "actions": {one.action: _action_json(one) for one in history.actions},
        "per_label": {
            label.name: {
                "given": label.given,
                "right": label.right,
                "wanted": label.wanted,
                "precision": _share(label.right, label.given),
                "coverage": _share(label.right, label.wanted),
            }
            for label in labels
        },
        "settings": settings_for(history),
    }


def _action_json(one: ActionFigures) -> dict[str, Any]:
    return {
        "threshold_apply": _threshold(one.apply),
        "threshold_suggest": _threshold(one.suggest),
        "more_needed": {"apply": _more(one.apply), "suggest": _more(one.suggest)},
        "threshold": one.threshold,
        "precision": _share(one.right, one.acted),
        "coverage": _share(one.acted, one.judged),
        "recall": _share(one.right, one.wanted),
        "notifications": one.notifications,
        "upper_bound": round(one.bound, 4),
        "curve": steps(one),
        "n": one.judged,
        "replayed": one.replayed,
    }


def steps(one: ActionFigures) -> list[tuple[float, float]]:
    """Coverage and risk at each threshold that changes either, most cautious first."""
    found: dict[tuple[float, float], None] = {}
    for point in reversed(one.points):
        if point.acted:
            found[round(point.acted / one.judged, 4), round(point.risk, 4)] = None
    return list(found)


def _threshold(choice: Choice) -> float | None:
    return choice.point.threshold if isinstance(choice, Chosen) else None


def _more(choice: Choice) -> int | None:
    return choice.more if isinstance(choice, TooLittle) else None


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
