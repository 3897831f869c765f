"""The local model over this project's own prompts and pages."""

import time

import pytest

from app.adapters.local_model import LocalModel
from app.adapters.prompt_files import PromptFiles
from app.domain.decision import AnswerDecision, TriageDecision
from app.domain.prompt import ModelReply
from app.domain.snapshot import Snapshot
from app.teammate.compose import compose
from tests.fakes.snapshots import LABELS, snapshot
from tests.knowledge.shelf import PROJECT, nearest, passages, read

PROMPTS = PromptFiles()
SHELF = passages(read(PROJECT, "README.md", "docs/*.md", "app/teammate/*.py", "app/adapters/*.py"))


async def complete(skill: str, shown: Snapshot) -> ModelReply:
    return await LocalModel().complete(compose([PROMPTS.live(skill, "1#1")], shown))


async def answer(title: str, body: str = "", **changed: object) -> tuple[AnswerDecision, Snapshot]:
    found = tuple(nearest(title, body, SHELF))
    shown = snapshot(title=title, body=body, question=f"{title}\n\n{body}", passages=found, **changed)
    decision = (await complete("answer", shown)).decision
    assert isinstance(decision, AnswerDecision)
    return decision, shown


async def test_triage_proposes_labels_of_the_repository():
    reply = await complete("triage", snapshot(title="How do I rotate the webhook secret?", body=""))
    assert isinstance(reply.decision, TriageDecision)
    assert [one.name for one in reply.decision.labels] == ["question"]
    assert {one.name for one in reply.decision.labels} <= {label.name for label in LABELS}


async def test_a_reply_says_who_answered_and_costs_nothing():
    reply = await complete("triage", snapshot())
    assert reply.model == LocalModel.name == "local/2"
    assert (reply.usage.calls, reply.usage.cost_usd, reply.usage.input_tokens) == (1, 0.0, 0)
    assert reply.usage.latency_s > 0


async def test_the_same_snapshot_gives_the_same_decision():
    first, second = [await complete("answer", snapshot()) for _ in range(2)]
    assert first.decision == second.decision


async def test_the_first_question_a_newcomer_asks():
    decision, shown = await answer("How do I rotate the webhook secret?")
    first = decision.claims[0]
    passage = shown.passages[first.passage - 1]
    assert (passage.path, passage.heading) == ("docs/webhooks.md", "Webhooks > Rotate the webhook secret")
    assert first.quote in passage.text
    assert "GITHUB_WEBHOOK_SECRET" in first.text
    assert decision.confidence > 0.6


QUESTIONS = (
    ("How can I run it with Docker Compose?", "docs/install.md"),
    ("How do I back up Plumbline?", "docs/operations.md"),
    ("Which permissions does the GitHub App need?", "docs/install.md"),
    ("How do I roll back a prompt?", "docs/prompts.md"),
    ("How do I restrict the labels it applies?", "docs/settings.md"),
    ("What does the mode draft do?", "docs/settings.md"),
    ("How are missed deliveries recovered?", "docs/webhooks.md"),
    ("How do I send traces to LangSmith?", "docs/operations.md"),
    ("How do I retry dead work?", "docs/operations.md"),
    ("How do I upgrade?", "docs/install.md"),
    ("Where are the logs?", "docs/operations.md"),
    ("How can I try Plumbline without GitHub?", "docs/install.md"),
)


async def test_questions_about_this_project_are_answered_from_its_pages():
    right = []
    for title, path in QUESTIONS:
        decision, shown = await answer(title)
        right.append(bool(decision.claims) and shown.passages[decision.claims[0].passage - 1].path == path)
    assert sum(right) >= len(QUESTIONS) - 2, [
        title for (title, _), good in zip(QUESTIONS, right, strict=True) if not good
    ]


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("What is the weather?", ""),
        ("How do I bake sourdough bread?", ""),
        ("Does it support MongoDB?", ""),
        ("How do I change my GitHub password?", ""),
        ("KeyError: 'installation'", "```\nTraceback (most recent call last):\nKeyError: 'installation'\n```"),
        ("Please add dark mode", "It would be nice."),
    ],
)
async def test_silence_is_the_answer_to_everything_else(title, body):
    decision, _ = await answer(title, body)
    assert decision.claims == ()
    assert decision.silence


async def test_a_comment_to_us_is_answered_in_the_light_of_its_thread():
    found = tuple(nearest("how do I do that without losing one?", "Rotating the webhook secret", SHELF))
    shown = snapshot(
        title="Rotating the webhook secret",
        body="Is it documented?",
        trigger="comment:9",
        question="how do I rotate it?",
        passages=found,
    )
    decision = (await complete("answer", shown)).decision
    assert isinstance(decision, AnswerDecision)
    assert "Rotate the webhook secret" in found[decision.claims[0].passage - 1].heading


async def test_a_decision_takes_milliseconds():
    shown = snapshot(passages=tuple(nearest("How do I rotate the webhook secret?", "", SHELF)))
    started = time.thread_time()
    for _ in range(10):
        await complete("answer", shown)
        await complete("triage", shown)
    assert (time.thread_time() - started) / 10 < 0.1
