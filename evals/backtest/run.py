"""The whole backtest: each repository's history by itself, figures of each and of all together."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import get_args

from app.domain.prompt import PromptVersion
from evals.backtest.comments import replay_duplicates, replay_needs_info
from evals.backtest.history import Record, by_repository
from evals.backtest.labels import Fit, replay_labels
from evals.backtest.outcomes import Action, Outcome
from evals.backtest.report import History, Report, Stated, figures
from evals.backtest.served import Duplicates, NeedsInfo, Senses, Triage

Outcomes = dict[Action, list[Outcome]]
ACTIONS: tuple[Action, ...] = get_args(Action)
_WHY_NOT: dict[Action, str] = {
    "labels": "Labels: nobody labelled an issue for what it says.",
    "duplicates": "Duplicates: nothing in this history says which issue repeats which.",
    "needs_info": "Missing information: nothing in this history says that people asked for more.",
}
_ANSWERS = "Answers: nothing in a history says which ones would have been right."


async def run_backtest(
    source: str,
    records: Sequence[Record],
    stated: Stated,
    *,
    fit: Fit,
    triage: PromptVersion,
    senses: Senses | None = None,
    advance: Callable[[str, int], None] = lambda _name, _more: None,
) -> Report:
    """`source` names several repositories; one has its own name. `advance` is told which repository it is at, and how
    many more issues are behind it. Raises EmbeddingError where `senses` fail.
    """
    found: dict[str, Outcomes] = {}
    sizes: dict[str, int] = {}
    for name, history in by_repository(records).items():
        advance(name, 0)
        found[name] = await _replay(history, fit, triage, senses, partial(advance, name))
        sizes[name] = len(history)
    histories = [_history(name, sizes[name], outcomes, stated) for name, outcomes in found.items()]
    pooled = {action: [one for outcomes in found.values() for one in outcomes.get(action, ())] for action in ACTIONS}
    alone = len(histories) == 1
    whole = histories[0] if alone else _history(source, sum(sizes.values()), pooled, stated)
    judged = () if alone else tuple(one for one in histories if one.actions)
    return Report(stated, whole, judged, tuple(_left_out(records, histories, whole)))


async def _replay(
    history: Sequence[Record], fit: Fit, triage: PromptVersion, senses: Senses | None, done: Callable[[int], None]
) -> Outcomes:
    """Everything the teammate does about issues, on one repository."""
    texts = [(one.thread.title, one.thread.body) for one in history]
    outcomes: Outcomes = {
        "labels": replay_labels(
            history,
            fit,
            Triage(triage).propose,
            kinds=list(triage.label_hints),
            vectors=await senses.for_labels(texts) if senses else None,
            prior_vectors=await senses.of_prior() if senses else None,
            done=done,
        ),
        "needs_info": replay_needs_info(history, NeedsInfo(triage).learn),
    }
    if any(one.thread.duplicate_of for one in history):
        skill = Duplicates(history, await senses.for_search(texts) if senses else None)
        outcomes["duplicates"] = replay_duplicates(history, skill.find)
    return outcomes


def _history(name: str, threads: int, outcomes: Outcomes, stated: Stated) -> History:
    """Actions of which this history says nothing have no figures."""
    told = [action for action in ACTIONS if any(one.known for one in outcomes.get(action, ()))]
    return History(name, threads, tuple(figures(action, outcomes[action], stated) for action in told))


def _left_out(records: Sequence[Record], histories: Sequence[History], whole: History) -> Iterator[str]:
    told = {one.action for one in whole.actions}
    yield from (why for action, why in _WHY_NOT.items() if action not in told)
    yield _ANSWERS
    if pulls := sum(one.thread.kind == "pull_request" for one in records):
        yield f"{pulls:,} pull requests: they are labelled by what they change, which a history does not hold."
    if silent := sum(not one.actions for one in histories):
        yield f"{silent:,} of {len(histories):,} repositories are too short or too little labelled to be judged."
