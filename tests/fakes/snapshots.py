"""A snapshot of an ordinary thread; a test changes the fields it is about."""

from datetime import UTC, datetime
from typing import Any

from app.domain.repository_settings import RepositorySettings
from app.domain.snapshot import Passage, Snapshot
from app.domain.thread import Label

LABELS = (
    Label(name="bug", description="Something isn't working"),
    Label(name="question", description="Further information is requested"),
    Label(name="documentation", description="Improvements or additions to documentation"),
)

PASSAGE = Passage(
    path="docs/webhooks.md",
    heading="Webhooks > Rotate the webhook secret",
    start=12,
    end=20,
    commit="0" * 40,
    text="Set both secrets, the new one first, separated by a comma.\nRestart, then change it at GitHub.",
    url=f"https://github.com/ada/engine/blob/{'0' * 40}/docs/webhooks.md#L12-L20",
    score=2.5,
)


def snapshot(**changed: Any) -> Snapshot:
    fields: dict[str, Any] = {
        "repository": "ada/engine",
        "private": False,
        "kind": "issue",
        "number": 12,
        "node_id": "I_12",
        "trigger": "body",
        "title": "How do I rotate the webhook secret?",
        "body": "I have a question: I read the documentation and found no answer.",
        "author": "grace",
        "association": "NONE",
        "current_labels": (),
        "question": "How do I rotate the webhook secret?",
        "asked_by": "grace",
        "labels": LABELS,
        "passages": (PASSAGE,),
        "settings": RepositorySettings(),
        "taken_at": datetime(2026, 11, 20, 12, 0, tzinfo=UTC),
    }
    return Snapshot.model_validate({**fields, **changed})
