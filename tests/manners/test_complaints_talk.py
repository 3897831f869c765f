"""Being told: what people said about bots that do not listen, made impossible. See docs/manners.md."""

import pytest

from app.domain.decision import LabelProposal, TriageDecision
from app.playground.model import Thread
from tests.fakes.parts import SILENT
from tests.manners.scene import AUTHOR, LOUD, OUTSIDER, QUESTION, REPOSITORY, TEAM, Scene


async def waiting() -> tuple[Scene, Thread]:
    """A thread about which all is decided and nothing written yet."""
    on = Scene()
    thread = on.open()
    await on.deliver(*on.post())
    await on.attend()
    return on, thread


def say_pause(on: Scene, thread: Thread) -> None:
    on.say(thread, "@plumbline pause", actor=AUTHOR)


def set_label(on: Scene, thread: Thread) -> None:
    on.label(thread, "plumbline:pause")


def write_marker(on: Scene, thread: Thread) -> None:
    on.edit(thread, "Thinking aloud. [no bot]")


def lock(on: Scene, thread: Thread) -> None:
    on.hub.lock(actor=TEAM, repo=REPOSITORY, number=thread.number)


@pytest.mark.parametrize("stop", [say_pause, set_label, write_marker, lock])
async def test_a_pause_holds_before_the_queue_and_before_the_write(stop):
    on, thread = await waiting()
    stop(on, thread)
    await on.settle()
    calls = len(on.asked())
    on.edit(thread, f"{thread.body} More.")
    await on.settle()
    assert (on.labels(thread) - {"plumbline:pause"}, on.comments(thread)) == (set(), [])
    assert len(on.asked()) == calls, "nobody pays for what will not be said"


async def test_after_stop_nothing_is_heard_but_resume():
    on, thread = await waiting()
    await on.tell(thread, "stop")
    seen = len(on.http.writes)
    for words in (QUESTION, "label +bug", "why", "retriage"):
        await on.tell(thread, words)
    on.edit(thread, "Anew.")
    await on.settle()
    assert len(on.http.writes) == seen
    said = await on.tell(thread, "resume\n@plumbline label +bug")
    assert on.reactions(said) == {"eyes", "+1"}
    assert on.labels(thread) == {"bug"}, "what is said after `resume` is heard"


async def test_outsiders_may_steer_nothing():
    on = Scene()
    thread = on.open()
    await on.settle()
    labels, comments = on.labels(thread), len(on.comments(thread))
    for words in ("undo", "label +bug", "pause", "ignore", "draft", "retriage", "duplicate of #1", "post"):
        said = await on.tell(thread, words, actor=OUTSIDER)
        assert on.reactions(said) == {"confused"}
    assert (on.labels(thread), len(on.comments(thread))) == (labels, comments)
    assert not on.house.ledger.stances


@pytest.mark.parametrize("name", ["dependabot[bot]", "plumbline-helper[bot]"])
async def test_the_name_of_a_bot_opens_nothing(name: str):
    on = Scene()
    on.hub.set_role(repo=REPOSITORY, person=name, role="maintainer")
    thread = on.open()
    await on.settle()
    seen, runs = len(on.http.writes), len(on.house.queue.runs)
    on.say(thread, "@plumbline undo", actor=name)
    on.hub.open_thread(actor=name, repo=REPOSITORY, title=QUESTION)
    await on.deliver(*on.post())
    assert not any(row.state == "planned" for row in on.house.queue.rows.values())
    await on.settle()
    assert (len(on.http.writes), len(on.house.queue.runs)) == (seen, runs)


@pytest.mark.parametrize("mode", ["mention", "draft"])
async def test_outsiders_summon_nobody_into_a_thread(mode: str):
    on = Scene(f"mode: {mode}\nhold_minutes: 0\n")
    thread = on.open()
    await on.settle()
    on.say(thread, f"@plumbline {QUESTION}", actor=OUTSIDER)
    await on.settle()
    assert on.comments(thread) == []
    await on.tell(thread, QUESTION)
    assert len(on.comments(thread)) == 1, "a maintainer is answered"


async def test_answers_to_mentions_go_off_alone():
    on = Scene("mode: auto\nhold_minutes: 0\nanswers: {mode: 'off'}\n")
    thread = on.open()
    await on.tell(thread, QUESTION)
    assert on.comments(thread) == []
    assert on.labels(thread) == {"question"}


@pytest.mark.parametrize(
    ("words", "reaction"), [("thanks!", "heart"), ("I agree", "+1"), ("that works, thank you", "heart")]
)
async def test_thanks_and_agreement_get_a_reaction_and_no_words(words: str, reaction: str):
    on = Scene()
    thread = on.open()
    await on.settle()
    before, calls = len(on.comments(thread)), len(on.asked())
    said = await on.tell(thread, words, actor=AUTHOR)
    assert on.reactions(said) == {reaction}
    assert (len(on.comments(thread)), len(on.asked())) == (before, calls)


async def test_people_who_talk_to_each_other_are_left_alone():
    on = Scene()
    with on.hub.silence():
        thread = on.open()
        on.say(thread, "I would keep it as it is.", actor=TEAM)
        on.say(thread, "I would not. What does plumbline think?", actor=OUTSIDER)
    on.edit(thread, "How should this work?")
    await on.settle()
    on.say(thread, "And I agree with both.", actor=AUTHOR)
    await on.settle()
    assert on.comments(thread) == []


@pytest.mark.parametrize("mode", ["ai_policy: none\n", "mode: 'off'\n"])
async def test_a_project_without_bots_hears_nothing_even_when_it_asks(mode: str):
    on = Scene(mode)
    thread = on.open()
    await on.tell(thread, QUESTION)
    await on.tell(thread, "help")
    assert on.http.writes == []
    assert on.asked() == []


async def test_a_comment_that_a_person_deleted_is_not_posted_again():
    on = Scene()
    thread = on.open()
    await on.settle()
    (comment,) = on.comments(thread)
    on.hub.delete_comment(actor=TEAM, repo=REPOSITORY, comment=comment.id)
    on.edit(thread, "Once more.")
    await on.tell(thread, "retriage")
    assert on.comments(thread) == []


async def test_a_comment_that_a_person_edited_is_theirs():
    on = Scene()
    thread = on.open()
    await on.settle()
    (comment,) = on.comments(thread)
    on.hub.edit_comment(actor=TEAM, repo=REPOSITORY, comment=comment.id, body="What he means: restart.")
    on.edit(thread, "Once more.")
    await on.settle()
    await on.tell(thread, "undo")
    assert [one.body for one in on.comments(thread)] == ["What he means: restart."]


async def test_undo_leaves_the_thread_as_if_we_had_never_come():
    on = Scene()
    thread = on.open(labels=["documentation"])
    await on.settle()
    await on.tell(thread, "why")
    await on.tell(thread, QUESTION, actor=AUTHOR)
    assert on.labels(thread) == {"documentation", "question"}
    said = await on.tell(thread, "undo")
    assert on.reactions(said) == {"eyes", "+1"}
    assert on.labels(thread) == {"documentation"}
    assert on.comments(thread) == []


async def test_undo_takes_back_what_stands_of_a_plan_that_was_refused_later():
    """The labels were written; other ones were planned in their place and never written, because of a pause."""
    on = Scene()
    thread = on.open()
    await on.settle()
    assert on.labels(thread) == {"question"}
    bug = TriageDecision(labels=(LabelProposal(name="bug", confidence=0.9, rationale="It breaks."),))
    on.house.model.prepared = [lambda prompt, _: bug if prompt.name == "triage" else SILENT[prompt.name]]
    on.edit(thread, "It breaks.")
    await on.deliver(*on.post())
    await on.attend()
    on.label(thread, "plumbline:pause")
    await on.settle()
    assert on.labels(thread) == {"question", "plumbline:pause"}
    await on.tell(thread, "undo")
    assert on.labels(thread) == {"plumbline:pause"}


async def test_money_that_is_spent_means_the_local_model_and_no_word_about_it():
    on = Scene(LOUD.replace("usd_per_day: 1000", "usd_per_day: 0.1"))
    first = on.open(actor="one")
    await on.settle()
    second = on.open(QUESTION + " Again?", actor="two")
    await on.settle()
    assert len(on.asked()) == 1
    assert len(on.house.spare.requests) == 1
    assert "budget" not in "".join(one.body for one in (*on.comments(first), *on.comments(second))).lower()


async def test_a_discussion_is_listened_to_alike():
    on = Scene()
    talk = on.hub.open_thread(actor=AUTHOR, repo=REPOSITORY, title=QUESTION, kind="discussion")
    await on.settle()
    (answer,) = on.comments(talk)
    await on.tell(talk, "undo")
    assert on.comments(talk) == []
    assert answer.id not in talk.comments
    await on.tell(talk, "stop")
    await on.tell(talk, QUESTION)
    assert on.comments(talk) == []
