"""Repository settings: read `.github/plumbline.yml`, whatever it holds, without ever failing.

A mistake is told with its line, and never makes the teammate bolder. A section with a mistake falls back alone, and to
writing nothing: what is left of it may allow more than its author meant. Where what was meant for everything cannot be
read (the overall mode, whom to ignore, the whole file), nothing is written until it is mended. Under the file lie the
defaults of its owner, if there are any: they count key by key where the file itself says nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, get_args

from pydantic import BaseModel

from app.domain.repository_settings import (
    BudgetSettings,
    DataSettings,
    DuplicateSettings,
    IgnoreSettings,
    LabelSettings,
    Mode,
    NeedsInfoSettings,
    NotifySettings,
    QuietHours,
    RepositorySettings,
    SkillSettings,
    StaleSettings,
)
from app.teammate.settings_tree import (
    NOT_UTF8,
    Given,
    Problem,
    Unreadable,
    entries,
    is_mapping,
    plain,
    read_tree,
    shown,
)
from app.teammate.settings_values import Wrong, read_value

SETTINGS_PATH = ".github/plumbline.yml"
MAX_PROBLEMS = 20
MODES: tuple[str, ...] = get_args(Mode)

ACTIONS: Mapping[str, type[BaseModel]] = {
    "labels": LabelSettings,
    "answers": SkillSettings,
    "duplicates": DuplicateSettings,
    "needs_info": NeedsInfoSettings,
    "pull_requests": SkillSettings,
    "discussions": SkillSettings,
}
SECTIONS: Mapping[str, type[BaseModel]] = {
    **ACTIONS,
    "ignore": IgnoreSettings,
    "quiet_hours": QuietHours,
    "notify": NotifySettings,
    "budget": BudgetSettings,
    "stale": StaleSettings,
    "data": DataSettings,
}
SWITCHED = frozenset({"duplicates", "needs_info", "stale"})
"""Sections that take `enabled`, too: people know it from elsewhere."""
SPELLED: Mapping[str, str] = {"start": "from", "end": "to"}
"""Fields that a file calls by another name."""

_QUIETEST: Mapping[str, BaseModel] = {
    "quiet_hours": QuietHours(start="00:00", end="00:00"),
    "notify": NotifySettings(per_person=0, per_hour=0),
    "budget": BudgetSettings(usd_per_day=0, usd_per_thread=0, calls_per_person=0),
}
"""What these sections fall back to: nobody is told anything, nothing is paid for."""


@lru_cache(maxsize=32)
def parse_settings(
    text: str, defaults: str = "", *, place: str = "defaults"
) -> tuple[RepositorySettings, tuple[Problem, ...]]:
    """The settings, and a problem for each thing that was not understood (at most 20), by line.

    `defaults` are the owner's, in the file that `place` names. Events ask for the same few files: hence the cache.
    """
    reading = _Reading()
    layers = [keys for source, where in ((text, ""), (defaults, place)) if (keys := reading.file(source, where))]
    settings = reading.settings(layers)
    problems = sorted(reading.problems, key=lambda one: (one.place != "", one.line))
    return (_held_back(settings) if reading.unsure else settings), tuple(problems[:MAX_PROBLEMS])


@dataclass(slots=True)
class _Reading:
    """What is found out on the way. `unsure`: something that was meant for everything could not be read."""

    problems: list[Problem] = field(default_factory=list)
    unsure: bool = False

    def file(self, text: str, place: str) -> dict[str, Given]:
        """The known keys of one file."""
        try:
            root = read_tree(text, place)
        except Unreadable as error:
            self._drop(replace(error.problem, text=f"{error.problem.text}; the whole file is ignored"))
            return {}
        if root is not None and not is_mapping(root):
            self._drop(root.problem("expected keys such as `mode: draft`; the file is ignored"))
            return {}
        keys = {} if root is None else self._known(root, [*RepositorySettings.model_fields], "")
        bad = next((number for number, line in enumerate(text.splitlines(), start=1) if NOT_UTF8 in line), None)
        if bad:
            self.problems.append(Problem(bad, "not UTF-8; save the file as UTF-8", place))
        return keys

    def settings(self, layers: Sequence[Mapping[str, Given]]) -> RepositorySettings:
        values: dict[str, object] = {}
        for key in sorted(RepositorySettings.model_fields, key=lambda key: key != "mode"):
            found = [layer[key] for layer in layers if key in layer]
            if key in SECTIONS:
                values[key] = self._section(key, found, values.get("mode"))
            elif found and (value := self._value(key, RepositorySettings, found[0], "")) is not None:
                values[key] = value
            elif found and key == "ai_policy":
                values[key] = "none"
            elif found and key == "mode":
                self.unsure = True
        return RepositorySettings.model_validate({key: value for key, value in values.items() if value is not None})

    def _drop(self, problem: Problem) -> None:
        self.problems.append(problem)
        self.unsure = True

    def _section(self, name: str, layers: Sequence[Given], overall: object) -> BaseModel | None:
        """One section out of all layers; with a mistake in it all of it falls back."""
        model = SECTIONS[name]
        if name == "quiet_hours" and layers and plain(layers[0].node) == "off":
            return None
        given: dict[str, Given] = {}
        sound = True
        for layer in layers:
            keys = self._keys(name, layer)
            sound = sound and keys is not None and not entries(layer).again
            switch = {"mode", "enabled"} if given.keys() & {"mode", "enabled"} else set()
            given |= {key: value for key, value in (keys or {}).items() if key not in {*given, *switch}}
        values: dict[str, Any] = {}
        for key, node in given.items():
            value = self._value(key, StaleSettings if key == "enabled" else model, node, f"{name}.")
            sound = sound and value is not None
            values[key] = value
        if name in ACTIONS and (enabled := values.pop("enabled", None)) is not None:
            values["mode"] = "off" if not enabled else values.get("mode") or overall or "draft"
        if name == "quiet_hours" and given and sound and not {"start", "end"} <= values.keys():
            self.problems.append(layers[0].problem('`quiet_hours` needs both `from` and `to`, such as "22:00"'))
            sound = False
        if sound:
            return model.model_validate(values) if values else None
        self.unsure |= name == "ignore"
        if name in ACTIONS:
            return model.model_validate({"mode": "off" if values.get("mode") == "off" else "draft"})
        return _QUIETEST.get(name)

    def _keys(self, name: str, layer: Given) -> dict[str, Given] | None:
        """The known keys of a section in one file; one word may stand for its mode. None where it is neither."""
        model, word = SECTIONS[name], plain(layer.node)
        if is_mapping(layer):
            switched = ["enabled"] if name in SWITCHED - {"stale"} else []
            return self._known(layer, [*model.model_fields, *switched], f"{name}.")
        if name in SWITCHED and word in ("true", "false", "on", "off"):
            return {"enabled": layer}
        if name in ACTIONS and word in MODES:
            return {"mode": layer}
        example = "mode: draft" if name in ACTIONS else f"{_spelled(next(iter(model.model_fields)))}: ..."
        self.problems.append(layer.problem(f"`{name}` is {shown(word)}; expects keys such as `{example}`"))
        return None

    def _known(self, given: Given, fields: Sequence[str], prefix: str) -> dict[str, Given]:
        """Known keys that hold something; unknown ones and repeats are told and left out."""
        names = {_spelled(name): name for name in fields}
        found = entries(given)
        for key, at in found.again:
            text = f"`{shown(prefix + key)}` is set twice; the first one counts"
            self.problems.append(at.problem(text))
            self.unsure |= not prefix
        for key, (at, _) in found.first.items():
            if key not in names:
                wanted = len(self.problems) < MAX_PROBLEMS
                near = get_close_matches(key[:80], names, n=1) if wanted else []
                hint = f"; did you mean `{prefix}{near[0]}`?" if near else ""
                self.problems.append(at.problem(f"unknown key `{shown(prefix + key)}`{hint}", ignored=True))
        return {names[key]: value for key, (_, value) in found.first.items() if key in names and not value.is_empty}

    def _value(self, key: str, model: type[BaseModel], given: Given, prefix: str) -> Any:
        """None where it cannot stand there, and that is told."""
        try:
            return read_value(key, model, given)
        except Wrong as wrong:
            said = f"`{prefix}{_spelled(key)}` is {shown(plain(wrong.given.node))}; expected {wrong.sentence}"
            self.problems.append(wrong.given.problem(said))
            return None


def _spelled(name: str) -> str:
    return SPELLED.get(name, name)


def _held_back(settings: RepositorySettings) -> RepositorySettings:
    """The same with nothing that writes unasked."""
    calm = {
        name: section.model_copy(update={"mode": "draft"})
        for name in ACTIONS
        if (section := getattr(settings, name)).mode == "auto"
    }
    return settings.model_copy(update={**calm, **({"mode": "draft"} if settings.mode == "auto" else {})})
