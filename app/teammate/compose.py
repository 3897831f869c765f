"""Compose: a prompt version and a snapshot become the messages of one model call. Pure.

The template is ours and sandboxed; text of a thread is data. It enters only as values, each sanitized already,
fenced and named here, and is never read as a template. What is the same for all threads of a repository comes
first, so that the provider can cache it.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from functools import lru_cache

import jinja2
from jinja2.meta import find_referenced_templates, find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment

from app.domain.decision import AnswerDecision, Decision, SkillName, TriageDecision
from app.domain.prompt import Message, ModelRequest, PromptVersion
from app.domain.snapshot import Snapshot
from app.errors import ConfigurationError
from app.teammate.sanitize import fence

DECISIONS: dict[SkillName, type[Decision]] = {"triage": TriageDecision, "answer": AnswerDecision}

VARIABLES = frozenset(
    {
        *("kind", "max_labels"),
        *("labels", "current_labels", "title", "body", "author", "conversation"),
        *("question", "asked_by", "passages"),
    }
)
"""What a template may use. The first line is ours; everything after it arrives fenced."""

OWN = frozenset({"role", "cache", "label_hints", "examples"})
"""What every template has besides: our two markers, and parts of its own file."""

REPLY_SHOWN = 4_000
"""Characters of an unusable reply that are shown back to the model that wrote it."""


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


def compose(prompt: PromptVersion, snapshot: Snapshot) -> ModelRequest:
    """Everything one call needs. Raises ConfigurationError when the template itself is at fault."""
    values = {**_values(snapshot), "label_hints": prompt.label_hints, "examples": prompt.examples}
    try:
        rendered = _compiled(prompt.template).render(values)
    except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError) as error:
        raise ConfigurationError(f"prompt {prompt.id} cannot be rendered: {error}") from error
    messages = _split(rendered)
    if not any(message.role == "user" for message in messages):
        raise ConfigurationError(f'prompt {prompt.id} renders no text after {{{{ role("user") }}}}')
    return ModelRequest(prompt, messages, snapshot, DECISIONS[prompt.name])


def repaired(request: ModelRequest, reply: str, problem: str) -> ModelRequest:
    """The same request once more, with the reply that did not fit and why; the prefix stays cacheable."""
    shown = reply[:REPLY_SHOWN].encode("utf-8", "replace").decode()  # a reply may hold what cannot be sent
    nonce = _nonce(shown, problem)
    text = (
        "Your reply to the above could not be used, because it does not fit the schema.\n"
        f"{fence('problem', problem, nonce)}\n{fence('reply', shown, nonce)}\n"
        "Decide again from the material above and reply with one JSON object that fits the schema."
    )
    return ModelRequest(request.prompt, (*request.messages, Message("user", text)), request.snapshot, request.output)


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


def _values(snapshot: Snapshot) -> dict[str, object]:
    """The variables a template sees. Labels have a nonce of their own: it must not change with the thread."""
    nonce = _nonce(snapshot.model_dump_json())
    labels = "\n".join(
        json.dumps({"name": label.name, "description": label.description}, ensure_ascii=False)
        for label in snapshot.labels
    )
    return {
        "kind": snapshot.kind.replace("_", " "),
        "max_labels": snapshot.settings.labels.max,
        "labels": _fenced("labels", labels, _nonce(snapshot.repository, labels)),
        "current_labels": _fenced("current labels", "\n".join(snapshot.current_labels), nonce),
        "title": _fenced("title", snapshot.title, nonce),
        "body": _fenced("body", snapshot.body, nonce),
        "author": _fenced("author", f"{snapshot.author} ({snapshot.association})", nonce),
        "conversation": _each(
            "comment", (f"{said.author} ({said.role}):\n{said.text}" for said in snapshot.conversation), nonce
        ),
        "question": _fenced("question", snapshot.question, nonce),
        "asked_by": _fenced("asked by", snapshot.asked_by, nonce),
        "passages": _each("passage", _passages(snapshot), nonce),
    }


def _passages(snapshot: Snapshot) -> Iterable[str]:
    for passage in snapshot.passages:
        source = f"{passage.path} > {passage.heading}" if passage.heading else passage.path
        yield f"source: {source}\n\n{passage.text}"


def _each(name: str, texts: Iterable[str], nonce: str) -> str:
    """Numbered from 1, as Claim.passage counts."""
    fenced = [_fenced(f"{name} {number}", text, nonce) for number, text in enumerate(texts, start=1)]
    return "\n".join(fenced) or f"(no {name}s)"


def _fenced(name: str, text: str, nonce: str) -> str:
    """NUL separates our own markers, so it is the one character that may not come from outside."""
    return fence(name, text.replace("\0", "") or "(empty)", nonce)


def _nonce(*parts: str) -> str:
    """Nobody can write a text that contains its own hash, so no content can foresee its fence."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
