"""Offers: labels that wait for a person wait on GitHub's own page where the repository's settings say so."""

from typing import Literal

from app.domain.decision import TriageDecision
from app.domain.effect import AllowedPayload, LabelsPayload, LabelSuggestion
from app.domain.run import RunRecord
from app.teammate.guard.plain import one_line

HIGH, MEDIUM = 0.9, 0.75
"""What the words of the settings mean, too (docs/settings.md)."""


def offered(record: RunRecord, *, draft: bool) -> tuple[AllowedPayload, ...]:
    """The verdict's effects; labels that are only drafted, with the reasons that GitHub shows beside its suggestions.

    Only issues have suggestions. The reasons are the model's words, so they are made plain.
    """
    effects = record.verdict.effects if record.verdict else ()
    wanted = draft and record.snapshot.settings.labels.suggest and record.snapshot.kind == "issue"
    if not wanted or not isinstance(record.decision, TriageDecision):
        return effects
    proposals = {label.name.casefold(): label for label in record.decision.labels}

    def offer(name: str) -> LabelSuggestion:
        label = proposals[name.casefold()]
        return LabelSuggestion(name=name, rationale=one_line(label.rationale), confidence=_in_words(label.confidence))

    return tuple(
        effect.model_copy(update={"suggest": tuple(map(offer, effect.names))})
        if isinstance(effect, LabelsPayload)
        else effect
        for effect in effects
    )


def _in_words(confidence: float) -> Literal["low", "medium", "high"]:
    return "high" if confidence >= HIGH else "medium" if confidence >= MEDIUM else "low"
