"""People judge what the teammate did, by reaction, label and word; each is heard once. Every part real."""

import asyncio
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.stage import QUESTION, QUICK, REPOSITORY, Stage, kill, stage

LISTENING = {**QUICK, "PLUMBLINE_LOOK_INTERVAL_S": "0.3"}
LEARN = """\
mode: auto
hold_minutes: 0
data: {learn: true}
"""
_SIGNALS = sa.text("""
    select s.id, s.kind, s.polarity, s.actor, s.role, s.mode, s.text, s.withdrawn_at, r.skill
    from signals as s join runs as r on r.id = s.run_id where s.actor <> '' order by s.id
""")
_LOOKS = sa.text("""
    select max(looks) as looks from watches join effects on effects.id = effect_id where kind = 'comment'
""")
_HURRY = sa.text("update watches set due_at = now() where due_at is not null")


async def heard(on: Stage) -> dict[str, list[sa.Row[Any]]]:
    rows = await on.database.run(_SIGNALS)
    found: dict[str, list[sa.Row[Any]]] = {}
    for row in rows:
        found.setdefault(row.kind, []).append(row)
    return found


async def until_heard(on: Stage, *kinds: str, within_s: float = 40) -> dict[str, list[sa.Row[Any]]]:
    """Reactions are due a minute after our comment; nobody here waits for that."""
    deadline = time.monotonic() + within_s
    while True:
        await on.settle()
        found = await heard(on)
        if set(kinds) <= set(found) or time.monotonic() > deadline:
            return found
        await on.database.run(_HURRY)
        await asyncio.sleep(0.3)


async def looked_again(on: Stage) -> None:
    """Some worker has looked at the comment since, whoever had begun to before."""
    before = await _looks(on)
    deadline = time.monotonic() + 40
    while await _looks(on) < before + 2 and time.monotonic() < deadline:
        await on.database.run(_HURRY)
        await asyncio.sleep(0.2)


async def _looks(on: Stage) -> int:
    found: int = (await on.database.run(_LOOKS))[0].looks
    return found


async def test_what_a_maintainer_makes_of_an_answer(tmp_path: Path):
    async with stage(tmp_path, environment=LISTENING) as on:
        on.add_repository(files={".github/plumbline.yml": LEARN})
        number = on.ask(title=QUESTION).number
        await on.settle()
        assert on.labels(number) == ["question"]
        [comment] = [one for one in on.hub.repository(REPOSITORY).comments.values() if one.via_app]

        on.hub.react(actor="grace", repo=REPOSITORY, content="-1", comment=comment.id)
        on.hub.remove_label(actor="grace", repo=REPOSITORY, number=number, name="question")
        on.hub.comment(actor="grace", repo=REPOSITORY, number=number, body="This is wrong.")
        first = await until_heard(on, "reaction", "label_removed", "reply")
        assert {kind: len(rows) for kind, rows in first.items()} == {"reaction": 1, "label_removed": 1, "reply": 1}
        rows = [row for found in first.values() for row in found]
        assert {(row.polarity, row.actor, row.role) for row in rows} == {("bad", "grace", "maintainer")}
        assert first["label_removed"][0].mode == "wrong-label"
        assert {row.kind: row.skill for row in rows} == {
            "reaction": "answer",
            "label_removed": "triage",
            "reply": "answer",
        }
        assert first["reply"][0].text == "This is wrong."

        # GitHub delivers everything again, a worker dies, and it is looked at again: nothing is heard twice.
        for attempt in list(on.hub.state.deliveries):
            on.hub.redeliver(delivery=attempt.id)
        kill(on.house.worker)
        await looked_again(on)
        assert await until_heard(on) == first

        # What is taken back counts no longer.
        on.hub.unreact(repo=REPOSITORY, reaction=comment.reactions[0].id, comment=comment.id)
        await looked_again(on)
        after = await heard(on)
        assert after["reaction"][0].withdrawn_at is not None
        assert after["reply"] == first["reply"]
