"""A shop of cases in memory with a folder for datasets, for the tests of both."""

import json
from pathlib import Path
from typing import Any

from app.domain.case import Case
from app.ports.listening import Standing
from evals.cases.datasets import split_of
from evals.cases.harvest import harvest
from tests.contracts.test_cases import a_case, says
from tests.fakes.cases import FakeCases, FakeErasures
from tests.fakes.clock import FakeClock
from tests.fakes.snapshots import snapshot

SUBJECTS = ("boiler", "scheduler", "importer", "gateway", "cache", "printer", "parser", "watcher", "ledger", "crane")


PUBLIC = {840: Standing(learn=True, private=False), 841: Standing(learn=False, private=False)}


def text_of(number: int) -> str:
    """Words that no other number has."""
    return " ".join(f"{SUBJECTS[(number * 7 + place) % 10]}{number * 97 + place * place}" for place in range(40))


class Shop:
    """Cases and erasures in memory, and a folder for datasets."""

    def __init__(self, folder: Path) -> None:
        clock = FakeClock()
        self.cases, self.erasures, self.folder, self.clock = (
            FakeCases(clock.now),
            FakeErasures(clock.now),
            folder,
            clock,
        )
        self.cases.standings[841] = Standing(learn=False, private=False)

    async def case(self, run_id: int, *, judged: str = "accept", **changed: Any) -> Case:
        text = changed.pop("text", text_of(run_id))
        seen = changed.pop("seen", {})
        fields = {"snapshot": snapshot(title=text, question=text, **seen).model_dump(mode="json"), **changed}
        case_id = await self.cases.propose(a_case(run_id, text, **fields))
        assert case_id
        if judged:
            await self.cases.judge(says(case_id, judged))
        return self.cases.rows[case_id]

    async def harvest(self, **options: Any) -> Any:
        return await harvest(self.cases, self.erasures, self.folder, **options)

    def rows(self, skill: str = "triage") -> list[dict[str, Any]]:
        file = self.folder / f"{skill}.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def files(self) -> dict[str, bytes]:
        return {file.name: file.read_bytes() for file in sorted(self.folder.glob("*"))}


def in_train(count: int) -> list[int]:
    return [number for number in range(1, 400) if split_of(f"840-{number}") == "train"][:count]
