"""The publisher and the real client against a playground that lies: the same promise as in tests/simulation."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from app.adapters import github_http
from app.domain.effect import CommentPayload, LabelsPayload, PlannedEffect
from app.domain.thread import ThreadRef
from app.playground.faults import Faults
from app.teammate.publish import publish_next
from app.teammate.sweep import sweep_duplicates
from tests.adapters.github_world import GitHubWorld, github_world
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import FakeOutbox
from tests.fakes.publisher import FakePublisher

LIES = Faults(
    error_before_write=0.08,
    error_after_write=0.08,
    lost_response=0.08,
    truncated_json=0.08,
    html_error=0.04,
    secondary_limit=0.04,
    secondary_limit_bare=0.02,
    primary_limit=0.02,
    listing_lag=0.5,
    listing_lag_s=20,
)


def effects(thread: ThreadRef, node_id: str, words: str) -> list[PlannedEffect]:
    def planned(why: str, payload: CommentPayload | LabelsPayload) -> PlannedEffect:
        return PlannedEffect(intent=f"{thread.key}:{why}", thread=thread, node_id=node_id, payload=payload, run=0)

    return [
        planned("body", LabelsPayload(names=("bug",))),
        planned("comment:1", CommentPayload(body=words)),
        planned("comment:2", CommentPayload(body=words)),
    ]


async def publish_all(parts: FakePublisher, clock: FakeClock, outbox: FakeOutbox) -> None:
    """Until everything planned is done, in simulated time."""
    end = clock.now() + timedelta(minutes=25)
    while any(row.state not in ("done", "dead", "skipped") for row in outbox.rows.values()):
        assert clock.now() < end, Counter((row.state, row.reason) for row in outbox.rows.values())
        if not await publish_next(parts):
            clock.advance(1)


@pytest.mark.parametrize("kind", ["issue", "discussion"])
async def test_one_comment_per_intent_whatever_github_says(monkeypatch, kind):
    monkeypatch.setattr(github_http, "READ_PAUSES_S", (0.0, 0.0))
    clock = FakeClock(datetime.now(UTC).replace(microsecond=0))
    outbox = FakeOutbox(clock.now, write_interval_s=0)
    async with github_world() as world:
        await world.github.app_login()
        world.hub.clock = lambda: clock.now().timestamp()
        parts = FakePublisher(clock, outbox, world.github, world.github)
        threads = [world.open(kind)[1] for _ in range(8)]
        node_ids = [(await world.github.thread(ref)).node_id for ref in threads]
        for words in ("First words", "Second words"):
            world.hub.faults = LIES.model_copy()
            for ref, node_id in zip(threads, node_ids, strict=True):
                outbox.plan(effects(ref, node_id, words))
            await publish_all(parts, clock, outbox)
        went_wrong = sum(seen.status in (0, 403, 429, 500, 502, 503, 504) for seen in world.hub.requests)
        assert went_wrong > 10
        world.hub.faults = Faults()
        clock.advance(121)
        await sweep_duplicates(parts)
        for ref in threads:
            await has_settled(world, ref)
        assert {row.state for row in outbox.rows.values()} == {"done"}


async def has_settled(world: GitHubWorld, ref: ThreadRef) -> None:
    thread = await world.github.thread(ref)
    assert [comment.body.partition("\n\n<!--")[0] for comment in thread.comments] == ["Second words"] * 2
    assert thread.labels == ("bug",)
