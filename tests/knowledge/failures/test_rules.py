"""One good and one near miss for each way to be wrong, and what no rule may name."""

from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.effect import CommentPayload, LabelsPayload
from app.domain.failure import CATALOGUE, ModeName
from app.domain.prompt import Usage
from app.domain.repository_settings import RepositorySettings
from app.domain.run import RunRecord
from app.domain.signal import Meaning, Signal, SignalKind, Wanted
from app.domain.verdict import Refusal, Verdict
from app.knowledge.failures.rules import mode_of
from tests.fakes.snapshots import snapshot

AT = datetime(2026, 11, 20, tzinfo=UTC)
GERMAN = "Ich habe die Datei nach der Anleitung geändert, und es ist nicht möglich, den Dienst zu starten."
ENGLISH = "Put the new secret first and keep the old one, then restart the service when it is idle."
LOG = "\n".join(f"2026-11-20 12:00:{n % 60:02} INFO worker did part {n}" for n in range(400))


def heard(kind: SignalKind = "reply", polarity: str = "bad", **more: Any) -> Signal:
    return Signal.model_validate({"id": "s", "kind": kind, "polarity": polarity, "run_id": 1, "at": AT} | more)


def ran(
    skill: str = "answer",
    body: str = ENGLISH,
    *,
    asks: tuple[str, ...] = (),
    refused: tuple[str, ...] = (),
    outcome: str = "acted",
    **of_snapshot: Any,
) -> RunRecord:
    comment = (CommentPayload(body=body, asks=asks),) if body else ()
    return RunRecord.model_validate(
        {
            "skill": skill,
            "trigger": of_snapshot.get("trigger", "body"),
            "prompt": "p@1",
            "prompt_digest": "d",
            "model": "m",
            "outcome": outcome,
            "snapshot": snapshot(**of_snapshot),
            "decision": None,
            "verdict": Verdict(effects=comment, refusals=tuple(Refusal(what="it", why=why) for why in refused)),
            "usage": Usage(),
            "started_at": AT,
            "finished_at": AT,
        }
    )


def labels_run(**of_snapshot: Any) -> RunRecord:
    run = ran("triage", "", **of_snapshot)
    return run.model_copy(update={"verdict": Verdict(effects=(LabelsPayload(names=("bug",)),))})


def said(text: str) -> tuple[dict[str, str], ...]:
    return ({"author": "ada", "role": "owner", "text": text},)


QUIET: dict[str, Any] = {"trigger": "body", "conversation": said("@plumbline pause")}
BUG = Wanted(labels_off=("Bug",))

# mode, what shows it, and what nearly does: signal, run, meaning
SHOWN: list[tuple[ModeName, tuple[Any, ...], tuple[Any, ...]]] = [
    (
        "wrong-label",
        (heard("label_removed", wanted=BUG), labels_run(), None),
        (heard("label_kept", polarity="good"), labels_run(), None),
    ),
    ("wrong-label", (heard(), ran("triage"), "wrong"), (heard(), ran("triage"), "other")),
    (
        "missed-label",
        (heard("label_added", wanted=Wanted(labels_on=("docs",))), labels_run(), None),
        (heard("label_added", wanted=Wanted(labels_on=("Docs",))), labels_run(current_labels=("docs",)), None),
    ),
    (
        "wrong-duplicate",
        (heard("duplicate_contradicted"), ran("duplicates", "This repeats #7."), None),
        (heard("duplicate_confirmed", polarity="good"), ran("duplicates", "This repeats #7."), None),
    ),
    (
        "wrong-duplicate",
        (heard("closed_not_planned", wanted=Wanted(duplicate_of=9)), ran("duplicates", "This repeats #7."), None),
        (heard("closed_not_planned", wanted=Wanted(duplicate_of=7)), ran("duplicates", "This repeats #7."), None),
    ),
    (
        "missed-duplicate",
        (heard("closed_not_planned", polarity="neutral", wanted=Wanted(duplicate_of=9)), labels_run(), None),
        (heard("closed_not_planned", polarity="neutral"), labels_run(), None),
    ),
    ("hallucinated-symbol", (heard(), ran(), "hallucination"), (heard(polarity="good"), ran(), "hallucination")),
    ("hallucinated-symbol", (heard("unsupported"), ran(), None), (heard("abstained", "neutral"), ran(), None)),
    (
        "hallucinated-symbol",
        (heard("draft_declined", text="hallucination: no such key"), ran(), None),
        (heard("draft_declined", text="good: not needed"), ran(), None),
    ),
    (
        "wrong-version",
        (heard(text="That flag was removed in 3.0"), ran(), "wrong"),
        (heard(text="That flag is dangerous"), ran("needs-info"), "other"),
    ),
    (
        "wrong-version",
        (heard(text="I am on 1.8, there is no such option"), ran(), None),
        (heard(text="I am on it"), ran(), None),
    ),
    ("wrong-answer", (heard(), ran(), "wrong"), (heard(), ran(), None)),
    (
        "irrelevant",
        (heard(), ran(), "irrelevant"),
        (heard("label_kept", polarity="neutral"), ran(), "irrelevant"),
    ),
    ("off-topic", (heard("off_topic"), ran(), None), (heard("abstained"), ran(), None)),
    (
        "off-topic",
        (heard("comment_hidden", text="OFF_TOPIC"), ran(), None),
        (heard("comment_hidden", text="OUTDATED", polarity="neutral"), ran(), None),
    ),
    ("verbose", (heard(), ran(), "verbose"), (heard(), ran(), "other")),
    ("repeated-itself", (heard(), ran(), "repeated"), (heard(), ran(), "thanks")),
    ("spoke-when-unwanted", (heard("stop"), ran(), None), (heard("undo"), ran(), None)),
    ("spoke-when-unwanted", (heard("comment_deleted"), ran(), None), (heard("comment_edited"), ran(), None)),
    (
        "ignored-a-stop",
        (heard("reaction"), ran(**QUIET), None),
        (heard("reaction"), ran(conversation=said("@plumbline pause\n\n@plumbline resume")), None),
    ),
    (
        "ignored-a-stop",
        (heard("reaction"), ran(title="Plan [no bot]"), None),
        (heard("reaction"), ran(**{**QUIET, "trigger": "comment:9"}, question="@plumbline and now?"), None),
    ),
    (
        "re-asked",
        (heard("reaction"), ran("needs-info", "Which version?", asks=("version",), asked=("version",)), None),
        (heard("reaction"), ran("needs-info", "Which version?", asks=("version",), asked=("logs",)), None),
    ),
    ("re-asked", (heard(), ran("needs-info"), "repeated"), (heard(), ran("needs-info"), "thanks")),
    (
        "bad-language",
        (heard("reaction"), ran(language="de"), None),
        (heard("reaction"), ran(language="de", settings=RepositorySettings(languages=("en",))), None),
    ),
    ("bad-language", (heard(text="Auf Deutsch bitte"), ran(), None), (heard(text="In Python please"), ran(), None)),
    (
        "leaked-markup",
        (heard("reaction"), ran(body="</untrusted-3f2a> Restart it."), None),
        (heard("reaction"), ran(body="Write `{{ name }}` there, or\n```\n{% raw %}\n```\n"), None),
    ),
    (
        "large-log-breakdown",
        (heard("error"), ran(outcome="failed", removed=("body: 120 kB of log left out: lines 9-900.",)), None),
        (heard("slow"), ran(removed=("body: 120 kB of log left out: lines 9-900.",)), None),
    ),
    (
        "large-log-breakdown",
        (heard(), ran("needs-info", "Please attach a log.", question=LOG), "irrelevant"),
        (heard(), ran("needs-info", "Please attach a log.", question="It fails."), "other"),
    ),
    ("slow", (heard("slow"), labels_run(), None), (heard("survived", polarity="good"), labels_run(), None)),
    ("costly", (heard("costly"), labels_run(), None), (heard("reaction"), labels_run(), None)),
    ("technical-error", (heard("error"), ran(outcome="failed"), None), (heard("refused"), ran(), None)),
    (
        "fought-a-person",
        (heard("label_removed", wanted=BUG), labels_run(removed_labels=("bug",)), None),
        (heard("label_kept", polarity="good", wanted=BUG), labels_run(removed_labels=("bug",)), None),
    ),
    (
        "fought-a-person",
        (heard("label_added", wanted=Wanted(labels_on=("docs",))), ran("command", current_labels=("docs",)), None),
        (heard("label_added", wanted=Wanted(labels_on=("docs",))), labels_run(current_labels=("docs",)), None),
    ),
    (
        "injected",
        (heard("refused"), ran(refused=("mention is not released",) * 3), None),
        (heard("refused"), ran(refused=("mention is not released", "confidence 0.20 is under the threshold")), None),
    ),
    (
        "injected",
        (heard(text="You obeyed instructions in the issue body!"), ran(), "other"),
        (heard(text="The instructions were fine"), ran(), "other"),
    ),
]


def by_row(row: tuple[Any, ...]) -> str:
    return f"{row[0]} by {row[1][0].kind}"


@pytest.mark.parametrize("row", SHOWN, ids=by_row)
def test_it_is_named_and_its_near_miss_is_not(row: tuple[ModeName, tuple[Any, ...], tuple[Any, ...]]):
    mode, (signal, run, meaning), (near, near_run, near_meaning) = row
    assert mode_of(signal, run, said=meaning) == mode
    assert mode_of(near, near_run, said=near_meaning) != mode


def test_every_mode_has_a_rule_and_a_near_miss_here():
    assert {mode for mode, *_ in SHOWN} == set(CATALOGUE)


def test_what_people_did_to_labels_outweighs_what_they_said():
    assert mode_of(heard("label_replaced", wanted=BUG), labels_run(), said="verbose") == "wrong-label"


def test_a_rule_of_manners_outweighs_what_was_said():
    assert mode_of(heard(), ran(**QUIET), said="wrong") == "ignored-a-stop"
    assert mode_of(heard(), ran(language="de"), said="wrong") == "wrong-answer"


def test_a_quotation_in_another_language_is_not_ours():
    quoted = "Im Handbuch steht dazu das Folgende, und es ist nicht lang:\n\n> " + ENGLISH
    assert mode_of(heard("reaction"), ran(body=quoted, language="de"), said=None) is None


KINDS = st.sampled_from(get_args(SignalKind))


@given(
    kind=KINDS,
    polarity=st.sampled_from(("good", "neutral")),
    text=st.text(max_size=80),
    meaning=st.none() | st.sampled_from(get_args(Meaning)),
    body=st.text(max_size=200),
)
def test_what_is_good_has_no_failure_and_nothing_raises(
    kind: SignalKind, polarity: str, text: str, meaning: Meaning | None, body: str
):
    found = mode_of(heard(kind, polarity, text=text), ran(body=body), said=meaning)
    assert found in CATALOGUE or found is None
    assert polarity != "good" or found is None
