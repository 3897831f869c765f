"""Obey: do what a comment tells the teammate, as far as the person who wrote it may.

Everything here can be done twice: a worker may die between any two steps, and then all of them come again. What is to
be written on GitHub is planned with the run that records the commands; who commanded what is remembered after that.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from app.domain.act import Act, Stance
from app.domain.effect import CommentPayload, Content, LabelsPayload, PlannedEffect, ReactionPayload, UnlabelPayload
from app.domain.thread import Comment, ThreadRef
from app.domain.verdict import Refusal
from app.teammate.commands.deeds import DEEDS, Call
from app.teammate.commands.parse import Command, Heard, Verb
from app.teammate.commands.roles import refusal, role_of
from app.teammate.commands.say import ending
from app.teammate.parts import Parts
from app.teammate.subject import Reading

log = structlog.get_logger("teammate.commands")

_ANSWERS: frozenset[Verb] = frozenset({"help", "settings", "why"})
_LASTING: frozenset[str] = frozenset({"pause", "resume", "ignore", "draft", "duplicate", "not-a-duplicate"})
"""What changes how we behave from then on: of two such, the one said later counts, whichever is heard first."""


@dataclass(slots=True)
class Obeyed:
    """What came of one comment. `effects` belong to its run; `again` asks for another look at the thread; `acts` are to
    be remembered once the effects are safe.
    """

    effects: list[PlannedEffect] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    again: bool = False


async def obey(parts: Parts, ref: ThreadRef, reading: Reading, comment: Comment, heard: Heard) -> Obeyed:
    """Do what is new in `comment`: a command that was obeyed before the comment was edited is not given again.

    Raises GitHubError when GitHub does not say who the author of the comment is.
    """
    result = Obeyed()
    stance, acts = await asyncio.gather(parts.ledger.stance(ref), parts.ledger.acts(ref))
    commands = _fresh(heard.commands, comment, acts)
    if commands:
        await _obey(await _call(parts, ref, reading, comment, stance), commands, acts, result)
    answers: list[Content] = ["eyes", "+1"] if result.done else []
    if result.refusals or (heard.slip and stance.quiet != "ignored"):
        answers.append("confused")
    if heard.thanks and not stance.quiet:
        answers.append(heard.thanks)
    result.effects += [_reaction(ref, reading, comment, content) for content in answers]
    log.info("commands_obeyed", done=result.done, refused=[one.what for one in result.refusals], slip=heard.slip)
    return result


async def _call(parts: Parts, ref: ThreadRef, reading: Reading, comment: Comment, stance: Stance) -> Call:
    permission = await parts.reader.permission(ref.repository, comment.author)
    owner = ref.repository.name.partition("/")[0]
    role = role_of(permission, login=comment.author, author=reading.thread.author, owner=owner)
    return Call(parts, ref, reading, comment, role, stance)


async def _obey(call: Call, commands: Sequence[Command], acts: Sequence[Act], result: Obeyed) -> None:
    before, known = call.stance, _given(call.comment, acts)
    for command in commands:
        if call.stance.quiet == "ignored" and command.verb != "resume":
            continue  # where we are to be silent, only the end of that is heard
        why_not = (
            refusal(command.verb, call.role, login=call.login, stance=call.stance)
            or _overtaken(command, call.comment, acts)
            or await DEEDS[command.verb](call, command)
        )
        if why_not:
            result.refusals.append(Refusal(what=command.words, why=why_not))
        else:
            result.done.append(command.words)
        if command.words not in known:
            result.acts.append(_act(command, call.comment, len(known) + len(result.acts), why_not))
    if call.stance != before:
        await call.parts.ledger.set_stance(call.ref, call.stance)
    result.effects, result.again = _written(call), call.again


def _fresh(commands: Sequence[Command], comment: Comment, acts: Sequence[Act]) -> list[Command]:
    """Those not given before in this comment. Where one of them wants an answer, all answers are made anew: they share
    one comment of ours.
    """
    before = _given(comment, acts)
    new = [command for command in commands if command.words not in before]
    answering = any(command.verb in _ANSWERS for command in new)
    return [command for command in commands if command in new or (answering and command.verb in _ANSWERS)]


def _given(comment: Comment, acts: Sequence[Act]) -> set[str]:
    """The commands that this comment has given already; each stands in the ledger once."""
    return {act.subject for act in acts if act.id.startswith(f"command:{comment.id}:")}


def _act(command: Command, comment: Comment, number: int, why_not: str) -> Act:
    """`detail` is why it was refused; empty where it was done."""
    return Act(
        id=f"command:{comment.id}:{number}",
        kind="command",
        actor=comment.author,
        by="person",
        subject=command.words,
        detail=why_not,
        at=comment.updated_at,
    )


def _overtaken(command: Command, comment: Comment, acts: Sequence[Act]) -> str:
    """Deliveries may come in any order: what somebody said after this stands."""
    if command.verb not in _LASTING:
        return ""
    said = (act for act in acts if act.kind == "command" and not act.detail and act.at > comment.updated_at)
    later = [act for act in said if act.subject.partition(" ")[0] in _LASTING]
    return f"{later[-1].actor} said `{later[-1].subject}` later" if later else ""


def _written(call: Call) -> list[PlannedEffect]:
    """What all commands of the comment want written: labels at once, and one comment for all answers."""
    if call.add:
        call.plan(f"label:{call.comment.id}", LabelsPayload(names=tuple(dict.fromkeys(call.add))))
    if call.remove:
        call.plan(f"label:{call.comment.id}", UnlabelPayload(names=tuple(dict.fromkeys(call.remove))))
    if call.said:
        body = "\n\n".join([*call.said, ending(call.parts.handle)])
        call.plan(f"comment:{call.comment.id}", CommentPayload(body=body))
    return call.effects


def _reaction(ref: ThreadRef, reading: Reading, comment: Comment, content: Content) -> PlannedEffect:
    intent = f"{ref.key}:ack:{comment.id}:{content}"
    payload = ReactionPayload(comment=comment.id, content=content)
    return PlannedEffect(intent, ref, reading.thread.node_id, payload, run=0)
