"""Propose: from a run that was judged wrong to an exam question that waits for a person's yes.

Nothing is kept of a repository whose settings did not say `data: {learn: true}` when the run looked at it, or no longer
say it, and what is kept is scrubbed first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast, get_args

from app.domain.case import Case, Provenance
from app.domain.decision import SkillName
from app.domain.failure import ModeName
from app.domain.history import RunDetail
from app.domain.signal import Polarity, Signal, Wanted
from app.domain.thread import ThreadRef
from app.teammate.cases.scrub import Scrubber, hashed, scrubber
from app.teammate.parts import Parts

PLACES: Mapping[str, str] = {"issue": "issues", "pull_request": "pull", "discussion": "discussions"}
SKILLS: Mapping[str, ModeName] = {
    "triage": "wrong-label",
    "duplicates": "wrong-duplicate",
    "needs-info": "re-asked",
    "answer": "wrong-answer",
    "pull-request": "irrelevant",
}
"""What a run was wrong in where no rule has named it: the likeliest for its skill, until a person says better."""


class Concluded(Protocol):
    """What all that was heard about a run comes to (`app/teammate/listen/weigh.py`)."""

    @property
    def polarity(self) -> Polarity: ...
    @property
    def mode(self) -> ModeName | None: ...
    @property
    def wanted(self) -> Wanted | None: ...
    @property
    def signals(self) -> Sequence[Signal]: ...


@dataclass(frozen=True, slots=True)
class House:
    """What a case needs to know of the installation. `ours` are the names that stand for the teammate itself."""

    key: bytes
    web_origin: str
    ours: tuple[str, ...]
    secrets: tuple[str, ...]


async def propose(parts: Parts, thread: ThreadRef, run_id: int, conclusion: Concluded) -> int | None:
    """The id of the case that is proposed; None where there is none to make, or the run has one already."""
    run = await parts.history.run(run_id)
    if run is None or conclusion.polarity != "bad":
        return None
    repository_id = thread.repository.repository_id
    standing = (await parts.cases.standing([repository_id])).get(repository_id)
    if standing is None or not standing.learn:
        return None
    house = House(parts.marker_key, parts.web_origin, (parts.app_login, parts.handle), parts.secrets)
    case = case_of(run, thread, conclusion, house)
    if case is None:
        return None
    return await parts.cases.propose(case.model_copy(update={"private": case.private or standing.private}))


def case_of(run: RunDetail, thread: ThreadRef, conclusion: Concluded, house: House) -> Case | None:
    """None for a run of no skill, and where the settings of then do not allow to learn."""
    row, seen = run.row, run.snapshot
    if row.skill not in get_args(SkillName) or not may_learn(seen):
        return None
    judges = [signal.actor for signal in conclusion.signals if signal.actor]
    scrub = scrubber(seen, others=judges, ours=house.ours, secrets=house.secrets)
    wanted = _scrubbed(conclusion.wanted, scrub)
    place = f"{house.web_origin}/{row.repository}/{PLACES[row.thread_kind]}/{row.number}"
    return Case(
        repository_id=thread.repository.repository_id,
        installation_id=thread.repository.installation_id,
        number=row.number,
        private=bool(seen.get("private", True)),
        skill=cast("SkillName", row.skill),
        mode=conclusion.mode or SKILLS[row.skill],
        wanted=wanted,
        snapshot=scrub.tree(seen),
        did=tuple(scrub.tree((run.verdict or {}).get("effects", []))),
        segment=_segment(run, wanted),
        provenance=Provenance(
            run_id=row.id,
            signals=tuple(_named(signal, house.key) for signal in conclusion.signals),
            url=place,
            prompt=row.prompt,
            prompt_digest=run.prompt_digest,
            model=row.model,
            people=tuple(sorted(hashed(login, house.key) for login in scrub.people)),
        ),
    )


def may_learn(snapshot: Mapping[str, Any]) -> bool:
    """Whether the settings, as this run read them, let a case be made of it."""
    return (snapshot.get("settings") or {}).get("data", {}).get("learn") is True


def _scrubbed(wanted: Wanted | None, scrub: Scrubber) -> Wanted | None:
    return wanted.model_copy(update={"body": scrub.text(wanted.body)}) if wanted else None


def _named(signal: Signal, key: bytes) -> str:
    """A signal's id, with a hash in place of the login that may be a part of it."""
    return signal.id.replace(signal.actor, hashed(signal.actor, key)[:12]) if signal.actor else signal.id


def _segment(run: RunDetail, wanted: Wanted | None) -> dict[str, str]:
    row = run.row
    labels = (*wanted.labels_on, *wanted.labels_off) if wanted else ()
    values = {
        "repository": row.repository,
        "kind": row.thread_kind,
        "language": str(run.snapshot.get("language", "")),
        "skill": row.skill,
        "label": labels[0] if labels else "",
        "prompt": row.prompt,
        "model": row.model,
    }
    return {name: value for name, value in values.items() if value}
