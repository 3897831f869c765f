"""The report as one page without anything beside it: no script, no request, a table next to each picture."""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import jinja2

from evals.backtest.report import ActionFigures, Report, Stated, settings_for
from evals.backtest.risk import Chosen, upper_bound
from evals.backtest.sentences import NAMES, choices, headline, percent

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 52, 16, 14, 40
_ROWS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.995)
"""Thresholds of the table beside a picture."""


def page(report: Report) -> str:
    """HTML. Names of labels and repositories are shown, never interpreted."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(percent=percent)
    environment.globals.update(NAMES=NAMES, headline=headline, choices=choices, settings_for=settings_for)
    style = files("app.pages").joinpath("static", "style.css").read_text(encoding="utf-8")
    drawn = [(one, draw(one, report.stated), rows(one, report.stated), fates(one)) for one in report.whole.actions]
    return environment.get_template("page.html").render(report=report, style=style, drawn=drawn)


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """Risk against coverage in pixels: `line` what was seen, `band` up to what the confidence allows for."""

    line: str
    band: str
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    limits: tuple[Tick, ...]
    side: float
    """Where the limits are named: away from the end of the line."""
    marks: tuple[tuple[float, float, str], ...]


@dataclass(frozen=True, slots=True)
class Row:
    threshold: float
    coverage: float
    acted: int
    wrong: int
    bound: float


@dataclass(frozen=True, slots=True)
class Fate:
    kind: str
    name: str
    count: int


def fates(one: ActionFigures) -> list[Fate]:
    """What becomes of the judged issues under the proposed thresholds; nothing where none is proposed."""
    applied, suggested = (
        choice.point.acted if isinstance(choice, Chosen) else 0 for choice in (one.apply, one.suggest)
    )
    if not suggested:
        return []
    return [
        Fate("apply", "applied", applied),
        Fate("suggest", "suggested", suggested - applied),
        Fate("silent", "left alone", one.judged - suggested),
    ]


def rows(one: ActionFigures, stated: Stated) -> list[Row]:
    """The table beside the picture: some thresholds, and the chosen ones."""
    wanted = {*_ROWS, one.threshold, *(choice.point.threshold for choice in _chosen(one))}
    return [
        Row(
            point.threshold,
            point.acted / one.judged,
            point.acted,
            point.wrong,
            upper_bound(point.wrong, point.acted, stated.confidence),
        )
        for point in one.points
        if point.threshold in wanted and point.acted
    ]


def draw(one: ActionFigures, stated: Stated) -> Drawing | None:
    """None where it never acts."""
    seen = [point for point in reversed(one.points) if point.acted]
    if not seen:
        return None
    highest = max(*(point.risk for point in seen), stated.suggesting)
    top = min(1.0, 1.15 * highest)

    def x(acted: int) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * acted / one.judged, 1)

    def y(risk: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(risk, top) / top, 1)

    bounds = [(x(point.acted), y(upper_bound(point.wrong, point.acted, stated.confidence))) for point in seen]
    risks = [(x(point.acted), y(point.risk)) for point in seen]
    named = zip(("suggest", "apply"), (one.suggest, one.apply), strict=True)
    step = 0.05 if top <= 0.3 else 0.1 if top <= 0.6 else 0.2
    return Drawing(
        line=_path(risks),
        band=_path([*bounds, *reversed(risks)]),
        across=tuple(Tick(x(round(one.judged * share)), percent(share)) for share in (0, 0.25, 0.5, 0.75, 1)),
        up=tuple(Tick(y(number * step), percent(number * step)) for number in range(int(top / step) + 1)),
        limits=(
            Tick(y(stated.suggesting), f"{stated.suggesting:.0%} to suggest"),
            Tick(y(stated.rate), f"{stated.rate:.0%} to apply"),
        ),
        side=LEFT + 8 if seen[-1].acted > one.judged / 2 else WIDTH - RIGHT - 2,
        marks=tuple(
            (x(choice.point.acted), y(choice.point.risk), f"{name} from {choice.point.threshold:.3g}")
            for name, choice in named
            if isinstance(choice, Chosen)
        ),
    )


def _chosen(one: ActionFigures) -> list[Chosen]:
    return [choice for choice in (one.apply, one.suggest) if isinstance(choice, Chosen)]


def _path(points: list[tuple[float, float]]) -> str:
    return "M" + " L".join(f"{x:g},{y:g}" for x, y in points)
