"""Compose: prompt versions and a snapshot become the messages of one model call. Pure.

The template is ours and sandboxed; text of a thread is data. It enters only as values, each sanitized already,
fenced and named here, and is never read as a template. What is the same for all threads of a repository comes
first, so that the provider can cache it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, cast

import jinja2
from jinja2.meta import find_referenced_templates, find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel, JsonValue, create_model

from app.domain.decision import (
    AnswerDecision,
    Decision,
    DuplicatesDecision,
    NeedsInfoDecision,
    PullRequestDecision,
    SkillName,
    TriageDecision,
)
from app.domain.prompt import Message, ModelRequest, PromptVersion, key_of
from app.domain.snapshot import Snapshot
from app.domain.thread import Frozen
from app.errors import ConfigurationError
from app.teammate.material import material, nonce
from app.teammate.sanitize import fence
from app.teammate.wishes import wishes

DECISIONS: dict[SkillName, type[Decision]] = {
    "triage": TriageDecision,
    "duplicates": DuplicatesDecision,
    "needs-info": NeedsInfoDecision,
    "answer": AnswerDecision,
    "pull-request": PullRequestDecision,
}

OWN = frozenset({"role", "cache", "label_hints", "examples"})
"""What every template has besides: our two markers, and parts of its own file."""

REPLY_SHOWN = 4_000
"""Characters of an unusable reply that are shown back to the model that wrote it."""
MOST_TOKENS = 20_000
EFFORTS = ("low", "medium", "high", "xhigh", "max")
SEVERAL = (
    "Do each by its own rules, as if it were the only one, and reply with one JSON object that holds the decision of "
    "each task under its name. Material stands where the first task that needs it shows it."
)
_FENCED = re.compile(r'<untrusted-(?P<code>\w+) name="(?P<name>[^"\n]*)">\n.*?\n</untrusted-(?P=code)>', re.DOTALL)


# --- templates -------------------------------------------------------------------------------------------


def _role(name: str) -> str:
    if name not in {"system", "user"}:
        raise jinja2.TemplateRuntimeError(f"role({name!r}) is not one of 'system', 'user'")
    return f"\0role:{name}\0"


def _cache() -> str:
    return "\0cache\0"


def _environment() -> ImmutableSandboxedEnvironment:
    """No loader, no file, no call but the two markers, four filters. A missing variable is an error."""
    environment = ImmutableSandboxedEnvironment(
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    environment.filters = {name: environment.filters[name] for name in ("join", "length", "lower", "trim")}
    environment.globals = {"role": _role, "cache": _cache}
    return environment


ENVIRONMENT = _environment()


def template_problems(source: str, declared: Iterable[str]) -> list[tuple[int, str]]:
    """Line (1-based, within the template) and sentence for everything that would fail on the first thread.

    `declared` are the variables that the file's input schema names.
    """
    try:
        tree = ENVIRONMENT.parse(source)
        ENVIRONMENT.compile(tree)
    except jinja2.TemplateSyntaxError as error:
        return [(error.lineno, error.message or "is no valid template")]
    if any(True for _ in find_referenced_templates(tree)):
        return [(1, "a template stands alone: no include, import or extends")]
    unknown = find_undeclared_variables(tree) - OWN - set(declared)
    return [(_line_of(source, name), f"{name!r} is not in input.schema") for name in sorted(unknown)]


def _line_of(source: str, name: str) -> int:
    found = re.search(rf"\{{[{{%][^}}]*\b{re.escape(name)}\b", source)
    return source.count("\n", 0, found.end()) + 1 if found else 1


@lru_cache(maxsize=64)
def _compiled(source: str) -> jinja2.Template:
    return ENVIRONMENT.from_string(source)


# --- composing -------------------------------------------------------------------------------------------


def compose(prompts: Sequence[PromptVersion], snapshot: Snapshot) -> ModelRequest:
    """Everything one call needs to decide for all of `prompts`, which must share a model.

    Raises ConfigurationError when a template itself is at fault.
    """
    values = material(snapshot)
    parts = [_messages(prompt, values) for prompt in prompts]
    messages = parts[0] if len(parts) == 1 else _merged([prompt.name for prompt in prompts], parts)
    return ModelRequest(
        prompts=tuple(prompts),
        model=prompts[0].model,
        config=_config([prompt.config for prompt in prompts]),
        messages=_with_wishes(messages, wishes(snapshot)),
        snapshot=snapshot,
        output=output_of(tuple(prompt.name for prompt in prompts)),
    )


@lru_cache(maxsize=64)
def output_of(skills: tuple[SkillName, ...]) -> type[BaseModel]:
    """The closed schema of a reply: one decision, or an object that holds one for each skill."""
    if len(skills) == 1:
        return DECISIONS[skills[0]]
    fields: dict[str, Any] = {key_of(skill): (DECISIONS[skill], ...) for skill in skills}
    return create_model("Decisions", __base__=Frozen, **fields)


def decisions_in(reply: BaseModel, prompts: Sequence[PromptVersion]) -> tuple[Decision, ...]:
    """What a reply that fits `output_of` holds, in the order of the prompts."""
    if len(prompts) == 1:
        return (cast("Decision", reply),)
    return tuple(getattr(reply, key_of(prompt.name)) for prompt in prompts)


def repaired(request: ModelRequest, reply: str, problem: str) -> ModelRequest:
    """The same request once more, with the reply that did not fit and why; the prefix stays cacheable."""
    shown = reply[:REPLY_SHOWN].encode("utf-8", "replace").decode()  # a reply may hold what cannot be sent
    code = nonce(shown, problem)
    text = (
        "Your reply to the above could not be used, because it does not fit the schema.\n"
        f"{fence('problem', problem, code)}\n{fence('reply', shown, code)}\n"
        "Decide again from the material above and reply with one JSON object that fits the schema."
    )
    return replace(request, messages=(*request.messages, Message("user", text)))


def _messages(prompt: PromptVersion, values: Mapping[str, object]) -> tuple[Message, ...]:
    try:
        rendered = _compiled(prompt.template).render(
            {**values, "label_hints": prompt.label_hints, "examples": prompt.examples}
        )
    except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError) as error:
        raise ConfigurationError(f"prompt {prompt.id} cannot be rendered: {error}") from error
    messages = _split(rendered)
    if not any(message.role == "user" for message in messages):
        raise ConfigurationError(f'prompt {prompt.id} renders no text after {{{{ role("user") }}}}')
    return messages


def _merged(skills: Sequence[SkillName], parts: Sequence[Sequence[Message]]) -> tuple[Message, ...]:
    """Several prompts as one: all instructions, then everything that is the same for many threads, then the thread.

    Each keeps its own words under its name; material that two of them show is shown once.
    """
    sections = list(zip(skills, parts, strict=True))
    names = ", ".join(key_of(skill) for skill in skills)
    opening = Message("system", f"{len(skills)} tasks about one thread follow: {names}.\n{SEVERAL}")
    system = [
        replace(message, text=f"# Task `{key_of(skill)}`\n\n{message.text}", cacheable=False)
        for skill, messages in sections
        for message in messages
        if message.role == "system"
    ]
    stable, thread = [], []
    for skill, messages in sections:
        user = [message for message in messages if message.role != "system"]
        last = max((place for place, message in enumerate(user) if message.cacheable), default=-1)
        named = [replace(message, text=f"# For `{key_of(skill)}`\n\n{message.text}") for message in user]
        stable += [replace(message, cacheable=False) for message in named[: last + 1]]
        thread += named[last + 1 :]
    if stable:
        stable[-1] = replace(stable[-1], cacheable=True)
    else:
        system[-1] = replace(system[-1], cacheable=True)
    return tuple(_shown_once([opening, *system, *stable, *thread]))


def _with_wishes(messages: Sequence[Message], said: str) -> tuple[Message, ...]:
    """After our own instructions, which stay the same for all repositories and so can be cached by themselves."""
    if not said:
        return tuple(messages)
    ours = [message for message in messages if message.role == "system"]
    return (*ours, Message("system", said), *(message for message in messages if message.role != "system"))


def _shown_once(messages: Iterable[Message]) -> Iterable[Message]:
    """A fence that stood above already is only named: its code is a hash of what it holds, so the two are the same."""
    seen: set[str] = set()

    def once(found: re.Match[str]) -> str:
        if found[0] in seen:
            return f"({found['name']}: as above)"
        seen.add(found[0])
        return found[0]

    for message in messages:
        yield replace(message, text=_FENCED.sub(once, message.text))


def _config(configs: Sequence[Mapping[str, JsonValue]]) -> dict[str, JsonValue]:
    """Room for all replies together, and the highest effort that one of them asks for."""
    merged: dict[str, JsonValue] = {}
    for config in configs:
        merged |= config
    tokens = [config["max_tokens"] for config in configs]
    merged["max_tokens"] = min(sum(number for number in tokens if isinstance(number, int)), MOST_TOKENS)
    efforts = [effort for config in configs if (effort := config.get("effort")) in EFFORTS]
    if efforts:
        merged["effort"] = max(efforts, key=EFFORTS.index)
    return merged


def _split(rendered: str) -> tuple[Message, ...]:
    """Cut at the markers. `cache()` ends the stable prefix: the block before it is cacheable."""
    first, *rest = re.split("\0(role:[a-z]+|cache)\0", rendered)
    if first.strip():
        raise ConfigurationError('a prompt must start with {{ role("system") }} or {{ role("user") }}')
    messages: list[Message] = []
    role = "user"
    for marker, text in zip(rest[::2], rest[1::2], strict=True):
        if marker != "cache":
            role = marker.removeprefix("role:")
        elif messages:
            messages[-1] = Message(messages[-1].role, messages[-1].text, cacheable=True)
        if text.strip():
            messages.append(Message(role, text.strip()))
    return tuple(messages)
