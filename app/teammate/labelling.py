"""Labelling: let the classifier learn from the history of an installation, and ask it about one thread.

Each repository has a model of its own, for its own list of labels. It learns from the other repositories of the
installation too, but never from another private one, because weights give words away.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import structlog

from app.domain.past import PastThread
from app.domain.thread import Label, Repository, RepositoryRef, Thread
from app.errors import EmbeddingError
from app.knowledge.labelling.calibration import blend
from app.knowledge.labelling.encode import encode
from app.knowledge.labelling.examples import NONE, Example, prior
from app.knowledge.labelling.fit import MOST, fit
from app.knowledge.labelling.model import LabelModel
from app.knowledge.labelling.reading import read
from app.knowledge.labels import understand
from app.ports import Tuned
from app.teammate.parts import Parts
from app.teammate.subject import Subject

if TYPE_CHECKING:
    from numpy.typing import NDArray

log = structlog.get_logger("teammate.labelling")

ENOUGH = 20
"""Labelled threads of an installation from which there is something to learn."""
SHOWN = 300
"""Threads without labels that show how a repository writes; with few of its own labels, that is what helps most."""
GROWN = 1.1
"""A model is fitted again when there is so many times the history it was fitted on."""


@dataclass(frozen=True, slots=True)
class LabelEvidence:
    """`probabilities` by label, calibrated; `version` of the classifier that gave them."""

    probabilities: Mapping[str, float] = field(default_factory=dict)
    version: str = ""


async def label_evidence(parts: Parts, subject: Subject) -> LabelEvidence:
    """How likely each label is; before there is any history, by the prior that ships with the product.

    Nothing where there is neither history nor an embedder that has warmed up: nobody waits for that, and the prior's
    words alone know no more than the prompt does.
    """
    thread, labels, name = subject.thread, subject.repository.labels, subject.ref.repository.name
    stored = await parts.label_models.newest(subject.repository_id)
    untaught = _UNTAUGHT.get(parts.embedder.name) if parts.embedder else None
    if stored is None and untaught is None:
        return LabelEvidence()
    vectors = await _encoded(parts, [(thread.title, thread.body)])

    def judged() -> LabelEvidence:
        if stored:
            found = _judged(_loaded(stored), labels, name, thread, vectors)
            return _corrected(found, thread, parts.tuned_models.live(name))
        assert untaught is not None
        kinds = _judged(untaught, _KINDS, name, thread, vectors)
        meant = {label.name: label.kind for label in understand(labels, [kind.name for kind in _KINDS])}
        spoken = {
            label: kinds.probabilities[kind] for label, kind in meant.items() if kind and kind in kinds.probabilities
        }
        return LabelEvidence(spoken, kinds.version)

    return await asyncio.to_thread(judged)


def _judged(
    model: LabelModel, labels: Sequence[Label], name: str, thread: Thread, vectors: "NDArray[np.float32] | None"
) -> LabelEvidence:
    texts = [(thread.title, thread.body)]
    try:
        (row,) = model.judge(texts, repository=name, vectors=vectors)
    except ValueError:  # it was fitted before the embedder was changed, or without one
        (row,) = model.judge(texts, repository=name)
    known = {label.name for label in labels}
    judged = zip(model.labels, map(float, row), strict=True)
    return LabelEvidence({label: chance for label, chance in judged if label in known}, model.version)


def _corrected(found: LabelEvidence, thread: Thread, tuned: Tuned | None) -> LabelEvidence:
    """With what the repository's released encoder says, of the labels that both know."""
    shared = [label for label in tuned.labels if label in found.probabilities] if tuned else []
    if tuned is None or not shared:
        return found
    try:
        (said,) = tuned.probabilities([read(thread.title, thread.body).whole])
    except EmbeddingError as error:
        log.warning("not_corrected", model=tuned.version, why=str(error))
        return found
    theirs = said[[tuned.labels.index(label) for label in shared]]
    both = blend(np.array([found.probabilities[label] for label in shared]), theirs)
    corrected = dict(zip(shared, map(float, both), strict=True))
    return LabelEvidence({**found.probabilities, **corrected}, f"{found.version}+{tuned.version}")


@lru_cache(maxsize=32)
def _loaded(stored: bytes) -> LabelModel:
    return LabelModel.load(stored)


_KINDS = tuple(Label(name=kind) for kind in sorted({kind for one in prior() for kind in one.labels} - {NONE}))
"""What our own examples are of: before a repository has a history, its labels mean such kinds, or nothing we know."""
_UNTAUGHT: dict[str, LabelModel] = {}
"""The model that knows our own examples only, by the embedder that placed them."""
_PRIOR: dict[str, "NDArray[np.float32]"] = {}
"""Vectors of our own examples, by the embedder that made them."""


async def _prior_vectors(parts: Parts) -> "NDArray[np.float32] | None":
    if parts.embedder is None:
        return None
    if parts.embedder.name not in _PRIOR:
        found = await _encoded(parts, [(one.title, one.body) for one in prior()])
        if found is None:
            return None
        _PRIOR[parts.embedder.name] = found
    return _PRIOR[parts.embedder.name]


async def warm_up(parts: Parts) -> None:
    """Load the embedder and learn our own examples before the first thread has to wait for it."""
    if parts.embedder is None or (ours := await _prior_vectors(parts)) is None:
        return

    def learn() -> LabelModel:
        return fit((), labels=_KINDS, hints={}, prior_vectors=ours)

    _UNTAUGHT[parts.embedder.name] = await asyncio.to_thread(learn)


async def learn_labels(parts: Parts, ref: RepositoryRef, repository: Repository) -> str | None:
    """Fit the repository's model again if what there is to learn from has grown; the new version, None otherwise."""
    siblings = await parts.installations.repositories(ref.installation_id)
    names = {one.repository_id: one.name for one in siblings} | {ref.repository_id: ref.name}
    history = await parts.threads.labelled(ref.repository_id, MOST, others=[*names.keys() - {ref.repository_id}])
    learnt_from = await parts.label_models.learnt_from(ref.repository_id)
    if len(history) < max(ENOUGH, GROWN * learnt_from):
        return None
    unlabelled = await parts.threads.unlabelled(ref.repository_id, SHOWN)
    examples = [_example(names[repository_id], thread) for repository_id, thread in history]
    examples += [_example(ref.name, thread) for thread in unlabelled]
    vectors = await _encoded(parts, [(one.title, one.body) for one in examples])
    ours = await _prior_vectors(parts) if vectors is not None else None

    def learn() -> LabelModel:
        return fit(examples, labels=repository.labels, hints={}, vectors=vectors, prior_vectors=ours)

    model = await asyncio.to_thread(learn)
    facts = {"examples": len(history), "embedder": parts.embedder.name if parts.embedder else ""}
    await parts.label_models.save(ref.repository_id, model.version, model.dump(), facts)
    log.info("labels_learnt", repository=ref.name, version=model.version, **facts)
    return model.version


def _example(repository: str, thread: PastThread) -> Example:
    return Example(repository, thread.title, thread.body, frozenset(thread.labels), thread.created_at)


async def _encoded(parts: Parts, texts: Sequence[tuple[str, str]]) -> "NDArray[np.float32] | None":
    """None without an embedder or while it is away: words must do then."""
    if parts.embedder is None:
        return None
    try:
        return await encode(parts.embedder, texts)
    except EmbeddingError as error:
        log.warning("not_embedded", why=str(error))
        return None
