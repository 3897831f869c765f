"""Export: what people accepted, as examples to fine-tune a model with, and beside them where each comes from.

Only the split that is there to learn from is exported: a model that has seen the gate's questions has not passed it.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from app.domain.decision import SkillName
from app.domain.prompt import PromptVersion
from app.ports.erasing import Erasure
from app.ports.listening import Standing
from evals.cases.datasets import Row, read, without
from evals.cases.harvest import NO_CONSENT, PRIVATE
from evals.cases.pairs import Format, pair_of

NOT_TRAIN = "not of the split to learn from"
UNSAID = "nobody said what would have been right"


@dataclass
class Export:
    """`pairs` were written; `refused` says why the other rows were not."""

    pairs: int = 0
    refused: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Allowed:
    """Whose text may leave: what holds for each repository now, the installation that was named, if any, and what was
    asked to be forgotten.
    """

    standing: Mapping[int, Standing]
    installation: int | None
    forgotten: Sequence[Erasure]


def export(
    folder: Path, out: Path, form: Format, prompts: Mapping[SkillName, PromptVersion], allowed: Allowed
) -> Export:
    """Write `out`, and `<out>.provenance.jsonl` with a line for each of its lines."""
    done, lines, origins = Export(), list[str](), list[str]()
    for questions in read(folder).values():
        for row in without(questions, allowed.forgotten):
            if why := _refusal(row, allowed):
                done.refused[why] += 1
            elif (pair := pair_of(row, prompts)) is None:
                done.refused[UNSAID] += 1
            else:
                lines.append(pair.line(form))
                origins.append(_origin(row, lines[-1]))
    done.pairs = len(lines)
    out.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    sidecar_of(out).write_text("".join(f"{line}\n" for line in origins), encoding="utf-8")
    return done


def sidecar_of(out: Path) -> Path:
    return out.with_name(f"{out.name}.provenance.jsonl")


def _refusal(row: Row, allowed: Allowed) -> str:
    if row.split != "train":
        return NOT_TRAIN
    standing = allowed.standing.get(row.provenance["repository_id"])
    if standing is None or not standing.learn:
        return NO_CONSENT
    if (row.data["private"] or standing.private) and row.provenance["installation_id"] != allowed.installation:
        return PRIVATE
    return ""


def _origin(row: Row, line: str) -> str:
    kept = {name: row.data[name] for name in ("id", "cluster", "skill", "provenance", "consent", "judged_by")}
    return json.dumps(kept | {"sha256": sha256(line.encode()).hexdigest()}, ensure_ascii=False, sort_keys=True)
