"""A person always wins over our labels, and undo takes back exactly what was ours, through the real publisher."""

from dataclasses import replace

import pytest

from app.domain.effect import RetractPayload, UnlabelPayload, WriteAnswer, Wrote
from app.teammate.publish import publish_next
from tests.fakes.github import ButWritten, FakeGitHub
from tests.fakes.publisher import THREAD, a_comment, some_labels
from tests.teammate.welcoming import DISCUSSION, LOST, World, a_world


@pytest.fixture
def world() -> World:
    return a_world()


# --- labels


@pytest.mark.parametrize("name", ["bug", "BUG"])
async def test_a_label_that_a_person_removed_is_never_put_back(world: World, name: str):
    world.sets("bug", "grace")
    world.removes("bug")
    world.outbox.plan([some_labels(name, "docs")])
    await world.publish()
    assert world.labels == ["docs"]
    assert world.row.wrote == Wrote(labels=("docs",))
    assert "unlabeled" in [act.kind for act in await world.parts.ledger.acts(THREAD)], "it is remembered"


async def test_a_removed_label_stays_removed_when_it_is_planned_again(world: World):
    world.outbox.plan([some_labels("bug")])
    await world.publish()
    world.removes("bug")
    for names in (("bug", "docs"), ("bug",)):
        world.outbox.plan([some_labels(*names)])
        await world.publish()
    assert world.labels == ["docs"]
    assert (world.row.state, world.row.reason) == ("skipped", "a person removed bug")


@pytest.mark.parametrize("actor", ["ada", "other[bot]"])
async def test_whoever_takes_a_label_off_is_heard(world: World, actor: str):
    world.sets("bug")
    world.removes("bug", actor)
    world.outbox.plan([some_labels("bug")])
    await world.publish()
    assert (world.labels, world.verbs) == ([], [])


async def test_what_a_person_set_is_not_ours(world: World):
    world.sets("bug")
    world.outbox.plan([some_labels("bug", "docs")])
    await world.publish()
    assert world.row.wrote == Wrote(labels=("docs",))
    assert world.github.writes == [("add_labels", ("docs",))]


async def test_a_label_that_was_put_on_again_by_a_person_stays(world: World):
    world.sets("bug")
    world.removes("bug")
    world.sets("bug", "grace")
    world.outbox.plan([some_labels("bug")])
    await world.publish()
    assert (world.labels, world.verbs, world.row.state) == (["bug"], [], "done")


async def test_a_command_goes_above_an_earlier_removal_and_under_a_later_one(world: World):
    world.sets("bug")
    world.removes("bug")
    await world.commands(5)
    world.outbox.plan([some_labels("bug", why="label:5"), some_labels("bug")])
    await world.publish()
    assert world.labels == ["bug"], "neither dropped, nor taken back by the other effect"
    world.removes("bug")
    world.outbox.plan([some_labels("bug", "docs", why="label:5")])
    await world.publish()
    assert world.labels == ["docs"]


async def test_a_label_that_is_removed_between_our_look_and_our_write_goes_off_again(world: World):
    class Raced(FakeGitHub):
        async def add_labels(self, ref, names):
            world.sets("bug")
            world.removes("bug")
            return await world.github.add_labels(ref, names)

    world.parts.writer = Raced(world.clock)
    world.parts.writer.remove_label = world.github.remove_label  # type: ignore[method-assign]
    world.outbox.plan([some_labels("bug", "docs")])
    await world.publish()
    assert world.labels == ["docs"]
    assert (world.row.state, world.row.wrote) == ("done", Wrote(labels=("docs",)))


async def test_taking_it_off_again_is_tried_until_it_is_done(world: World):
    world.github.answers.append(ButWritten(LOST))
    world.outbox.plan([some_labels("bug")])
    await publish_next(world.parts)
    world.github.act(THREAD, "unlabeled", actor="ada", subject="bug")
    world.github.act(THREAD, "labeled", subject="bug")  # what was lost arrives late, after all
    world.github.answers.append(LOST)
    await world.publish()
    assert world.verbs == ["add_labels", "remove_label", "remove_label"]
    assert (world.labels, world.row.state, world.row.wrote) == ([], "done", Wrote())


async def test_labels_that_cannot_be_looked_at_afterwards_are_looked_at_later(world: World):
    world.github.failures.extend([None, None, WriteAnswer(502)])
    world.outbox.plan([some_labels("bug")])
    await publish_next(world.parts)
    assert (world.labels, world.row.state) == (["bug"], "planned")
    await world.publish()
    assert (world.verbs, world.row.state, world.row.wrote) == (["add_labels"], "done", Wrote(labels=("bug",)))


async def test_labels_whose_answer_was_lost_are_ours_all_the_same(world: World):
    world.sets("docs")
    world.github.answers.append(ButWritten(LOST))
    world.outbox.plan([some_labels("bug", "docs")])
    await world.publish()
    assert (world.row.state, world.row.wrote) == ("done", Wrote(labels=("bug",)))
    assert world.verbs == ["add_labels"]


async def test_a_label_is_ours_again_after_an_earlier_effect_with_it_was_undone(world: World):
    world.outbox.plan([some_labels("bug")])
    await world.publish()
    await world.undo(1, UnlabelPayload(names=("bug",), undoes=1))
    await world.commands(5)
    world.github.answers.append(ButWritten(LOST))
    [again] = world.outbox.plan([some_labels("bug", why="label:5")])
    await world.publish()
    assert (world.outbox.rows[again].state, world.outbox.rows[again].wrote) == ("done", Wrote(labels=("bug",)))


async def test_a_label_of_another_effect_is_not_claimed_twice(world: World):
    await world.commands(5)
    world.outbox.plan([some_labels("bug", why="label:5"), some_labels("bug")])
    await world.publish()
    assert [row.wrote for row in world.outbox.rows.values()] == [Wrote(labels=("bug",)), Wrote()]


async def test_a_label_that_github_silently_did_not_apply_is_told(world: World, capsys):
    class Deaf(FakeGitHub):
        async def add_labels(self, ref, names):
            answer = await world.github.add_labels(ref, names[:1])
            return replace(answer, labels=tuple(world.labels))

    world.parts.writer = Deaf(world.clock)
    world.outbox.plan([some_labels("bug", "docs")])
    await world.publish()
    assert (world.row.state, world.row.reason) == ("done", "GitHub did not apply docs")
    assert world.row.wrote == Wrote(labels=("bug",))
    assert "effect_not_applied" in capsys.readouterr().out


async def test_in_a_discussion_what_we_wrote_and_is_gone_was_removed(world: World):
    planned = some_labels("bug", thread=DISCUSSION)
    world.outbox.plan([planned])
    await world.publish()
    world.github.labels[DISCUSSION.key].remove("bug")
    world.outbox.plan([some_labels("docs", "bug", thread=DISCUSSION)])
    await world.publish()
    assert world.github.labels[DISCUSSION.key] == ["docs"]


# --- undo


async def test_undo_restores_the_labels_that_were_there_before(world: World):
    world.sets("docs")
    world.outbox.plan([some_labels("bug", "docs")])
    await world.publish()
    await world.says(quiet="ignored")
    await world.undo(1, UnlabelPayload(names=("bug",), undoes=1))
    assert world.labels == ["docs"]
    assert (world.row.state, world.row.reason) == ("skipped", "undone")
    assert world.outbox.plan([some_labels("bug", "crash")]) == []


async def test_undo_leaves_a_label_that_a_person_put_on_again(world: World):
    world.outbox.plan([some_labels("bug", "docs")])
    await world.publish()
    world.removes("bug")
    world.sets("bug")
    await world.undo(1, UnlabelPayload(names=("bug", "docs"), undoes=1))
    assert world.labels == ["bug"]


async def test_a_label_that_was_undone_is_not_put_on_by_another_effect(world: World):
    world.outbox.plan([some_labels("bug")])
    await world.publish()
    await world.undo(1, UnlabelPayload(names=("bug",), undoes=1))
    world.outbox.plan([some_labels("bug", why="other")])
    await world.publish()
    assert world.labels == []
    await world.commands(9)
    world.outbox.plan([some_labels("bug", why="label:9")])
    await world.publish()
    assert world.labels == ["bug"], "unless a person says so"


async def test_a_named_label_is_taken_off_whoever_set_it_before_the_command(world: World):
    world.sets("bug")
    world.sets("docs")
    await world.commands(5)
    world.removes("docs")
    world.sets("docs", "grace")
    unlabel = replace(a_comment(why="label:5"), payload=UnlabelPayload(names=("bug", "docs", "crash")))
    world.outbox.plan([unlabel])
    await world.publish()
    assert (world.labels, world.row.state) == (["docs"], "done")


@pytest.mark.parametrize("edited", [False, True])
async def test_a_comment_is_taken_back_unless_a_person_edited_it(world: World, edited: bool):
    world.outbox.plan([a_comment()])
    await world.publish()
    if edited:
        world.edit("What ada meant")
    await world.undo(1, RetractPayload(remote_id="1", undoes=1))
    assert world.bodies() == (["What ada meant"] if edited else [])
    world.outbox.plan([a_comment("Second")])
    await world.publish()
    assert world.bodies() == (["What ada meant"] if edited else [])


async def test_a_comment_that_is_gone_already_is_taken_back(world: World):
    world.outbox.plan([a_comment()])
    await world.publish()
    world.github.comments[THREAD.key].clear()
    await world.undo(1, RetractPayload(remote_id="1", undoes=1))
    assert (world.row.state, world.outbox.rows[2].state) == ("skipped", "done")


@pytest.mark.parametrize("written", [False, True])
@pytest.mark.parametrize("planned", [a_comment(), some_labels("bug")], ids=["comment", "labels"])
async def test_what_is_undone_while_its_fate_is_unknown_leaves_nothing(world: World, planned, written: bool):
    world.outbox.plan([planned])
    world.github.answers.append(ButWritten(LOST) if written else LOST)
    await publish_next(world.parts)
    assert await world.outbox.withdraw(1, "undone by ada")
    await world.publish(300)
    assert (world.bodies(), world.labels) == ([], [])
    assert world.row.state == "skipped"
    assert world.outbox.plan([planned]) == []


async def test_an_undo_waits_until_the_fate_is_known(world: World):
    world.outbox.plan([a_comment()])
    world.github.answers.append(ButWritten(LOST))
    await publish_next(world.parts)
    world.row.not_before = world.clock.now().replace(hour=23)
    undo = replace(a_comment(why="undo:1"), payload=RetractPayload(remote_id="", undoes=1))
    world.outbox.plan([undo])
    await world.publish()
    assert (world.bodies(), world.outbox.rows[2].state, world.outbox.rows[2].attempts) == (["Hello"], "planned", 0)


async def test_an_effect_that_is_undone_before_it_is_written_is_never_written(world: World):
    world.outbox.plan([replace(a_comment(why="undo:2"), payload=RetractPayload(remote_id="", undoes=2)), a_comment()])
    world.outbox.rows[1].not_before = world.clock.now().replace(hour=13)
    await world.publish()
    assert world.outbox.rows[2].reason == "a person undid it"
    assert world.bodies() == []
