"""Label history: which labels of a thread are ours to give and to take, and which a person has decided about.

Pure, over the acts on a thread and our own effects there. A label that anybody took off is final, our own undo
included, until a person puts it on or commands it. Names are compared as GitHub does, without regard to case.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime

from app.domain.act import Act
from app.domain.effect import Effect, LabelsPayload

LONG_AGO = datetime.min.replace(tzinfo=UTC)
_ADDED = re.compile(r'\+"([^"]+)"')
"""A name in the words of a command, as `Command.words` spells them."""


def cause_of(effect: Effect) -> tuple[str, str]:
    """Why an effect was planned: the words of its intent after the thread, such as `body` or `comment` and its id."""
    cause, _, about = effect.intent.removeprefix(f"{effect.thread.key}:").partition(":")
    return cause, about


def removed_labels(acts: Sequence[Act], effects: Sequence[Effect], carried: Collection[str]) -> frozenset[str]:
    """Names, case folded, that must not be put on the thread again; `carried` are those it carries now.

    A discussion has no timeline, but its labels tell: one that we wrote and that is gone was taken off.
    """
    taken_off: dict[str, datetime] = {}
    here = {name.casefold() for name in carried}
    for name in {act.subject.casefold() for act in acts if act.kind in ("labeled", "unlabeled")}:
        newest = (_newest(acts, name), _newest(acts, name, but_ours=True))
        if off := [act.at for act in newest if act is not None and act.kind == "unlabeled"]:
            taken_off[name] = max(off)
    for effect in effects:
        for name in _written(effect) - here:
            taken_off[name] = max(effect.created_at, taken_off.get(name, LONG_AGO))
    commanded = _commanded(acts, effects)
    return frozenset(name for name, at in taken_off.items() if commanded.get(name, LONG_AGO) < at)


def is_ours(acts: Sequence[Act], name: str, since: datetime) -> bool:
    """Whether this label stands because we put it on after `since`."""
    newest = _newest(acts, name)
    return newest is not None and newest.kind == "labeled" and newest.by == "us" and newest.at >= since


def set_by_others_since(acts: Sequence[Act], name: str, since: datetime) -> bool:
    """Whether somebody else put this label on after `since`."""
    newest = _newest(acts, name)
    return newest is not None and newest.kind == "labeled" and newest.by != "us" and newest.at > since


def commanded_at(acts: Iterable[Act], effect: Effect) -> datetime:
    """When a person commanded this effect; its own creation where no command is known."""
    said = f"command:{cause_of(effect)[1]}:"
    return max((act.at for act in acts if act.id.startswith(said)), default=effect.created_at)


def _commanded(acts: Sequence[Act], effects: Sequence[Effect]) -> dict[str, datetime]:
    """Labels that people told us to put on, and when; of those that were there already there is no effect."""
    commands = {
        name.casefold(): act.at
        for act in acts
        if act.kind == "command" and not act.detail and act.subject.startswith("label ")
        for name in _ADDED.findall(act.subject)
    }
    for effect in effects:
        if isinstance(effect.payload, LabelsPayload) and cause_of(effect)[0] == "label":
            at = commanded_at(acts, effect)
            commands |= {key: max(at, commands.get(key, at)) for key in map(str.casefold, effect.payload.names)}
    return commands


def _newest(acts: Sequence[Act], name: str, *, but_ours: bool = False) -> Act | None:
    """The newest time that this label was put on or taken off, at all or by somebody else."""
    wanted = name.casefold()
    found = (
        act
        for act in acts
        if act.kind in ("labeled", "unlabeled")
        and act.subject.casefold() == wanted
        and not (but_ours and act.by == "us")
    )
    return max(found, key=_order, default=None)


def _order(act: Act) -> tuple[datetime, int]:
    """GitHub counts seconds, and gives its events numbers in the order they happened."""
    number = act.id.rpartition(":")[2]
    return act.at, int(number) if number.isdecimal() else 0


def _written(effect: Effect) -> set[str]:
    return {name.casefold() for name in effect.wrote.labels} if effect.wrote else set()
