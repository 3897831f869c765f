"""What comes of commands: attended on fakes, from the comment to what is planned, remembered and told."""

from typing import Any

import pytest

from app.domain.act import Stance
from app.domain.effect import (
    CommentPayload,
    LabelsPayload,
    ReactionPayload,
    WriteAnswer,
)
from app.errors import GitHubError
from app.teammate.runs import attend_thread
from tests.fakes.parts import THREAD
from tests.teammate.commands.telling import SPEAKER, house, reactions, said, tell, written, wrote

pytestmark = pytest.mark.usefixtures("logs")


# --- acknowledging, refusing ------------------------------------------------------------------------------------------


async def test_a_command_is_seen_done_and_recorded():
    on = house()
    planned = await tell(on, "pause")
    assert reactions(planned) == ["eyes", "+1"]
    assert [one.intent for one in planned] == ["840#12:ack:9:eyes", "840#12:ack:9:+1"]
    assert {one.payload.comment for one in planned if isinstance(one.payload, ReactionPayload)} == {"9"}
    (run,) = on.queue.runs
    assert (run.skill, run.outcome, run.trigger, run.decision) == ("command", "acted", "comment:9", None)
    assert run.verdict is not None
    assert run.verdict.summary == "pause: done"
    assert [(span.name) for span in run.spans] == ["read", "obey"]
    (act,) = await on.ledger.acts(THREAD)
    assert (act.id, act.kind, act.actor, act.by, act.subject, act.detail) == (
        *("command:9:0", "command", "linus"),
        *("person", "pause", ""),
    )
    assert on.model.requests == []


@pytest.mark.parametrize("text", ["help", "undo", "pause", "resume", "label bug", "post", "why", "stop"])
async def test_an_outsider_gets_a_reaction_and_nothing_else(text: str):
    on = house("read")
    await wrote(on, LabelsPayload(names=("bug",)), labels=("bug",))
    planned = await tell(on, text)
    assert reactions(planned) == ["confused"]
    assert written(planned) == []
    assert await on.ledger.stance(THREAD) == Stance()
    (run,) = on.queue.runs
    assert run.outcome == "refused"
    assert run.verdict is not None
    assert "an outsider may not" in run.verdict.refusals[0].why


async def test_several_commands_some_of_which_somebody_may_not():
    on = house("read", author=SPEAKER)
    planned = await tell(on, "pause\nlabel bug")
    assert reactions(planned) == ["eyes", "+1", "confused"]
    assert (await on.ledger.stance(THREAD)).quiet == "paused"
    assert [(act.subject, bool(act.detail)) for act in await on.ledger.acts(THREAD)] == [
        ("pause", False),
        ('label +"bug"', True),
    ]


async def test_a_slip_is_answered_by_a_reaction_alone():
    on = house("none")
    planned = await tell(on, "udno")
    assert reactions(planned) == ["confused"]
    assert [run.outcome for run in on.queue.runs] == ["silent"]
    assert ("permission", SPEAKER) not in on.github.reads


@pytest.mark.parametrize(("text", "content"), [("thanks!", "heart"), ("great, that worked", "+1")])
async def test_who_only_thanks_gets_a_reaction(text: str, content: str):
    on = house("none")
    assert reactions(await tell(on, text)) == [content]
    assert on.model.requests == []


async def test_a_bot_is_never_obeyed():
    on = house("admin")
    on.github.comments[THREAD.key] = [said("pause").model_copy(update={"author_is_bot": True})]
    on.plan("comment:9")
    await attend_thread(on.parts, await on.lease())
    assert on.wrote_nothing


@pytest.mark.parametrize("settings", ["mode: off", "ai_policy: none"])
async def test_where_it_is_off_nothing_is_obeyed(settings: str):
    on = house("admin")
    on.settings(settings)
    assert await tell(on, "help") == []
    assert on.wrote_nothing


async def test_github_may_not_say_who_somebody_is():
    on = house()
    on.github.comments[THREAD.key] = [said("pause")]
    on.plan("comment:9")
    on.github.failures.extend([None] * 3 + [WriteAnswer(502)])
    with pytest.raises(GitHubError, match="permission"):
        await attend_thread(on.parts, await on.lease())
    assert await on.ledger.stance(THREAD) == Stance()
    assert on.wrote_nothing


# --- how to behave ----------------------------------------------------------------------------------------------------


async def test_paused_nothing_unasked_is_done_and_a_question_is_answered():
    on = house()
    await tell(on, "pause")
    on.plan("body")
    await attend_thread(on.parts, await on.lease())
    assert {run.skill for run in on.queue.runs} == {"command"}
    planned = await tell(on, "how do I rotate the secret?", 10)
    assert [one.kind for one in written(planned)] == ["comment"]


async def test_ignored_nothing_is_done_until_resume():
    on = house()
    await tell(on, "ignore")
    assert await tell(on, "help", 10) == []
    assert await tell(on, "how do I rotate the secret?", 11) == []
    assert await tell(on, "thanks!", 12) == []
    assert await tell(on, "udno", 13) == []
    assert reactions(await tell(on, "resume", 14)) == ["eyes", "+1"]
    assert written(await tell(on, "how do I rotate the secret?", 15))


async def test_who_paused_may_resume_and_what_the_team_silenced_its_author_does_not_wake():
    on = house("read", author=SPEAKER)
    on.github.permissions["ada"] = "admin"
    await tell(on, "pause")
    assert reactions(await tell(on, "resume", 10)) == ["eyes", "+1"]
    await tell(on, "stop", 11, author="ada")
    assert reactions(await tell(on, "resume", 12)) == ["confused"]
    on.ledger.stances[THREAD.key] = Stance(quiet="paused", by="ada")
    await tell(on, "ignore", 13)
    assert reactions(await tell(on, "resume", 14)) == ["confused"]
    assert (await on.ledger.stance(THREAD)).by == "ada"


async def test_what_was_said_later_stands_whichever_is_heard_first():
    on = house()
    await tell(on, "resume", 10, minutes=5)
    assert reactions(await tell(on, "pause", 9, minutes=1)) == ["confused"]
    assert (await on.ledger.stance(THREAD)).quiet == ""
    assert reactions(await tell(on, "pause", 11, minutes=6)) == ["eyes", "+1"]


async def test_a_stop_is_heard_before_everything_else_of_the_same_lease():
    on = house()
    on.github.comments[THREAD.key] = [said("stop")]
    on.plan("body", "comment:9")
    await attend_thread(on.parts, await on.lease())
    assert [run.skill for run in on.queue.runs] == ["command"]
    assert on.model.requests == []


async def test_draft_holds_back_what_would_be_written_and_post_writes_it():
    on = house()
    await tell(on, "draft")
    on.plan("body")
    await attend_thread(on.parts, await on.lease())
    assert {run.outcome for run in on.queue.runs[1:]} == {"drafted"}
    assert reactions(await tell(on, "post", 10)) == ["eyes", "+1"]
    body = [row for row in on.outbox.rows.values() if row.intent == "840#12:body"]
    assert {row.state for row in body} == {"planned"}
    accepted = [act.subject for act in await on.ledger.acts(THREAD) if act.kind == "draft_accepted"]
    assert accepted == [str(row.id) for row in body]
    assert reactions(await tell(on, "post", 11)) == ["confused"]


async def test_retriage_looks_again_and_waits_for_no_model():
    on = house()
    assert reactions(await tell(on, "retriage")) == ["eyes", "+1"]
    assert on.model.requests == []
    await attend_thread(on.parts, await on.lease())
    assert [run.trigger for run in on.queue.runs] == ["comment:9", "body", "body"]


async def test_retriage_where_it_is_paused_is_refused():
    on = house()
    await tell(on, "pause")
    assert reactions(await tell(on, "retriage", 10)) == ["confused"]
    assert on.queue.rows[THREAD.key].state == "done"


@pytest.mark.parametrize("thread", [{"body": "[no bot]"}, {"labels": ("no-bot",)}, {"state": "closed"}])
async def test_retriage_where_nothing_would_come_of_it_is_refused(thread: dict[str, Any]):
    on = house(**thread)
    assert reactions(await tell(on, "retriage")) == ["confused"]
    assert on.queue.rows[THREAD.key].state == "done"


# --- said again -------------------------------------------------------------------------------------------------------


async def test_of_an_edited_comment_only_what_is_new_is_done():
    on = house()
    await tell(on, "label bug")
    on.github.labels[THREAD.key] = []  # somebody removed it meanwhile
    planned = await tell(on, "label bug\npause", minutes=1)
    assert written(planned) == []
    assert (await on.ledger.stance(THREAD)).quiet == "paused"
    assert await tell(on, "label bug\npause", minutes=2) == []
    assert [act.id for act in await on.ledger.acts(THREAD)] == ["command:9:0", "command:9:1"]


async def test_answers_of_one_comment_are_one_comment_and_change_with_it():
    on = house()
    (first,) = written(await tell(on, "help"))
    (both,) = written(await tell(on, "help\nsettings"))
    assert both.body.startswith(first.body.rpartition("\n\n")[0])
    assert "| mode here |" in both.body
    assert [act.subject for act in await on.ledger.acts(THREAD)] == ["help", "settings"]
    comments = [row for row in on.outbox.rows.values() if row.payload.kind == "comment"]
    assert [(row.intent, row.revision) for row in comments] == [("840#12:comment:9", 2)]


async def test_a_worker_that_died_is_done_over():
    on = house()
    on.github.comments[THREAD.key] = [said("label bug\npause")]
    on.plan("comment:9")
    lease = await on.lease()
    on.queue.vanish(on.worker)
    await on.queue.expire()
    with pytest.raises(Exception, match="840#12"):
        await attend_thread(on.parts, lease)
    assert await on.ledger.acts(THREAD) == []
    await attend_thread(on.parts, await on.lease())
    assert written(on.queue.planned) == [LabelsPayload(names=("bug",))]


async def test_a_comment_that_commands_and_asks_is_answered_once():
    on = house()
    planned = await tell(on, "settings\nhow do I rotate the secret?")
    (comment,) = [one for one in planned if one.payload.kind == "comment"]
    assert isinstance(comment.payload, CommentPayload)
    assert "| mode here |" in comment.payload.body
    assert "Set both secrets" in comment.payload.body
    assert on.queue.runs[comment.run].skill == "answer"
    assert [run.skill for run in on.queue.runs] == ["command", "answer"]
    assert on.model.requests[0].snapshot.question == "how do I rotate the secret?"
