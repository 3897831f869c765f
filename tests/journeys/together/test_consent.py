"""Without consent only figures are kept: no case, no words, nobody's name."""

import asyncio
import time
from typing import Any

import sqlalchemy as sa

from tests.stage import Stage

_HEARD = sa.text("""
    select s.actor, s.text, s.wanted ->> 'body' as body from signals as s join runs as r on r.id = s.run_id
    where s.actor <> '' and r.repository = :repository
""")
_CASES = sa.text("select 1 from cases where segment ->> 'repository' = :repository")


async def until_heard(on: Stage, number: int, *, within_s: float = 40) -> list[Any]:
    deadline = time.monotonic() + within_s
    while True:
        await on.settle()
        found = list(await on.database.run(_HEARD, repository=on.repository))
        if len(found) == number or time.monotonic() > deadline:
            return found
        await asyncio.sleep(0.2)


async def test_without_consent_there_is_no_case_and_no_text(on: Stage):
    on.add_repository()
    number = on.ask().number
    await on.settle()
    on.hub.remove_label(actor="grace", repo=on.repository, number=number, name="question")
    on.hub.comment(actor="grace", repo=on.repository, number=number, body="This is wrong, says grace.")
    heard = await until_heard(on, 2)
    assert [(one.text, one.body or "") for one in heard] == [("", "")] * 2
    assert "grace" not in {one.actor for one in heard}
    assert list(await on.database.run(_CASES, repository=on.repository)) == []
