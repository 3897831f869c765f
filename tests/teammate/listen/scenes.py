"""Small scenes: one thread with what we did there, made of values."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.domain.decision import LabelProposal, TriageDecision
from app.domain.effect import CommentPayload, Effect, EffectPayload, LabelsPayload, Wrote
from app.domain.prompt import Usage
from app.domain.run import RunRecord
from app.domain.thread import Comment, RepositoryRef, Thread, ThreadRef
from app.domain.verdict import Verdict
from app.ports.listening import PastRun
from app.teammate import marker
from app.teammate.listen.scene import Scene
from tests.fakes import publisher
from tests.fakes.clock import START
from tests.fakes.snapshots import snapshot

REF = ThreadRef(RepositoryRef(7, 840, "ada/engine"), "issue", 12)
US, KEY = "plumbline[bot]", b"k" * 32


def a_run(*, language: str = "", **changed: Any) -> RunRecord:
    """Triage that labelled a question."""
    fields: dict[str, Any] = {
        "skill": "triage",
        "trigger": "body",
        "prompt": "triage@1",
        "prompt_digest": "d1",
        "model": "local/1",
        "outcome": "acted",
        "snapshot": snapshot(language=language),
        "decision": TriageDecision(labels=(LabelProposal(name="question", confidence=0.9, rationale="It asks."),)),
        "verdict": Verdict(effects=(LabelsPayload(names=("question",)),)),
        "usage": Usage(),
        "started_at": START,
        "finished_at": START,
    }
    return RunRecord.model_validate({**fields, **changed})


def an_effect(payload: EffectPayload, *, why: str = "body", **changed: Any) -> Effect:
    made = Effect(
        id=1,
        run_id=1,
        intent=f"{REF.key}:{why}",
        thread=REF,
        node_id="I_12",
        payload=payload,
        state="done",
        token=UUID(int=0),
        lease_until=START,
        attempts=0,
        sent_at=START,
        remote_id=None,
        revision=1,
        sent_revision=1,
        created_at=START,
        done_at=START,
    )
    return replace(made, **changed)


def a_comment_effect(body: str = "Set both secrets, then restart it.", **changed: Any) -> Effect:
    fields = {"remote_id": "100", "wrote": Wrote(body="digest"), **changed}
    return an_effect(CommentPayload(body=body), **fields)


def a_labels_effect(*names: str, **changed: Any) -> Effect:
    return an_effect(LabelsPayload(names=names), **{"wrote": Wrote(labels=names), **changed})


def a_comment(name: str, author: str, body: str, at: datetime = START, **changed: Any) -> Comment:
    fields: dict[str, Any] = {
        "id": name,
        "author": author,
        "author_is_bot": author.endswith("[bot]"),
        "association": "NONE",
        "body": body,
        "created_at": at,
        "updated_at": at,
    }
    return Comment.model_validate({**fields, **changed})


def ours(effect: Effect, at: datetime = START, **changed: Any) -> Comment:
    """The comment that an effect became, as we wrote it."""
    assert isinstance(effect.payload, CommentPayload)
    written = marker.with_marker(effect.payload.body, marker.sign(KEY, effect))
    return a_comment(effect.remote_id or "", US, written, at).model_copy(update=changed)


def a_thread(*said: tuple[str, str, str, datetime], comments: tuple[Comment, ...] = (), **changed: Any) -> Thread:
    """By grace; `said` are comments: id, author, body and when."""
    written = (*comments, *(a_comment(*one) for one in said))
    ordered = tuple(sorted(written, key=lambda one: one.created_at))
    return publisher.a_thread(REF, comments=ordered, **changed)


def a_scene(**changed: Any) -> Scene:
    fields: dict[str, Any] = {
        "ref": REF,
        "thread": a_thread(),
        "runs": [PastRun(1, a_run())],
        "effects": [],
        "acts": [],
        "now": START + timedelta(hours=1),
        "app_login": US,
        "handle": "plumbline",
    }
    return Scene(**{**fields, **changed})
