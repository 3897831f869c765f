"""Harvest: cases that people accepted become rows of datasets, once, and only where that is still allowed."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.domain.case import Case, CaseState, Judgement, Split
from app.domain.decision import SkillName
from app.domain.failure import ModeName
from app.domain.signal import Wanted
from app.ports import CaseFilter, Cases
from app.ports.erasing import Erasures
from evals.cases.datasets import Row, case_key, read, row_of, split_of, without, write

NO_CONSENT = "the repository's settings do not let it learn"
PRIVATE = "private, and its installation was not named"
BRIDGE = "like questions of several splits"


@dataclass
class Harvest:
    """How many rows came and went, which files changed, and why accepted cases stayed out."""

    added: int = 0
    removed: int = 0
    files: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)


async def harvest(cases: Cases, erasures: Erasures, folder: Path, *, installation: int | None = None) -> Harvest:
    """Add what was accepted, take out what was forgotten. Doing it again changes nothing.

    `installation` names the one whose private repositories may be among it: then the folder must stay with its people.
    """
    done, taken = Harvest(), list[int]()
    rows = await _remaining(erasures, folder, done)
    known = {row.id for questions in rows.values() for row in questions}
    splits = await _splits(cases, rows)
    async for case in _in_state(cases, "accepted"):
        if case_key(case) in known:  # written before a crash
            taken.append(case.id)
        elif why := await _refusal(cases, case, installation, splits):
            done.refused[why] += 1
        else:
            (split,) = splits.setdefault(case.cluster, {split_of(case.cluster)})
            rows.setdefault(case.skill, []).append(await _judged(cases, case, split))
            taken.append(case.id)
            done.added += 1
    done.files = [str(file) for file in write(folder, rows)]
    await cases.harvested(taken)
    return done


async def clean(erasures: Erasures, folder: Path) -> Harvest:
    """Only take out what was forgotten."""
    done = Harvest()
    rows = await _remaining(erasures, folder, done)
    done.files = [str(file) for file in write(folder, rows)]
    return done


async def _remaining(erasures: Erasures, folder: Path, done: Harvest) -> dict[SkillName, list[Row]]:
    forgotten = await erasures.known()
    rows: dict[SkillName, list[Row]] = {}
    for skill, questions in read(folder).items():
        rows[skill] = without(questions, forgotten)
        done.removed += len(questions) - len(rows[skill])
    return rows


async def _splits(cases: Cases, rows: Mapping[SkillName, Sequence[Row]]) -> dict[str, set[Split]]:
    """The splits in which a cluster is already, by the name it has now: clusters grow together."""
    now = {case.provenance.run_id: case.cluster async for case in _in_state(cases, "harvested")}
    splits: dict[str, set[Split]] = defaultdict(set)
    for questions in rows.values():
        for row in questions:
            splits[row.cluster].add(row.split)
            splits[now.get(row.provenance["run_id"], row.cluster)].add(row.split)
    return dict(splits)


async def _refusal(cases: Cases, case: Case, installation: int | None, splits: Mapping[str, set[Split]]) -> str:
    standing = (await cases.standing([case.repository_id])).get(case.repository_id)
    if standing is None or not standing.learn:
        return NO_CONSENT
    if (case.private or standing.private) and case.installation_id != installation:
        return PRIVATE
    return BRIDGE if len(splits.get(case.cluster, ())) > 1 else ""


async def _judged(cases: Cases, case: Case, split: Split) -> Row:
    said = await cases.judgements([case.id])
    mode, expected = settled(case, said)
    return row_of(case, split, mode, expected, len(said))


def settled(case: Case, said: Sequence[Judgement]) -> tuple[ModeName, Wanted | None]:
    """What was wrong and what would have been right, by whoever corrected it last, else as it was proposed."""
    last = said[-1] if said else None
    if last is None or last.verdict != "correct":
        return case.mode, case.wanted
    return last.mode or case.mode, last.wanted


async def _in_state(cases: Cases, state: CaseState) -> AsyncIterator[Case]:
    after = 0
    while found := await cases.find(CaseFilter(state=state), after_id=after, limit=200):
        for case in found:
            yield case
        after = found[-1].id
