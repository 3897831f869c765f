"""Cases and erasures in memory. What an erasure removes elsewhere is the real store's business."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from app.domain.case import Case, CaseState, Judgement
from app.domain.thread import RepositoryRef
from app.ports import CaseFilter
from app.ports.erasing import Erasure, What
from app.ports.listening import Standing
from app.teammate.cases.scrub import hashed
from app.teammate.cases.twins import NEAR, asked, likeness


@dataclass
class FakeCases:
    """`standings` are those of repositories that are not public and learnt from."""

    now: Callable[[], datetime]
    rows: dict[int, Case] = field(default_factory=dict)
    said: dict[tuple[int, str], Judgement] = field(default_factory=dict)
    standings: dict[int, Standing] = field(default_factory=dict)
    last: int = 0

    async def propose(self, case: Case) -> int | None:
        known = next((one for one in self.rows.values() if one.provenance.run_id == case.provenance.run_id), None)
        if known is not None:
            if known.state == "proposed" and not await self.judgements([known.id]):
                fresh = {name: getattr(case, name) for name in ("mode", "wanted", "segment", "provenance")}
                self.rows[known.id] = known.model_copy(update=fresh)
            return None
        text = asked(case.snapshot)
        near = [
            one for one in self.rows.values() if one.skill == case.skill and likeness(text, asked(one.snapshot)) >= NEAR
        ]
        place = (case.repository_id, case.number)
        beside = [one for one in self.rows.values() if (one.repository_id, one.number) == place]
        joined = sorted({one.id: one for one in (*near, *beside)}.values(), key=lambda one: one.id)
        cluster = joined[0].cluster if joined else f"{case.repository_id}-{case.number}"
        for one in [one for one in self.rows.values() if one.cluster in {other.cluster for other in joined}]:
            self.rows[one.id] = one.model_copy(update={"cluster": cluster})
        self.last += 1
        made = {
            "id": self.last,
            "cluster": cluster,
            "twin_of": min((one.twin_of or one.id for one in near), default=None),
            "proposed_at": self.now(),
        }
        self.rows[self.last] = case.model_copy(update=made)
        return self.last

    async def case(self, case_id: int) -> Case | None:
        return self.rows.get(case_id)

    async def find(self, wanted: CaseFilter, *, after_id: int = 0, limit: int = 50) -> list[Case]:
        asked_for = {name: getattr(wanted, name) for name in ("state", "mode", "repository_id", "assignee")}
        return [
            one
            for one in self.rows.values()
            if one.id > after_id
            and (wanted.twins or one.twin_of is None)
            and all(value is None or getattr(one, name) == value for name, value in asked_for.items())
        ][:limit]

    async def count(self) -> dict[CaseState, int]:
        states = [one.state for one in self.rows.values() if one.twin_of is None]
        return {state: states.count(state) for state in dict.fromkeys(states)}

    async def judge(self, judgement: Judgement) -> Case | None:
        if judgement.case_id in self.rows:
            self.said[judgement.case_id, judgement.judge] = judgement
        return self._settle(judgement.case_id)

    async def unjudge(self, case_id: int, judge: str) -> Case | None:
        self.said.pop((case_id, judge), None)
        return self._settle(case_id)

    async def judgements(self, case_ids: Sequence[int] | None = None) -> list[Judgement]:
        said = [one for one in self.said.values() if case_ids is None or one.case_id in case_ids]
        return sorted(said, key=lambda one: (one.at, one.case_id, one.judge))

    async def standing(self, repository_ids: Collection[int]) -> dict[int, Standing]:
        return {one: self.standings.get(one, Standing(learn=True, private=False)) for one in repository_ids}

    async def assign(self, case_id: int, assignee: str) -> None:
        if case_id in self.rows:
            self.rows[case_id] = self.rows[case_id].model_copy(update={"assignee": assignee})

    async def harvested(self, case_ids: Sequence[int]) -> None:
        for case_id in case_ids:
            if case_id in self.rows and self.rows[case_id].state == "accepted":
                self._put(case_id, "harvested")

    def _settle(self, case_id: int) -> Case | None:
        if case_id in self.rows and self.rows[case_id].state != "harvested":
            said = sorted((one for one in self.said.values() if one.case_id == case_id), key=lambda one: one.at)
            rejected = bool(said) and said[-1].verdict == "reject"
            self._put(case_id, "rejected" if rejected else "accepted" if said else "proposed")
        return self.rows.get(case_id)

    def _put(self, case_id: int, state: CaseState) -> None:
        self.rows[case_id] = self.rows[case_id].model_copy(update={"state": state})


@dataclass
class FakeErasures:
    """`refs` are the repositories that were learnt from; `in_hand` holds every erasure back."""

    now: Callable[[], datetime]
    key: bytes = b"k" * 32
    asked: list[Erasure] = field(default_factory=list)
    refs: list[RepositoryRef] = field(default_factory=list)
    in_hand: bool = False
    emptied: list[datetime] = field(default_factory=list)

    async def ask(self, what: What, subject: str) -> None:
        if not any(one.what == what and one.subject == subject for one in await self.waiting()):
            self.asked.append(Erasure(len(self.asked) + 1, what, subject, self.now()))

    async def waiting(self) -> list[Erasure]:
        return [one for one in self.asked if one.done_at is None]

    async def erase(self, erasure: Erasure) -> Mapping[str, int] | None:
        if self.in_hand:
            return None
        if self.asked[erasure.id - 1].done_at is None:
            self.asked[erasure.id - 1] = replace(self._closed(erasure), done_at=self.now())
        return {}

    async def known(self) -> list[Erasure]:
        return [one if one.done_at else self._closed(one) for one in self.asked]

    async def learnt_from(self) -> list[RepositoryRef]:
        return list(self.refs)

    async def empty_deliveries(self, older_than: datetime) -> int:
        self.emptied.append(older_than)
        return 0

    def _closed(self, erasure: Erasure) -> Erasure:
        place, _, login = erasure.subject.rpartition(":")
        if erasure.what == "comment":
            return replace(erasure, subject=f"{place}:{hashed(login, self.key)}")
        return replace(erasure, subject=hashed(erasure.subject, self.key)) if erasure.what == "person" else erasure
