"""Triage without a network: which labels a thread calls for, how surely, and by what evidence.

Two judges. The repository's label model (`labelling`), fitted on its history, gives probabilities; the prompt moves
them by what its hints and examples say of this thread. Where the model has no opinion, a log-linear one judges
from three places: cues about how people write (`cues`), the prompt's label hints (their words and phrases), and the
prompt's examples (their words). Editing a hint or an example therefore always changes what happens. The kinds of a
thread (bug, wish, question, words) exclude each other and share one softmax with "none of these"; every other label
is judged alone.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from app.domain.decision import LabelProposal, TriageDecision
from app.domain.prompt import PromptVersion
from app.domain.snapshot import Snapshot
from app.knowledge.cues import CUES
from app.knowledge.labelling.reading import read
from app.knowledge.labels import EXCLUSIVE, KnownLabel, canonical, understand
from app.knowledge.words import terms

PROPOSED = 0.5
"""Confidence from which a label is proposed; a repository's settings may ask for more."""
MAX_LABELS = 3
RATIONALE = 280

_TEMPERATURE = 1.25
"""Fitted so that confidences of 0.6 to 0.95 come out as often right as they say."""
_NOTHING = 0.8
"""Score of "none of these"; with it a thread without any sign stays unlabelled."""
_ALONE = 2.4
"""Score at which a label judged alone is as likely as not."""
_BODY_CAP = 1.5
_MOVED = 0.4
"""How far the prompt moves a learnt probability, for each log-odd that its words say more of a kind than of others."""


@dataclass(slots=True)
class _Evidence:
    score: float = 0.0
    words: list[str] = field(default_factory=list)

    def add(self, weight: float, words: str) -> None:
        self.score += weight
        if words and words not in self.words:
            self.words.append(words)


@dataclass(frozen=True, slots=True)
class _Views:
    """The thread as features see it: its title, what the person said, and everything."""

    title: str
    text: str
    body: str

    @property
    def bags(self) -> tuple[set[str], set[str]]:
        return set(terms(self.title)), set(terms(self.text[:3_000]))


def propose_labels(
    prompt: PromptVersion, snapshot: Snapshot, probabilities: Mapping[str, float] | None = None
) -> TriageDecision:
    """At most three labels of the repository's list, surest first, each with its evidence in a sentence.

    `probabilities` are the label model's, by label name; labels it does not name are judged by the prompt alone.
    """
    reading = read(snapshot.title, snapshot.body)
    views = _Views(reading.title, reading.text, reading.body)
    judged = judge_kinds(prompt, views.title, views.text, views.body)
    moved = _moved(prompt, views) if probabilities else {}
    proposals: list[LabelProposal] = []
    for label in understand(snapshot.labels, list(prompt.label_hints)):
        confidence, evidence = judged[label.kind] if label.kind else _topic(label, views)
        learnt = (probabilities or {}).get(label.name)
        if learnt is not None:
            confidence = _shifted(learnt, moved.get(label.kind or "", 0.0))
        if confidence >= PROPOSED and label.name not in snapshot.current_labels:
            rationale = _rationale(label.kind, evidence, learnt=learnt is not None)
            proposals.append(LabelProposal(name=label.name, confidence=round(confidence, 3), rationale=rationale))
    proposals.sort(key=lambda one: -one.confidence)
    return TriageDecision(labels=tuple(_one_per_idea(proposals, judged, snapshot))[:MAX_LABELS])


def _moved(prompt: PromptVersion, views: _Views) -> dict[str, float]:
    """In log-odds: what the prompt's hints and examples say for each kind, against what they say on average."""
    evidence = {kind: _Evidence() for kind in prompt.label_hints}
    _add_hints(evidence, prompt.label_hints, views)
    _add_examples(evidence, prompt.examples, views)
    usual = sum(one.score for one in evidence.values()) / max(len(evidence), 1)
    return {kind: _MOVED * (one.score - usual) for kind, one in evidence.items()}


def _shifted(probability: float, log_odds: float) -> float:
    sure = min(max(probability, 1e-6), 1 - 1e-6)
    return 1 / (1 + math.exp(-math.log(sure / (1 - sure)) - log_odds))


def judge_kinds(prompt: PromptVersion, title: str, text: str, body: str) -> dict[str, tuple[float, Sequence[str]]]:
    """For each kind of the prompt's hints: the probability that it fits, and the evidence, strongest first."""
    views = _Views(title, text, body)
    evidence = {kind: _Evidence() for kind in prompt.label_hints}
    _add_cues(evidence, views)
    _add_hints(evidence, prompt.label_hints, views)
    _add_examples(evidence, prompt.examples, views)
    exclusive = {kind: one.score / _TEMPERATURE for kind, one in evidence.items() if canonical(kind) in EXCLUSIVE}
    whole = math.exp(_NOTHING / _TEMPERATURE) + sum(math.exp(score) for score in exclusive.values())
    return {
        kind: (
            math.exp(exclusive[kind]) / whole if kind in exclusive else 1 / (1 + math.exp(_ALONE - one.score)),
            one.words,
        )
        for kind, one in evidence.items()
    }


def _add_cues(evidence: Mapping[str, _Evidence], views: _Views) -> None:
    of_kind = defaultdict(list)
    for kind in evidence:
        of_kind[canonical(kind)].append(kind)
    texts = {"title": views.title, "text": views.text, "body": views.body}
    for cue in CUES:
        if cue.kind in of_kind and (match := cue.pattern.search(texts[cue.where])):
            for kind in of_kind[cue.kind]:
                evidence[kind].add(cue.weight, cue.says.format(" ".join(match.group().split())[:40].strip("[]: ")))


def _add_hints(evidence: Mapping[str, _Evidence], hints: Mapping[str, str], views: _Views) -> None:
    """Whole phrases of a hint (between commas) count most, its single words a little, shared words less."""
    title_bag, text_bag = views.bags
    title, text = (f" {' '.join(terms(one))} " for one in (views.title, views.text[:3_000]))
    bags = {kind: set(terms(f"{kind} {hint}")) for kind, hint in hints.items()}
    sharing = Counter(term for bag in bags.values() for term in bag)
    for kind, hint in hints.items():
        for phrase in re.split(r"[,.;:()]| or | and ", hint):
            joined = " ".join(terms(phrase))
            if joined and len(joined.split()) <= 3:
                weight = 0.9 if f" {joined} " in title else 0.35 if f" {joined} " in text else 0.0
                if weight:
                    evidence[kind].add(weight / sharing[joined.split()[0]], f"“{phrase.strip()}”")
        words = {term: 1 / sharing[term] ** 2 for term in bags[kind]}
        in_text = sum(words[term] for term in text_bag & words.keys())
        evidence[kind].score += 0.3 * sum(words[term] for term in title_bag & words.keys())
        evidence[kind].score += min(0.08 * in_text, _BODY_CAP / 3)


def _add_examples(evidence: Mapping[str, _Evidence], examples: Iterable[Mapping[str, object]], views: _Views) -> None:
    """A thread that shares words with an example leans to its labels, by how alike the two are."""
    title_bag, text_bag = views.bags
    own = title_bag | text_bag
    for example in examples:
        bag = set(terms(f"{example.get('title', '')} {example.get('body', '')}"))
        alike = len(own & bag) / math.sqrt(max(len(own), 1) * max(len(bag), 1))
        labels = example.get("labels")
        for label in labels if isinstance(labels, list | tuple) else ():
            if label in evidence and alike > 0.15:
                evidence[label].add(4.0 * (alike - 0.15), f"it resembles the example “{example.get('title', '')}”")


def _topic(label: KnownLabel, views: _Views) -> tuple[float, Sequence[str]]:
    """A label such as `area:webhooks`: its own words in the title, or often in the text with its description."""
    title_bag, text_bag = views.bags
    if label.topic <= title_bag:
        score = 2.6
    elif label.topic <= text_bag:
        counts = Counter(terms(views.text))
        score = 0.8 + 0.4 * min(*(counts[term] for term in label.topic), 3)
    else:
        return 0.0, ()
    score += 0.4 * min(len(label.about & (title_bag | text_bag)), 3)
    return 1 / (1 + math.exp(_ALONE - score)), [f"it speaks of {', '.join(sorted(label.topic))}"]


def _rationale(kind: str | None, evidence: Sequence[str], *, learnt: bool) -> str:
    found = ", ".join(evidence[:4]) or "its words as a whole"
    if kind:
        return f"Reads like {kind}: {found}."[:RATIONALE]
    return f"{'Reads like earlier threads of this label' if learnt else 'Matches by name'}: {found}."[:RATIONALE]


def _one_per_idea(
    proposals: Sequence[LabelProposal], judged: Mapping[str, object], snapshot: Snapshot
) -> Iterable[LabelProposal]:
    """Of several labels for one kind the first in the repository's list is enough, and who gave the thread one of the
    kinds that exclude each other has said what it is.
    """
    kinds = {label.name: label.kind for label in understand(snapshot.labels, list(judged))}
    seen = {kind for name in snapshot.current_labels if (kind := kinds.get(name))}
    said = any(canonical(kind) in EXCLUSIVE for kind in seen)
    for one in proposals:
        kind = kinds[one.name]
        if kind is None or not (kind in seen or (said and canonical(kind) in EXCLUSIVE)):
            yield one
        seen.add(kind or "")
