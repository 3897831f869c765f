"""Material: the variables that a template sees, each text sanitized already, fenced and named. Pure.

What is the same for all threads of a repository has a fence code of its own, so that the provider can cache it.
"""

import hashlib
import json
from collections.abc import Iterable

from app.domain.past import Neighbour
from app.domain.snapshot import Snapshot
from app.teammate.sanitize import fence

NEIGHBOUR_SHOWN = 700
"""Characters of a past thread's body."""
LABELS_SHOWN = 8

VARIABLES = frozenset(
    {
        *("kind", "max_labels"),
        *("labels", "current_labels", "title", "body", "author", "conversation"),
        *("question", "asked_by", "passages"),
        *("neighbours", "evidence", "needs", "asked"),
        *("changes", "remarks", "summary_wanted"),
    }
)
"""What a template may use. The first line is ours, `summary_wanted` too; everything else arrives fenced."""


def material(snapshot: Snapshot) -> dict[str, object]:
    """The variables a template sees. Labels have a nonce of their own: it must not change with the thread."""
    code = nonce(snapshot.model_dump_json())
    labels = "\n".join(
        json.dumps({"name": label.name, "description": label.description}, ensure_ascii=False)
        for label in snapshot.labels
    )
    return {
        "kind": snapshot.kind.replace("_", " "),
        "max_labels": snapshot.settings.labels.max,
        "labels": _fenced("labels", labels, nonce(snapshot.repository, labels)),
        "current_labels": _fenced("current labels", "\n".join(snapshot.current_labels), code),
        "title": _fenced("title", snapshot.title, code),
        "body": _fenced("body", snapshot.body, code),
        "author": _fenced("author", f"{snapshot.author} ({snapshot.association})", code),
        "conversation": _each(
            "comment", (f"{said.author} ({said.role}):\n{said.text}" for said in snapshot.conversation), code
        ),
        "question": _fenced("question", snapshot.question, code),
        "asked_by": _fenced("asked by", snapshot.asked_by, code),
        "passages": _about_passages(snapshot, code) + _each("passage", _passages(snapshot), code),
        "neighbours": _each("similar thread", map(_neighbour, snapshot.neighbours), code),
        "evidence": _fenced("classifier", _probabilities(snapshot), code),
        "needs": _each("possible request", (f"{need.ask}\n{need.why}" for need in snapshot.needs), code),
        "asked": _fenced("asked before", "\n".join(snapshot.asked), code),
        **_pull(snapshot, code),
    }


def _neighbour(neighbour: Neighbour) -> str:
    """A past thread with what became of it. Its labels are examples of how this repository labels."""
    thread = neighbour.thread
    fate = f"{thread.state} {thread.state_reason}".strip() + (", nobody wrote for long" if thread.stale else "")
    facts = [
        f"title: {thread.title}",
        f"state: {fate}; opened {thread.created_at:%Y-%m-%d}",
        f"labels: {', '.join(thread.labels) or 'none'}",
        f"alike: {neighbour.score:.2f}; both say: {', '.join(neighbour.shared) or 'nothing telling'}",
    ]
    return "\n".join([*facts, "", thread.body[:NEIGHBOUR_SHOWN]])


def _probabilities(snapshot: Snapshot) -> str:
    surest = sorted(snapshot.evidence.items(), key=lambda one: (-one[1], one[0]))[:LABELS_SHOWN]
    return "\n".join(json.dumps({"label": name, "probability": round(p, 2)}, ensure_ascii=False) for name, p in surest)


def _pull(snapshot: Snapshot, code: str) -> dict[str, object]:
    pull = snapshot.pull
    if pull is None:
        return {"changes": "(no changes)", "remarks": "(no facts)", "summary_wanted": False}
    files = "\n".join(f"{one.status} {one.path} +{one.additions} -{one.deletions}" for one in pull.files)
    return {
        "changes": _fenced("changes", f"size: {pull.size}\n{files}\n\n{pull.patch}", code),
        "remarks": _each("fact", pull.remarks, code),
        "summary_wanted": pull.wants_summary,
    }


def _passages(snapshot: Snapshot) -> Iterable[str]:
    for passage in snapshot.passages:
        source = f"{passage.path} > {passage.heading}" if passage.heading else passage.path
        yield f"source: {source}\n\n{passage.text}"


def _about_passages(snapshot: Snapshot, code: str) -> str:
    """Of which version they are, where that is not the newest, and what is missing among them."""
    version = [f"All of tag {snapshot.tag}, the version that the thread names."] if snapshot.tag else []
    left_out = [line for line in snapshot.removed if line.startswith("passages: ")]
    about = "\n".join([*version, *left_out])
    return f"{_fenced('about the passages', about, code)}\n" if about else ""


def _each(name: str, texts: Iterable[str], code: str) -> str:
    """Numbered from 1, as Claim.passage counts."""
    fenced = [_fenced(f"{name} {number}", text, code) for number, text in enumerate(texts, start=1)]
    return "\n".join(fenced) or f"(no {name}s)"


def _fenced(name: str, text: str, code: str) -> str:
    """NUL separates our own markers, so it is the one character that may not come from outside."""
    return fence(name, text.replace("\0", "") or "(empty)", code)


def nonce(*parts: str) -> str:
    """Nobody can write a text that contains its own hash, so no content can foresee its fence."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
