"""A signed delivery becomes one label and one comment, on real parts."""

import re
from pathlib import Path

from tests.stage import QUESTION, REPOSITORY, stage


async def test_a_question_gets_a_label_and_an_answer_that_links_the_page(tmp_path: Path):
    async with stage(tmp_path) as on:
        on.add_repository()
        thread = on.ask(title=QUESTION)
        end = await on.settle()

        assert on.labels(REPOSITORY, thread.number) == ["question"]
        (body,) = on.app_comments(REPOSITORY, thread.number)
        head = on.hub.repository(REPOSITORY).branches["main"]
        assert re.search(rf"{re.escape(on.hub.base_url)}/{REPOSITORY}/blob/{head}/docs/guide\.md#L\d+", body)
        assert "Put the new secret first" in body
        assert (end.dead, end.failed_runs) == (0, 0)


async def test_redelivery_edit_and_mention(tmp_path: Path):
    async with stage(tmp_path) as on:
        on.add_repository()
        thread = on.ask()
        await on.settle()
        first = on.app_comments(REPOSITORY, thread.number)

        # The same deliveries again: nothing new.
        for delivery in list(on.hub.state.deliveries):
            on.hub.redeliver(delivery=delivery.id)
        await on.settle()
        assert on.app_comments(REPOSITORY, thread.number) == first

        # An edit changes what is asked: the one comment follows it, in place.
        on.hub.edit_thread(
            actor="visitor", repo=REPOSITORY, number=thread.number, title="How do I back up the database?"
        )
        await on.settle()
        (edited,) = on.app_comments(REPOSITORY, thread.number)
        assert "copy the data directory" in edited

        # A mention is an intent of its own, and gets a comment of its own.
        on.hub.comment(actor="grace", repo=REPOSITORY, number=thread.number, body=f"@plumbline {QUESTION}")
        await on.settle()
        assert len(on.app_comments(REPOSITORY, thread.number)) == 2

        # What bots and we ourselves write starts nothing.
        runs = len(on.hub.requests)
        on.hub.comment(actor="helper-bot[bot]", repo=REPOSITORY, number=thread.number, body=f"@plumbline {QUESTION}")
        await on.settle()
        assert [one for one in on.hub.requests[runs:] if one.method != "GET"] == []


async def test_draft_decides_and_writes_nothing(tmp_path: Path):
    async with stage(tmp_path) as on:
        on.add_repository(mode="draft")
        thread = on.ask()
        end = await on.settle()
        assert end.drafts == 2
        assert on.labels(REPOSITORY, thread.number) == []
        assert on.app_comments(REPOSITORY, thread.number) == []


async def test_discussions_and_pull_requests(tmp_path: Path):
    async with stage(tmp_path) as on:
        on.add_repository()
        discussion = on.hub.open_thread(actor="visitor", repo=REPOSITORY, title=QUESTION, kind="discussion")
        pull = on.hub.open_pull_request(
            actor="grace",
            repo=REPOSITORY,
            title="Say how to rotate the secret",
            files={"docs/rotating.md": "Put the new secret first."},
        )
        end = await on.settle()
        assert end.dead == 0
        assert len(on.app_comments(REPOSITORY, discussion.number)) == 1
        assert on.app_comments(REPOSITORY, pull.number) == []
        assert on.labels(REPOSITORY, pull.number) == ["documentation"]
