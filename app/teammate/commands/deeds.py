"""Deeds: what each command does. A deed gives an empty text, or the reason why it cannot be done."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.domain.act import Act, Quiet, Role, Stance
from app.domain.effect import CommentPayload, EffectPayload, PlannedEffect
from app.domain.past import Remark
from app.domain.thread import Comment, ThreadRef
from app.errors import GitHubError
from app.teammate.commands.parse import Command, Verb
from app.teammate.commands.say import help_text, settings_text
from app.teammate.commands.undo import take_back
from app.teammate.commands.why import newest_runs, why_text
from app.teammate.guard.labels import DUPLICATE
from app.teammate.label_history import LONG_AGO, cause_of, set_by_others_since
from app.teammate.parts import Parts
from app.teammate.silence import silenced
from app.teammate.subject import Reading

_GONE = frozenset({404, 410})


@dataclass(slots=True)
class Call:
    """One comment that commands something, and what its deeds have gathered so far: how to behave from now on, what to
    say, which labels to change, and everything else to be written.
    """

    parts: Parts
    ref: ThreadRef
    reading: Reading
    comment: Comment
    role: Role
    stance: Stance
    said: list[str] = field(default_factory=list)
    add: list[str] = field(default_factory=list)
    remove: list[str] = field(default_factory=list)
    effects: list[PlannedEffect] = field(default_factory=list)
    again: bool = False

    @property
    def login(self) -> str:
        return self.comment.author

    def plan(self, why: str, payload: EffectPayload) -> None:
        node_id = self.reading.thread.node_id
        self.effects.append(PlannedEffect(f"{self.ref.key}:{why}", self.ref, node_id, payload, run=0))

    def behave(self, **changed: Any) -> None:
        self.stance = self.stance.model_copy(update=changed)

    async def take_back(self, ids: set[int]) -> bool:
        found = await take_back(self.parts.outbox, self.parts.ledger, self.ref, ids, by=self.login)
        for effect_id, payload in found.payloads:
            self.plan(f"undo:{effect_id}", payload)
        return found.anything


# --- answers ---------------------------------------------------------------------------------------------


async def _help(call: Call, _: Command) -> str:
    call.said.append(help_text(call.role, call.parts.handle))
    return ""


async def _settings(call: Call, _: Command) -> str:
    call.said.append(settings_text(call.reading.settings, call.reading.problems, call.stance, call.ref.kind))
    return ""


async def _why(call: Call, _: Command) -> str:
    call.said.append(why_text(await newest_runs(call.parts.history, call.ref), secrets=call.parts.secrets))
    return ""


# --- how to behave ---------------------------------------------------------------------------------------


async def _pause(call: Call, _: Command) -> str:
    _hush(call, "paused")
    return ""


async def _ignore(call: Call, _: Command) -> str:
    _hush(call, "ignored")
    return ""


def _hush(call: Call, quiet: Quiet) -> None:
    """Who asked for silence first may end it; where that was the team, its author does not take it over."""
    keeps = call.stance.quiet != "" and call.role == "author"
    call.behave(quiet=quiet, by=call.stance.by if keeps else call.login, at=call.comment.updated_at)


async def _resume(call: Call, _: Command) -> str:
    call.behave(quiet="", drafts=False, by=call.login, at=call.comment.updated_at)
    return ""


async def _draft(call: Call, _: Command) -> str:
    call.behave(drafts=True)
    return ""


async def _retriage(call: Call, _: Command) -> str:
    thread = call.reading.thread
    if call.stance.quiet:
        return "it is paused here: resume first"
    if why := silenced(thread.title, thread.body, thread.labels):
        return why
    if thread.state == "closed" or thread.draft:
        return "the thread is closed, or a draft"
    call.again = True
    return ""


# --- labels ----------------------------------------------------------------------------------------------


async def _label(call: Call, command: Command) -> str:
    """Every name must be one of the repository's, or nothing of the command is done."""
    names = {label.name.casefold(): label.name for label in call.reading.repository.labels}
    unknown = [name for name in (*command.add, *command.remove) if name.casefold() not in names]
    if unknown:
        return f"the repository has no label {', '.join(unknown)}"
    carried = {name.casefold() for name in call.reading.thread.labels}
    call.add += [names[name.casefold()] for name in command.add if name.casefold() not in carried]
    call.remove += [names[name.casefold()] for name in command.remove if name.casefold() in carried]
    return ""


async def _duplicate(call: Call, command: Command) -> str:
    """Remembered for later duplicates, and labelled where the repository has such a label. Nothing is closed."""
    ref, number = call.ref, command.number
    if number == ref.number:
        return "a thread is no duplicate of itself"
    try:
        await call.parts.reader.thread(replace(ref, number=number))
    except GitHubError as error:
        if error.answer.status in _GONE:
            return f"there is no #{number}"
        raise
    if call.comment.id.isdigit():
        remark = Remark(id=int(call.comment.id), number=ref.number, at=call.comment.updated_at, duplicate_of=number)
        await call.parts.threads.note(ref.repository.repository_id, "comments", [remark])
    call.behave(unlike=False)
    label = next((one.name for one in call.reading.repository.labels if DUPLICATE.search(one.name)), "")
    if label and label not in call.reading.thread.labels:
        call.add.append(label)
    return ""


async def _not_a_duplicate(call: Call, _: Command) -> str:
    """Our comment about similar threads goes, our label `duplicate` too, and neither comes back. A label that a person
    set stays, and so does for the author of the thread one that the team told us to set.
    """
    call.behave(unlike=True)
    acts = await call.parts.reader.acts(call.ref)
    comments: set[int] = set()
    for effect in await call.parts.ledger.effects(call.ref):
        if isinstance(effect.payload, CommentPayload):
            run = await call.parts.history.run(effect.run_id)
            if run is not None and run.row.skill == "duplicates":
                comments.add(effect.id)
        elif effect.wrote is not None and not (call.role == "author" and cause_of(effect)[0] == "label"):
            alike = (name for name in effect.wrote.labels if DUPLICATE.search(name))
            call.remove += [name for name in alike if not set_by_others_since(acts, name, LONG_AGO)]
    await call.take_back(comments)
    return ""


# --- what we wrote ---------------------------------------------------------------------------------------


async def _undo(call: Call, command: Command) -> str:
    wanted = {"all": {"labels", "comment"}, "labels": {"labels"}, "comment": {"comment"}}[command.share]
    effects = await call.parts.ledger.effects(call.ref)
    anything = await call.take_back({one.id for one in effects if one.payload.kind in wanted})
    return "" if anything else "there is nothing to undo"


async def _post(call: Call, _: Command) -> str:
    """The newest draft, with the others that were made for the same reason."""
    drafts = [one for one in await call.parts.ledger.effects(call.ref) if one.state == "draft"]
    if not drafts:
        return "there is no draft"
    together = [one for one in drafts if one.intent == drafts[-1].intent]
    acts = [
        Act(
            id=f"draft_accepted:{one.id}:{call.comment.id}",
            kind="draft_accepted",
            actor=call.login,
            by="person",
            subject=str(one.id),
            at=call.comment.updated_at,
        )
        for one in together
    ]
    await call.parts.ledger.record(call.ref, acts)  # first: what is accepted is looked at before it is written
    accepted = [await call.parts.outbox.accept(one.id) for one in together]
    return "" if any(accepted) else "there is no draft any more"


DEEDS: Mapping[Verb, Callable[[Call, Command], Awaitable[str]]] = {
    "help": _help,
    "settings": _settings,
    "why": _why,
    "undo": _undo,
    "pause": _pause,
    "resume": _resume,
    "ignore": _ignore,
    "retriage": _retriage,
    "label": _label,
    "duplicate": _duplicate,
    "not-a-duplicate": _not_a_duplicate,
    "draft": _draft,
    "post": _post,
}
