"""A person always wins: what people did to our comments and told us between planning and writing, one act at a time."""

from dataclasses import replace

import pytest

from app.domain.effect import ReactionPayload, WriteAnswer
from app.teammate.publish import publish_next
from app.teammate.sweep import sweep_duplicates
from tests.fakes.github import ButWritten, FakeGitHub
from tests.fakes.outbox import FakeOutbox
from tests.fakes.publisher import THREAD, a_comment, a_thread, some_labels
from tests.teammate.welcoming import LOST, World, a_world, accepted


@pytest.fixture
def world() -> World:
    return a_world()


# --- comments


async def test_a_comment_that_a_person_edited_is_theirs(world: World):
    world.outbox.plan([a_comment()])
    await world.publish()
    theirs = world.github.comments[THREAD.key][0].body.replace("Hello", "What ada meant")
    world.edit(theirs)
    for words in ("Second", "Third"):
        world.outbox.plan([a_comment(words)])
        await world.publish()
    assert world.bodies() == ["What ada meant"]
    assert (world.row.state, world.row.reason) == ("skipped", "a person edited our comment")


async def test_a_comment_too_young_to_be_listed_is_waited_for(world: World):
    """Somebody may have edited it within these seconds."""

    class Late(FakeGitHub):
        async def thread(self, ref):
            thread = await world.github.thread(ref)
            listed = [one for one in thread.comments if (world.clock.now() - one.created_at).total_seconds() > 15]
            return thread.model_copy(update={"comments": tuple(listed)})

    world.parts.reader = Late(world.clock)
    world.outbox.plan([a_comment()])
    await world.publish(1)
    world.edit("All mine now")
    world.outbox.plan([a_comment("Second")])
    await world.publish()
    assert (world.bodies(), world.row.reason) == (["All mine now"], "a person edited our comment")


async def test_an_edit_whose_answer_was_lost_is_no_persons(world: World):
    world.outbox.plan([a_comment()])
    await world.publish()
    world.outbox.plan([a_comment("Second")])
    world.github.answers.append(ButWritten(LOST))
    await publish_next(world.parts)
    world.outbox.plan([a_comment("Third")])
    await world.publish()
    assert (world.bodies(), world.row.state) == (["Third"], "done")


async def test_a_persons_edit_while_the_fate_was_unknown_is_kept(world: World):
    world.outbox.plan([a_comment()])
    world.github.answers.append(ButWritten(LOST))
    await publish_next(world.parts)
    world.edit(world.github.comments[THREAD.key][0].body.replace("Hello", "Mine"))
    world.outbox.plan([a_comment("Second")])
    await world.publish()
    assert (world.bodies(), world.verbs) == (["Mine"], ["post_comment"])


async def test_a_comment_rewritten_before_we_saw_it_is_not_posted_again(world: World):
    """Even its marker is gone."""
    world.outbox.plan([a_comment()])
    world.github.answers.append(ButWritten(LOST))
    await publish_next(world.parts)
    world.edit("All mine now")
    await world.publish()
    assert (world.bodies(), world.row.state) == (["All mine now"], "skipped")
    assert world.outbox.plan([a_comment("Second")]) == []


async def test_other_comments_of_ours_say_nothing_about_one_that_is_absent(world: World):
    world.outbox.plan([a_comment("First", why="comment:1")])
    await world.publish(1)
    world.edit("All mine now")
    world.outbox.plan([a_comment()])
    world.github.answers.append(LOST)
    await world.publish()
    assert world.bodies() == ["All mine now", "Hello"]


async def test_a_comment_deleted_before_we_saw_it_is_not_posted_again(world: World):
    world.outbox.plan([a_comment()])
    world.github.answers.append(ButWritten(LOST))
    await publish_next(world.parts)
    world.github.comments[THREAD.key].clear()
    world.github.act(THREAD, "comment_deleted", actor="ada")
    await world.publish()
    assert (world.bodies(), world.row.state) == ([], "skipped")
    assert world.outbox.plan([a_comment("Second")]) == []


async def test_a_copy_that_a_person_edited_is_not_swept_away(world: World):
    world.outbox.plan([a_comment()])
    await world.publish(1)
    body = world.github.comments[THREAD.key][0].body
    world.github.say(THREAD, body)
    world.github.say(THREAD, body.replace("Hello", "What ada meant"))
    world.clock.advance(121)
    await sweep_duplicates(world.parts)
    assert world.bodies() == ["Hello", "What ada meant"]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"locked": True}, "the thread is locked"),
        ({"state": "closed"}, "the thread was closed meanwhile"),
        ({"labels": ("no-bot",)}, "the thread carries the label no-bot"),
        ({"title": "It breaks [no bot]"}, "the thread says [no bot]"),
    ],
)
async def test_what_became_of_the_thread_meanwhile(world: World, changed, reason):
    world.github.add_thread(THREAD, a_thread(**changed))
    world.outbox.plan([a_comment(why="body")])
    await world.publish()
    assert (world.bodies(), world.row.state, world.row.reason) == ([], "skipped", reason)
    world.github.add_thread(THREAD, a_thread())
    world.outbox.plan([a_comment(why="body")])
    await world.publish()
    assert world.bodies() == ["Hello"], "it was skipped for that time only"


async def test_whoever_asked_is_answered_in_a_closed_thread(world: World):
    world.github.add_thread(THREAD, a_thread(state="closed", title="[no bot]"))
    world.github.say(THREAD, "@plumbline why?", "ada")
    world.outbox.plan([a_comment(why="comment:1")])
    await world.publish()
    assert world.bodies()[1:] == ["Hello"]


@pytest.mark.parametrize(
    ("author", "words", "speaks"),
    [
        ("ada", "I know this one", False),
        ("ada", "@plumbline retriage", True),
        ("ada", "see `@plumbline retriage`", False),
        ("grace", "More details", True),
        ("other[bot]", "Coverage is up", True),
    ],
)
async def test_where_people_talk_nothing_is_said_unasked(world: World, author: str, words: str, speaks: bool):
    world.github.say(THREAD, words, author)
    world.outbox.plan([a_comment(why="body"), some_labels("bug")])
    await world.publish()
    assert (world.bodies()[1:] == ["Hello"]) == speaks
    assert world.labels == ["bug"]


async def test_no_more_than_three_comments_of_ours_without_a_persons_between(world: World):
    for number in range(5):
        world.outbox.plan([a_comment(str(number), why=f"comment:{number}")])
        await world.publish(2)
        world.github.say(THREAD, "me too", "other[bot]")
    assert [body for body in world.bodies() if body != "me too"] == ["0", "1", "2"]
    world.github.say(THREAD, "go on", "grace")
    world.outbox.plan([a_comment("again", why="comment:9")])
    await world.publish(2)
    assert world.bodies()[-1] == "again"


# --- what people told us


@pytest.mark.parametrize(
    ("quiet", "why", "written"),
    [
        ("paused", "body", False),
        ("paused", "comment:1", True),
        ("ignored", "body", False),
        ("ignored", "comment:1", False),
    ],
)
async def test_quiet(world: World, quiet: str, why: str, written: bool):
    await world.says(quiet=quiet)
    world.outbox.plan([a_comment(why=why), some_labels("bug", why=why.replace("comment", "label"))])
    await world.publish()
    assert (world.bodies(), world.labels) == ((["Hello"], ["bug"]) if written else ([], []))
    assert {row.state for row in world.outbox.rows.values()} == ({"done"} if written else {"skipped"})
    await world.says()
    world.outbox.plan([a_comment(why=why)])
    await world.publish()
    assert world.bodies() == ["Hello"]


async def test_what_stands_may_stay_and_newer_words_wait(world: World):
    world.outbox.plan([a_comment(why="body")])
    await world.publish()
    await world.says(quiet="paused")
    world.outbox.plan([a_comment("Second", why="body")])
    await world.publish()
    assert (world.bodies(), world.row.state) == (["Hello"], "draft")
    assert await world.outbox.accept(1)
    await world.parts.ledger.record(THREAD, [accepted(world, 1)])
    await world.publish()
    assert world.bodies() == ["Second"]


@pytest.mark.parametrize("exempt", ["", "accepted", "commanded"])
async def test_where_everything_waits_only_what_a_person_posts_is_written(world: World, exempt: str):
    await world.says(drafts=True)
    world.outbox.plan([a_comment(why="comment:7")])
    if exempt == "accepted":
        await world.parts.ledger.record(THREAD, [accepted(world, 1)])
    if exempt == "commanded":
        await world.commands(7)
    await world.publish()
    assert (world.bodies(), world.row.state) == ((["Hello"], "done") if exempt else ([], "draft"))


async def test_reactions_are_heard_even_where_we_are_ignored(world: World):
    await world.says(quiet="ignored")
    ack = replace(a_comment(why="ack:5:+1"), payload=ReactionPayload(comment="5", content="+1"))
    world.outbox.plan([ack])
    await world.publish()
    assert world.github.reacted == [("5", "+1")]
    assert world.github.reads == []


# --- looking


@pytest.mark.parametrize(
    ("failure", "state"),
    [
        (WriteAnswer(404, "Not Found"), "skipped"),
        (WriteAnswer(301, "Moved Permanently"), "skipped"),
        (WriteAnswer(502), "planned"),
        (WriteAnswer(403, "secondary rate limit", retry_after=60.0), "planned"),
        (WriteAnswer(403, "Resource not accessible by integration"), "parked"),
        (WriteAnswer(403, "suspended", stage="token"), "parked"),
    ],
)
async def test_without_a_look_nothing_is_written(world: World, failure, state):
    world.outbox.plan([a_comment()])
    world.github.failures.append(failure)
    await publish_next(world.parts)
    assert (world.verbs, world.row.state) == ([], state)
    assert (5 in world.outbox.parked) == (failure.stage == "token")


async def test_words_that_change_between_the_look_and_the_write_are_looked_at_anew(world: World):
    class Raced(FakeOutbox):
        async def begin_send(self, effect):
            if effect.revision == 1:
                world.outbox.plan([some_labels("docs")])
            return await super().begin_send(effect)

    world.outbox.__class__ = Raced
    world.removes("docs")
    world.outbox.plan([some_labels("bug")])
    await world.publish()
    assert (world.labels, world.row.reason) == ([], "a person removed docs")


async def test_a_comment_of_before_the_upgrade_is_edited_as_before(world: World):
    old = world.github.say(THREAD, "Hello\n\n<!-- plumbline:1 00 -->")
    world.outbox.plan([a_comment()])
    row = world.row
    row.state, row.remote_id, row.sent_revision = "done", old.id, 1
    world.outbox.plan([a_comment("Second")])
    await world.publish()
    assert (world.bodies(), row.state) == (["Second"], "done")
