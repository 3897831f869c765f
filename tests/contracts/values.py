"""Values that the contract suites and the tests of the store have in common."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from app.domain.decision import LabelProposal, TriageDecision
from app.domain.effect import CommentPayload, LabelsPayload, PlannedEffect
from app.domain.past import PastThread
from app.domain.prompt import Usage
from app.domain.repository_settings import RepositorySettings
from app.domain.run import RunRecord, Span
from app.domain.snapshot import Passage, Snapshot
from app.domain.thread import RepositoryRef, ThreadRef
from app.domain.verdict import Verdict
from app.domain.work import WorkOrder
from app.ports import Edition, IndexedFile, Library

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def an_order(
    number: int = 1, trigger: str = "body", *, repository_id: int = 840, installation_id: int = 7
) -> WorkOrder:
    return WorkOrder(
        key=f"{repository_id}#{number}",
        kind="thread",
        trigger=trigger,
        installation_id=installation_id,
        repository_id=repository_id,
        repository=f"acme/r{repository_id}",
        thread_kind="issue",
        number=number,
    )


def a_thread(number: int = 1, *, repository_id: int = 840, installation_id: int = 7) -> ThreadRef:
    return ThreadRef(RepositoryRef(installation_id, repository_id, f"acme/r{repository_id}"), "issue", number)


def a_comment(body: str = "Hello.", *, number: int = 1, installation_id: int = 7, draft: bool = False) -> PlannedEffect:
    thread = a_thread(number, repository_id=installation_id * 100, installation_id=installation_id)
    return PlannedEffect(f"{thread.key}:body", thread, "I_1", CommentPayload(body=body), run=0, draft=draft)


def labels(*names: str, number: int = 1) -> PlannedEffect:
    thread = a_thread(number, repository_id=700)
    return PlannedEffect(f"{thread.key}:body", thread, "I_1", LabelsPayload(names=names), run=0)


def a_run(*, title: str = "It crashes", outcome: str = "acted", prompt: str = "triage@1") -> RunRecord:
    snapshot = Snapshot(
        repository="acme/r840",
        private=False,
        kind="issue",
        number=1,
        node_id="I_1",
        trigger="body",
        title=title,
        body="when I start it",
        author="ada",
        association="NONE",
        current_labels=(),
        question=title,
        asked_by="ada",
        labels=(),
        settings=RepositorySettings(),
        taken_at=NOON,
    )
    failed = outcome == "failed"
    return RunRecord(
        skill="triage",
        trigger="body",
        prompt=prompt,
        prompt_digest="d1",
        model="local/1",
        outcome=outcome,
        snapshot=snapshot,
        decision=None
        if failed
        else TriageDecision(labels=(LabelProposal(name="bug", confidence=0.9, rationale="it crashes"),)),
        verdict=None if failed else Verdict(effects=(LabelsPayload(names=("bug",)),), summary="label bug"),
        usage=Usage(input_tokens=12, cost_usd=0.25, calls=1),
        spans=(Span(name="gather", start_ms=0, duration_ms=1.5, attributes={"passages": 3}),),
        error="timeout: no answer in 90 s" if failed else None,
        started_at=NOON,
        finished_at=NOON,
    )


def a_passage(text: str, *, heading: str = "", path: str = "docs/a.md", start: int = 1) -> Passage:
    url = f"https://github.com/acme/r/blob/c1/{path}#L{start}-L{start + 2}"
    return Passage(path=path, heading=heading, start=start, end=start + 2, commit="c1", text=text, url=url)


def an_edition(commit: str = "c1", *, private: bool = False) -> Edition:
    return Edition(commit, "https://github.com/acme/r", private)


def indexed(*passages: Passage, digest: str = "d") -> dict[str, IndexedFile]:
    """Files made of these passages."""
    paths = dict.fromkeys(one.path for one in passages)
    return {path: IndexedFile(digest, tuple(one for one in passages if one.path == path)) for path in paths}


async def shelve(
    library: Library, repository_id: int, commit: str, passages: Sequence[Passage], *, private: bool = False
) -> None:
    """Make the library hold these passages of a repository and no others."""
    gone = await library.files(repository_id)
    await library.update(repository_id, an_edition(commit, private=private), indexed(*passages), gone)


def a_past(number: int, title: str, body: str = "", *, days: float = 0, **changed: Any) -> PastThread:
    """An issue opened so many days after noon."""
    at = NOON + timedelta(days=days)
    fields: dict[str, Any] = {"number": number, "kind": "issue", "title": title, "body": body, "author": "ada"}
    return PastThread.model_validate({**fields, "created_at": at, "updated_at": at, **changed})
