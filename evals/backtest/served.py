"""What serves threads, as a backtest asks it: no function here decides anything of its own."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from app.domain.decision import LabelProposal
from app.domain.past import PastThread
from app.domain.prompt import PromptVersion
from app.domain.repository_settings import RepositorySettings
from app.domain.snapshot import Snapshot
from app.domain.thread import Label
from app.knowledge.duplicates import embedding_text, find, neighbours_of
from app.knowledge.labelling.encode import encode
from app.knowledge.labelling.examples import prior
from app.knowledge.needs import NOT_ENOUGH, WORTH_ASKING, Habit, missing
from app.knowledge.needs_signs import What
from app.knowledge.query import prose
from app.knowledge.triage import judge_kinds, propose_labels
from app.ports import Candidate, Embedder, Near
from app.teammate.past import as_kept
from app.teammate.recall import NEIGHBOURS
from evals.backtest.history import Record

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Senses:
    """Vectors as the skills want them, all from one embedder."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._prior: NDArray[np.float32] | None = None

    async def for_labels(self, texts: Sequence[tuple[str, str]]) -> "NDArray[np.float32]":
        return await encode(self._embedder, texts)

    async def of_prior(self) -> "NDArray[np.float32]":
        """Those of the examples that come with the product, made once."""
        if self._prior is None:
            self._prior = await self.for_labels([(one.title, one.body) for one in prior()])
        return self._prior

    async def for_search(self, texts: Sequence[tuple[str, str]]) -> "NDArray[np.float32]":
        return await self._embedder.embed([embedding_text(title, body) for title, body in texts])


class Duplicates:
    """The duplicates skill of the local model, over one history. `vectors` has a row for each record."""

    def __init__(self, records: Sequence[Record], vectors: "NDArray[np.float32] | None" = None) -> None:
        kept = [as_kept(record.thread) for record in records]
        self._texts = {one.number: {"title": one.title, "body": one.body} for one in kept}
        self._vectors = {} if vectors is None else dict(zip(self._texts, vectors, strict=True))

    def find(self, thread: PastThread, near: Sequence[PastThread]) -> tuple[int, float] | None:
        """The surest finding that a comment would name as the same problem."""
        vector = self._vectors.get(thread.number)
        candidates = [
            Candidate(one.model_copy(update=self._texts[one.number]), None, None, self._vectors.get(one.number))
            for one in near
        ]
        here = Near("", vector) if vector is not None else None
        neighbours = neighbours_of(thread, candidates, here, limit=NEIGHBOURS)
        findings = [one for one in find(thread, neighbours) if one.relation != "related"]
        surest = max(findings, key=lambda one: one.confidence, default=None)
        return (neighbours[surest.thread - 1].thread.number, surest.confidence) if surest else None


class Triage:
    """The triage skill of the local model, with one version of its prompt."""

    def __init__(self, prompt: PromptVersion) -> None:
        self._prompt = prompt

    def propose(
        self, thread: PastThread, labels: Sequence[str], probabilities: Mapping[str, float]
    ) -> Sequence[LabelProposal]:
        snapshot = Snapshot(
            repository="",
            private=False,
            kind=thread.kind,
            number=thread.number,
            node_id="",
            trigger="body",
            title=thread.title,
            body=thread.body,
            author=thread.author,
            association=thread.association,
            current_labels=thread.labels,
            question="",
            asked_by=thread.author,
            labels=tuple(Label(name=name) for name in labels),
            settings=RepositorySettings(),
            taken_at=thread.created_at,
        )
        return propose_labels(self._prompt, snapshot, probabilities).labels


class NeedsInfo:
    """The needs-info skill of the local model: as sure as it is of the most needed thing that is missing."""

    def __init__(self, triage: PromptVersion) -> None:
        self._triage = triage

    def learn(self, earlier: Sequence[tuple[frozenset[What], frozenset[What]]]) -> Callable[[PastThread], float]:
        habit = Habit(
            lacked=Counter(what for lacked, _ in earlier for what in lacked),
            asked=Counter(what for _, asked in earlier for what in asked),
        )

        def lack(thread: PastThread) -> float:
            judged = judge_kinds(self._triage, thread.title, prose(thread.body), thread.body[:20_000])
            kinds = {kind: probability for kind, (probability, _) in judged.items()}
            needs = missing(thread.title, thread.body, kind=kinds, habit=habit)
            worth = [item.probability for item in needs.items if item.probability >= WORTH_ASKING]
            return max(worth, default=0.0) if needs.score >= NOT_ENOUGH else 0.0

        return lack
