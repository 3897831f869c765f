"""Case: a failure as an exam question: what was seen, what we did, what a person did instead.

A case is only proposed by a machine. A person accepts, corrects or rejects it; accepted ones are harvested into a
dataset as a diff that is reviewed like code.
"""

from datetime import datetime
from typing import Literal

from pydantic import Field, JsonValue

from app.domain.decision import SkillName
from app.domain.failure import ModeName
from app.domain.signal import Wanted
from app.domain.thread import Frozen

CaseState = Literal["proposed", "accepted", "rejected", "harvested"]
JudgementVerdict = Literal["accept", "correct", "reject"]
Split = Literal["train", "gate", "holdout"]


class Provenance(Frozen):
    """Where a case comes from: ids of its signals, and a link to the thread. `people` are keyed hashes of the logins
    that stood in it, so that a person can be forgotten whose name is not kept.
    """

    run_id: int
    signals: tuple[str, ...]
    url: str
    prompt: str
    prompt_digest: str
    model: str
    people: tuple[str, ...] = ()


class Case(Frozen):
    """`snapshot` is as the run recorded it, scrubbed of secrets and personal data; `did` are the payloads of the
    effects that the guard let through, as JSON. `segment` are names and values such as repository, language, skill,
    label, prompt, model. `cluster` holds near-twins together, so that no split separates them. `twin_of` is an older
    case that asks nearly the same: such a case is not shown unless somebody asks.
    """

    id: int = 0
    repository_id: int
    installation_id: int
    number: int
    private: bool
    skill: SkillName
    mode: ModeName
    wanted: Wanted | None
    snapshot: dict[str, JsonValue]
    did: tuple[dict[str, JsonValue], ...]
    segment: dict[str, str] = Field(default_factory=dict)
    cluster: str = ""
    twin_of: int | None = None
    provenance: Provenance
    state: CaseState = "proposed"
    assignee: str = ""
    proposed_at: datetime | None = None


class Judgement(Frozen):
    """What one person says of one case; judging again replaces their own judgement only."""

    case_id: int
    judge: str
    verdict: JudgementVerdict
    mode: ModeName | None = None
    wanted: Wanted | None = None
    note: str = ""
    at: datetime
