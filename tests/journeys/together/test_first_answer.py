"""A signed delivery becomes one label and one comment, on real parts."""

import re

from tests.stage import QUESTION, Stage


async def test_a_question_gets_a_label_and_an_answer_that_links_the_page(on: Stage):
    on.add_repository()
    thread = on.ask(title=QUESTION)
    end = await on.settle()

    assert on.labels(thread.number) == ["question"]
    (body,) = on.app_comments(thread.number)
    head = on.hub.repository(on.repository).branches["main"]
    assert re.search(rf"{re.escape(on.hub.base_url)}/{on.repository}/blob/{head}/docs/guide\.md#L\d+", body)
    assert "Put the new secret first" in body
    assert (end.dead, end.failed_runs) == (0, 0)


async def test_redelivery_edit_and_mention(on: Stage):
    on.add_repository()
    thread = on.ask()
    await on.settle()
    first = on.app_comments(thread.number)

    # The same deliveries again: nothing new.
    for delivery in list(on.hub.state.deliveries):
        if on.repository.encode() in delivery.payload:
            on.hub.redeliver(delivery=delivery.id)
    await on.settle()
    assert on.app_comments(thread.number) == first

    # An edit changes what is asked: the one comment follows it, in place.
    on.hub.edit_thread(
        actor="visitor", repo=on.repository, number=thread.number, title="How do I back up the database?"
    )
    await on.settle()
    (edited,) = on.app_comments(thread.number)
    assert "copy the data directory" in edited

    # A mention is an intent of its own, and gets a comment of its own.
    on.hub.comment(actor="grace", repo=on.repository, number=thread.number, body=f"@plumbline {QUESTION}")
    await on.settle()
    assert len(on.app_comments(thread.number)) == 2

    # What bots and we ourselves write starts nothing.
    runs = len(on.hub.requests)
    on.hub.comment(actor="helper-bot[bot]", repo=on.repository, number=thread.number, body=f"@plumbline {QUESTION}")
    await on.settle()
    assert [one for one in on.hub.requests[runs:] if one.method != "GET"] == []


async def test_draft_decides_and_writes_nothing(on: Stage):
    on.add_repository(mode="draft")
    before = await on.settle()
    thread = on.ask()
    end = await on.settle()
    assert end.drafts - before.drafts == 2
    assert on.labels(thread.number) == []
    assert on.app_comments(thread.number) == []


async def test_discussions_and_pull_requests(on: Stage):
    on.add_repository()
    discussion = on.hub.open_thread(actor="visitor", repo=on.repository, title=QUESTION, kind="discussion")
    pull = on.hub.open_pull_request(
        actor="grace",
        repo=on.repository,
        title="Say how to rotate the secret",
        files={"docs/rotating.md": "Put the new secret first."},
    )
    end = await on.settle()
    assert end.dead == 0
    assert len(on.app_comments(discussion.number)) == 1
    assert on.app_comments(pull.number) == []
    assert on.labels(pull.number) == ["documentation"]
