"""Labels, replayed: trained on what was known, asked about what came next, trained again."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from app.domain.decision import LabelProposal
from app.domain.past import PastThread
from app.domain.thread import Label
from app.knowledge.labelling.examples import Example
from app.knowledge.labels import understand
from evals.backtest.history import Record, blocks
from evals.backtest.outcomes import Outcome, Proposal
from evals.backtest.risk import THRESHOLDS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class LabelModel(Protocol):
    @property
    def labels(self) -> tuple[str, ...]: ...
    def judge(
        self, texts: Sequence[tuple[str, str]], *, repository: str = "", vectors: "NDArray[np.float32] | None"
    ) -> Any:
        """A row of probabilities for each text, a column for each of `labels`."""


class Fit(Protocol):
    def __call__(
        self,
        examples: Sequence[Example],
        *,
        labels: Sequence[Label],
        hints: Mapping[str, str],
        vectors: "NDArray[np.float32] | None",
        prior_vectors: "NDArray[np.float32] | None",
    ) -> LabelModel: ...


Propose = Callable[[PastThread, Sequence[str], Mapping[str, float]], Sequence[LabelProposal]]
"""Of a new thread, the names of labels there are and the model's probabilities: what the teammate would propose."""


def replay_labels(
    records: Sequence[Record],
    fit: Fit,
    propose: Propose,
    *,
    kinds: Sequence[str],
    vectors: "NDArray[np.float32] | None" = None,
    prior_vectors: "NDArray[np.float32] | None" = None,
    done: Callable[[int], None] = lambda _: None,
) -> list[Outcome]:
    """What it would have proposed on the issues of one repository, which come in the order they were opened.

    `kinds` are those that the prompt knows; `vectors` has a row for each record, `prior_vectors` for each example that
    comes with the product. The first fifth is only learnt from: a model of ten threads says nothing of the one they
    will get. `done` is told how many more threads are behind it.
    """
    replay = _Replay(records, partial(fit, hints={}, prior_vectors=prior_vectors), propose, kinds, vectors)
    outcomes: list[Outcome] = []
    learnt = len(records) // 5
    done(learnt)
    for block in blocks(len(records), learnt):
        outcomes += replay.predict(block)
        done(len(block))
    return outcomes


class _Replay:
    """Everything of one history; `predict` alone decides what of it a model may see."""

    def __init__(
        self,
        records: Sequence[Record],
        fit: Callable[..., LabelModel],
        propose: Propose,
        kinds: Sequence[str],
        vectors: "NDArray[np.float32] | None",
    ) -> None:
        self._records = records
        self._fit = fit
        self._propose = propose
        self._kinds = kinds
        self._texts = [(record.thread.title, record.thread.body) for record in records]
        self._vectors = vectors

    def predict(self, block: range) -> list[Outcome]:
        """Outcomes of a block, by a model trained on what was known when its first thread was opened."""
        now = self._records[block.start].thread.created_at
        known = [(place, self._known(self._records[place].labels_at(now))) for place in range(block.start)]
        earlier = {place: labels for place, labels in known if labels and self._records[place].thread.created_at < now}
        used = Counter(name for labels in earlier.values() for name in sorted(labels))
        names = [name for name, _ in used.most_common()]
        if not names:
            return [self._outcome(place, (), {}) for place in block]
        model = self._fit(
            [self._example(place, labels) for place, labels in earlier.items()],
            labels=[Label(name=name) for name in names],
            vectors=self._rows(list(earlier)),
        )
        rows = model.judge(
            [self._texts[place] for place in block],
            repository=self._records[block.start].repository,
            vectors=self._rows(block),
        )
        return [
            self._outcome(place, names, dict(zip(model.labels, map(float, row), strict=True)))
            for place, row in zip(block, rows, strict=True)
        ]

    def _known(self, labels: Iterable[str]) -> frozenset[str]:
        """Labels that a thread's content can call for; the others are about process."""
        return frozenset(one.name for one in understand([Label(name=name) for name in labels], self._kinds))

    def _example(self, place: int, labels: frozenset[str]) -> Example:
        record, (title, body) = self._records[place], self._texts[place]
        return Example(record.repository, title, body, labels, record.thread.created_at)

    def _rows(self, places: Sequence[int]) -> "NDArray[np.float32] | None":
        return None if self._vectors is None else self._vectors[list(places)]

    def _outcome(self, place: int, names: Sequence[str], probabilities: Mapping[str, float]) -> Outcome:
        """What the served skill makes of the probabilities, beside what people gave in the end. A label that the thread
        was opened with, by a form say, is right but was nobody's work.
        """
        record = self._records[place]
        fresh = record.as_of(record.thread.created_at)
        right = self._known(record.thread.labels)
        wanted = right - set(fresh.labels)
        proposals = tuple(
            Proposal(one.name, one.confidence, one.name in right)
            for one in self._propose(fresh, names, probabilities)
            if one.confidence >= THRESHOLDS[0]
        )
        return Outcome(record.repository, record.thread.number, proposals, wanted, known=bool(right))
