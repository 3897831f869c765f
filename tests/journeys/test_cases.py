"""From a judgement on GitHub to a case, and from a deletion there to nothing left here. Every part real."""

import asyncio
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app.store.tables import metadata
from tests.stage import QUESTION, QUICK, REPOSITORY, Stage, kill, stage

LEARN = """\
mode: auto
hold_minutes: 0
data: {learn: true}
"""
SECRET = "ghp_" + "aB3" * 12
MAIL = "ada.lovelace@example.org"


async def rows(on: Stage, what: str) -> list[Any]:
    return list(await on.database.run(sa.text(what)))


async def until(on: Stage, what: str, number: int, *, within_s: float = 40) -> list[Any]:
    """Wait for so many rows; what there is then."""
    deadline = time.monotonic() + within_s
    while True:
        await on.settle()
        found = await rows(on, what)
        if len(found) == number or time.monotonic() > deadline:
            return found
        await asyncio.sleep(0.2)


async def everything(on: Stage) -> str:
    names = [table.name for table in metadata.sorted_tables if table.name not in ("deliveries", "secrets")]
    return "\n".join([str(await rows(on, f"select to_jsonb(t)::text from {name} t")) for name in names])


async def test_a_judgement_becomes_a_case_and_a_deletion_takes_all_of_it(tmp_path: Path):
    async with stage(tmp_path, environment=QUICK) as on:
        on.add_repository(files={".github/plumbline.yml": LEARN})
        body = f"I asked {MAIL}, and my token is {SECRET}. @visitor said the same."
        number = on.ask(title=QUESTION, body=body).number
        other = on.ask(title="A crash when the boiler is cold", body="It stalls.").number
        await on.settle()
        assert on.labels(number) == ["question"]

        on.hub.remove_label(actor="grace", repo=REPOSITORY, number=number, name="question")
        on.hub.add_labels(actor="grace", repo=REPOSITORY, number=number, names=["bug"])
        (case,) = await until(on, "select * from cases", 1)
        assert (case.skill, case.mode, case.state, case.number) == ("triage", "wrong-label", "proposed", number)
        assert case.wanted["labels_off"] == ["question"]
        kept = str(case)
        assert not [gone for gone in (SECRET, MAIL, "visitor", "grace") if gone in kept]

        said = on.hub.comment(actor="mallory", repo=REPOSITORY, number=other, body="My own words, by mallory.")
        await on.settle()
        on.hub.delete_comment(actor="mallory", repo=REPOSITORY, comment=said.id)
        kill(on.house.worker)
        on.hub.delete_thread(actor="grace", repo=REPOSITORY, number=number)
        done = await until(on, "select what, rows, asked_at, done_at from erasures where done_at is not null", 2)
        assert {one.what for one in done} == {"comment", "thread"}
        (thread,) = [one for one in done if one.what == "thread"]
        assert thread.rows["cases"] == 1
        assert thread.rows["runs"] >= 1
        assert thread.rows["threads"] >= 1
        assert await rows(on, f"select 1 from runs where number = {number}") == []
        left = await everything(on)
        assert "My own words" not in left
        assert MAIL not in left
        assert await rows(on, f"select 1 from runs where number = {other}") != []
