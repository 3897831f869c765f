"""A label model and a skill that are deterministic and write down all that they were ever shown."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.domain.decision import LabelProposal
from app.domain.past import PastThread
from app.domain.thread import Label
from app.knowledge.labelling.examples import Example


@dataclass
class Lesson:
    """One training: what was learnt from, and what was asked afterwards."""

    examples: list[Example]
    labels: list[str]
    asked: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class WordModel:
    """As sure of a label as the share of a thread's known words that only its threads had."""

    labels: tuple[str, ...]
    words: Mapping[str, Counter[str]]
    lesson: Lesson

    def judge(
        self, texts: Sequence[tuple[str, str]], *, repository: str = "", vectors: Any = None
    ) -> list[list[float]]:
        self.lesson.asked += texts
        return [[self._probability(label, f"{title} {body}".split()) for label in self.labels] for title, body in texts]

    def _probability(self, label: str, words: list[str]) -> float:
        seen = Counter[str]()
        for word in words:
            for name, counts in self.words.items():
                seen[name] += counts[word] > 0
        return 0.98 * seen[label] / max(seen.total(), 1)


@dataclass
class Spy:
    """`evals.backtest.labels.Fit`, and the skill that is asked afterwards."""

    lessons: list[Lesson] = field(default_factory=list)
    threads: list[PastThread] = field(default_factory=list)

    def __call__(
        self,
        examples: Sequence[Example],
        *,
        labels: Sequence[Label],
        hints: Mapping[str, str],
        vectors: Any,
        prior_vectors: Any,
    ) -> WordModel:
        assert vectors is None or len(vectors) == len(examples)
        lesson = Lesson(list(examples), [label.name for label in labels])
        self.lessons.append(lesson)
        words: dict[str, Counter[str]] = {label.name: Counter() for label in labels}
        for example in examples:
            for name in example.labels:
                words[name].update(f"{example.title} {example.body}".split())
        return WordModel(tuple(lesson.labels), words, lesson)

    def propose(
        self, thread: PastThread, labels: Sequence[str], probabilities: Mapping[str, float]
    ) -> list[LabelProposal]:
        """`evals.backtest.labels.Propose`: whatever is likely."""
        self.threads.append(thread)
        return [LabelProposal(name=name, confidence=chance, rationale="") for name, chance in probabilities.items()]

    @property
    def everything(self) -> str:
        """Every text and label it was shown."""
        shown = [
            part
            for lesson in self.lessons
            for part in (
                *lesson.labels,
                *(f"{one.title}\n{one.body}\n{sorted(one.labels)}" for one in lesson.examples),
                *(f"{title}\n{body}" for title, body in lesson.asked),
            )
        ]
        return "\n".join([*shown, *(thread.model_dump_json() for thread in self.threads)])
