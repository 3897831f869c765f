"""Preview: what other settings would have changed in the newest runs of a repository.

Nothing is decided again: each run keeps what the model proposed, and only the guard judges that anew, once under the
settings of today and once under the proposed ones.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from pydantic import TypeAdapter, ValidationError

from app.domain.decision import Decision
from app.domain.effect import AllowedPayload, LabelsPayload
from app.domain.history import RunDetail, RunFilter
from app.domain.repository_settings import RepositorySettings
from app.domain.snapshot import Snapshot
from app.domain.thread import ThreadRef
from app.teammate.guard.verdict import judge
from app.teammate.keep_out import kept_out
from app.teammate.parts import Parts
from app.teammate.skills import loudness

RUNS = 200
AT_MOST = timedelta(seconds=20)

_DECISION: TypeAdapter[Decision] = TypeAdapter(Decision)
Done = tuple[str, tuple[AllowedPayload, ...]]
"""How loudly (`write` or `draft`), and what; nothing at all where there are no effects."""
NOTHING: Done = ("", ())


@dataclass(frozen=True, slots=True)
class Change:
    """One run that would end differently. `before` and `after` say how, in words of ours and names of labels."""

    number: int
    title: str
    skill: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Preview:
    """`judged` runs were looked at, the newest first; `changes` are those of them that would end differently."""

    judged: int = 0
    changes: tuple[Change, ...] = ()


async def preview_of(parts: Parts, ref: ThreadRef, today: RepositorySettings, proposed: RepositorySettings) -> Preview:
    """Judge the last 200 runs of the repository under both; fewer where that takes more than 20 seconds.

    One run at a time is in memory, and it is judged beside the event loop, which has leases to keep.
    """
    if today == proposed:
        return Preview()
    until = parts.clock.now() + AT_MOST
    judged, changes = 0, []
    for row in await parts.history.runs(RunFilter(repository=ref.repository.name), limit=RUNS):
        if parts.clock.now() > until:
            break
        run = await parts.history.run(row.id)
        if run is None or run.decision is None:
            continue
        ends = await asyncio.to_thread(_both, run, today, proposed, parts)
        if ends is None:
            continue
        judged += 1
        if ends[0] != ends[1]:
            before, after = map(_words, ends)
            if before == after:
                after = f"{after}, in other words"
            changes.append(Change(row.number, row.title, row.skill, before, after))
    return Preview(judged, tuple(changes))


def _both(
    run: RunDetail, today: RepositorySettings, proposed: RepositorySettings, parts: Parts
) -> tuple[Done, Done] | None:
    """None for a run that an older version recorded in words that are not ours any more."""
    try:
        snapshot = Snapshot.model_validate(run.snapshot)
        decision = _DECISION.validate_python(run.decision)
    except ValidationError:
        return None
    return _end(snapshot, decision, today, parts), _end(snapshot, decision, proposed, parts)


def _end(snapshot: Snapshot, decision: Decision, settings: RepositorySettings, parts: Parts) -> Done:
    authors = (snapshot.author, snapshot.asked_by)
    labels, title = snapshot.current_labels, snapshot.title
    if kept_out(settings, kind=snapshot.kind, authors=authors, labels=labels, title=title):
        return NOTHING
    volume = loudness(settings, decision.skill, snapshot.trigger, snapshot.association, snapshot.kind)
    if volume == "off":
        return NOTHING
    verdict = judge(
        decision,
        snapshot.model_copy(update={"settings": settings}),
        web_origin=parts.web_origin,
        handle=parts.handle,
        secrets=parts.secrets,
    )
    return (volume, verdict.effects) if verdict.effects else NOTHING


def _words(done: Done) -> str:
    volume, effects = done
    said = [
        f"labels {', '.join(effect.names)}" if isinstance(effect, LabelsPayload) else "comment" for effect in effects
    ]
    return f"{'draft: ' if volume == 'draft' else ''}{' and '.join(said)}" if said else "nothing"
