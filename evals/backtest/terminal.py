"""The report in a terminal: a table, a picture of risk against coverage in blocks, sentences."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from evals.backtest.report import ActionFigures, History, LabelFigures, Report, Stated, settings_for, steps
from evals.backtest.sentences import NAMES, choices, headline, percent

WIDTH, HEIGHT = 60, 6
_BLOCKS = " ▁▂▃▄▅▆▇█"
_MOST_LABELS = 15
_MOST_REPOSITORIES = 12


def show(report: Report, console: Console) -> None:
    whole = report.whole
    console.print(
        f"\n[bold]What it would have done[/bold] in {escape(whole.name)}: {whole.threads:,} issues, in time order\n"
    )
    for one in whole.actions:
        _show_action(one, report.stated, console)
    if report.repositories:
        console.print(_repositories(report.repositories), "")
    for sentence in report.left_out:
        console.print(f"[dim]{sentence}[/dim]", highlight=False)
    for history in report.histories:
        if snippet := settings_for(history):
            console.print(f"\nWhat would follow in [bold].github/plumbline.yml[/bold] of {escape(history.name)}:\n")
            console.print(Padding(Text(snippet.rstrip()), (0, 4)))
    console.print()


def _show_action(one: ActionFigures, stated: Stated, console: Console) -> None:
    console.print(f"[bold]{NAMES[one.action]}[/bold], at a confidence of {one.threshold:.3g}", highlight=False)
    console.print(f"  {headline(one)}", highlight=False)
    figures = Table(box=None, padding=(0, 3, 0, 0), show_header=False)
    sure = f"at most {one.bound:.1%} wrong, {stated.confidence:.0%} sure" if one.acted else "it never acted"
    figures.add_row("precision", percent(one.precision), sure)
    figures.add_row("coverage", percent(one.coverage), f"{one.acted:,} of {one.judged:,}")
    figures.add_row("notifications", f"{one.notifications:,}", f"on {one.replayed:,} issues, also those nobody judged")
    console.print(Padding(figures, (0, 2)), highlight=False)
    proposed = Table(box=None, padding=(0, 3, 0, 0), show_header=False)
    for name, sentence in choices(one, stated):
        proposed.add_row(f"[bold]{name.lower()}[/bold]", sentence)
    console.print(Padding(proposed, (1, 2, 0, 2)), highlight=False)
    if picture := _picture(steps(one), stated):
        console.print(Padding(picture, (1, 2, 0, 2)), highlight=False)
    console.print()
    if one.labels:
        console.print(Padding(_labels(one.labels), (0, 2, 1, 2)), highlight=False)


def _picture(curve: Sequence[tuple[float, float]], stated: Stated) -> Text | None:
    """Columns are coverage, heights the share that is wrong: green where it may be applied, yellow to suggest."""
    if not curve:
        return None
    top = max(*(risk for _, risk in curve), stated.suggesting)
    heights = [_risk_at(curve, (column + 1) / WIDTH) for column in range(WIDTH)]
    text = Text()
    for row in range(HEIGHT, 0, -1):
        text.append(f"{top * row / HEIGHT:5.0%} ", "dim")
        for risk in heights:
            filled = 0 if risk is None else min(max(risk / top * HEIGHT - (row - 1), 0), 1)
            least = risk is not None and row == 1
            text.append(_BLOCKS[max(round(filled * 8), int(least))], _colour(risk, stated))
        text.append("\n")
    text.append(f"wrong └{'─' * (WIDTH - 1)}\n", "dim")
    text.append(f"      0 %{'coverage':^{WIDTH - 9}}100 %", "dim")
    return text


def _risk_at(curve: Sequence[tuple[float, float]], coverage: float) -> float | None:
    """Of the thresholds that cover so much, the risk of the most cautious one; None beyond all of them."""
    return next((risk for covered, risk in curve if covered >= coverage - 1 / WIDTH / 2), None)


def _colour(risk: float | None, stated: Stated) -> str:
    if risk is None:
        return ""
    return "green" if risk <= stated.rate else "yellow" if risk <= stated.suggesting else "red"


def _labels(labels: Sequence[LabelFigures]) -> Table:
    table = Table("label", box=None, padding=(0, 2, 0, 0))
    for name in ("people gave", "it gave", "right", "precision", "coverage"):
        table.add_column(name, justify="right")
    for label in labels[:_MOST_LABELS]:
        precision = label.right / label.given if label.given else None
        coverage = label.right / label.wanted if label.wanted else None
        row = (f"{label.wanted:,}", f"{label.given:,}", f"{label.right:,}", percent(precision), percent(coverage))
        table.add_row(Text(label.name), *row)
    if len(labels) > _MOST_LABELS:
        table.add_row(f"[dim]and {len(labels) - _MOST_LABELS} more[/dim]")
    return table


def _repositories(repositories: Sequence[History]) -> Table:
    table = Table("repository", box=None, padding=(0, 2, 0, 0))
    for name in ("issues", "action", "judged", "precision", "coverage", "at"):
        table.add_column(name, justify="left" if name == "action" else "right")
    for history in repositories[:_MOST_REPOSITORIES]:
        for place, one in enumerate(history.actions):
            first = (history.name, f"{history.threads:,}") if place == 0 else ("", "")
            precision, coverage = percent(one.precision), percent(one.coverage)
            table.add_row(*first, NAMES[one.action], f"{one.judged:,}", precision, coverage, f"{one.threshold:.3g}")
    if len(repositories) > _MOST_REPOSITORIES:
        table.add_row(f"[dim]and {len(repositories) - _MOST_REPOSITORIES} more[/dim]")
    return table
