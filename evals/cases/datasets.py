"""Datasets: exam questions as JSON Lines, one file for each skill, sorted by id. What is written stays as it is.

Splits are drawn by cluster: half of the clusters to learn from, three in ten for the gate, two in ten held out. A
cluster that is in a file keeps its split, however many more join it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, get_args

from app.domain.case import Case, Split
from app.domain.decision import SkillName
from app.domain.failure import ModeName
from app.domain.signal import Wanted
from app.errors import ConfigurationError
from app.ports.erasing import Erasure

FOLDER = Path("evals/datasets")
_UP_TO: Mapping[Split, int] = {"train": 50, "gate": 80, "holdout": 100}
"""Of a hundred clusters."""
_NEEDED = frozenset(
    {"id", "cluster", "split", "skill", "snapshot", "did", "expected", "private", "provenance", "consent"}
)


@dataclass(frozen=True, slots=True)
class Row:
    """One question: as it is written, and what that says."""

    line: str
    data: Mapping[str, Any]

    @property
    def id(self) -> str:
        return str(self.data["id"])

    @property
    def cluster(self) -> str:
        return str(self.data["cluster"])

    @property
    def split(self) -> Split:
        split: Split = self.data["split"]
        return split

    @property
    def provenance(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.data["provenance"]
        return found


def row_of(case: Case, split: Split, mode: ModeName, expected: Wanted | None, judged_by: int) -> Row:
    """`expected` and `mode` are what people said last; of them only how many they were is kept."""
    where = {"repository_id": case.repository_id, "installation_id": case.installation_id, "number": case.number}
    data = {
        "id": case_key(case),
        "cluster": case.cluster,
        "split": split,
        "skill": case.skill,
        "mode": mode,
        "segment": case.segment,
        "snapshot": case.snapshot,
        "did": list(case.did),
        "expected": expected.model_dump(mode="json", exclude_defaults=True) if expected else None,
        "private": case.private,
        "provenance": case.provenance.model_dump(mode="json") | where,
        "judged_by": judged_by,
        "consent": {"learn": True, "at": case.proposed_at.isoformat() if case.proposed_at else ""},
    }
    return _row(data)


def case_key(case: Case) -> str:
    """The same in every database that holds the case."""
    said = json.dumps([case.repository_id, case.provenance.run_id, case.snapshot], sort_keys=True)
    return sha256(said.encode()).hexdigest()[:16]


def split_of(cluster: str) -> Split:
    """Where a cluster goes that is in no file yet."""
    place = int(sha256(f"split:{cluster}".encode()).hexdigest(), 16) % 100
    return next(split for split, up_to in _UP_TO.items() if place < up_to)


def read(folder: Path) -> dict[SkillName, list[Row]]:
    """Every dataset in the folder. Raises ConfigurationError with file and line where one is no question."""
    return {skill: _read(file) for skill in get_args(SkillName) if (file := folder / f"{skill}.jsonl").is_file()}


def repositories_in(folder: Path) -> set[int]:
    """Ids of those that its questions come from."""
    return {row.provenance["repository_id"] for rows in read(folder).values() for row in rows}


def write(folder: Path, rows: Mapping[SkillName, Sequence[Row]]) -> list[Path]:
    """The files that changed, each replaced at once, so that a crash leaves the old one or the new one."""
    changed = []
    for skill, questions in rows.items():
        file = folder / f"{skill}.jsonl"
        text = "".join(f"{row.line}\n" for row in sorted(questions, key=lambda row: row.id))
        if text == (file.read_text("utf-8") if file.is_file() else ""):
            continue
        folder.mkdir(parents=True, exist_ok=True)
        fresh = file.with_suffix(".fresh")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(file)
        changed.append(file)
    return changed


def without(rows: Iterable[Row], erasures: Sequence[Erasure]) -> list[Row]:
    """Those that nothing that was asked to be forgotten reaches."""
    return [row for row in rows if not any(_reaches(erasure, row) for erasure in erasures)]


def _reaches(erasure: Erasure, row: Row) -> bool:
    """What a question was made of after something was forgotten is something else."""
    kept_at = row.data["consent"]["at"]
    if not kept_at or datetime.fromisoformat(kept_at) > erasure.asked_at:
        return False
    place, people = row.provenance, row.provenance["people"]
    thread = f"{place['repository_id']}#{place['number']}"
    match erasure.what:
        case "thread":
            return erasure.subject == thread
        case "comment":
            where, _, login = erasure.subject.rpartition(":")
            return where.rpartition(":")[0] == thread and login in people
        case "repository":
            return erasure.subject == str(place["repository_id"])
        case "privatized":
            return erasure.subject == str(place["repository_id"]) and not row.data["private"]
        case "installation":
            return erasure.subject == str(place["installation_id"])
        case "person":
            return erasure.subject in people
        case "consent":
            return False  # what was accepted into a dataset stays, but is added to and exported no more


def _read(file: Path) -> list[Row]:
    rows = []
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        try:
            data = json.loads(line)
        except ValueError as error:
            raise ConfigurationError(f"{file}:{number}: not JSON: {error}.") from None
        if not isinstance(data, dict) or not data.keys() >= _NEEDED or data["split"] not in get_args(Split):
            raise ConfigurationError(f"{file}:{number}: no question: one has {', '.join(sorted(_NEEDED))}.")
        rows.append(Row(line, data))
    return rows


def _row(data: Mapping[str, Any]) -> Row:
    return Row(json.dumps(data, ensure_ascii=False, sort_keys=True), data)
