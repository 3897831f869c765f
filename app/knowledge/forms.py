"""Forms: what a repository asks of a report, and which of it an issue's body answers.

GitHub knows two kinds: issue forms (`.github/ISSUE_TEMPLATE/*.yml`, rendered as `### Label` and an answer below) and
Markdown templates (`*.md`, whose headings and hints the reporter writes over). Both are read as fields. Source:
docs.github.com, "Syntax for GitHub's form schema" and "Syntax for issue forms". Whoever can push writes these files:
their size and depth are bounded, and a mistake is told in a sentence, never raised.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import yaml

from app.knowledge.compaction import FENCE

MAX_CHARACTERS = 128 * 1024
MAX_DEPTH = 20
MAX_NODES = 5_000
MAX_FIELDS = 60

FieldType = Literal["input", "textarea", "dropdown", "checkboxes", "upload", "section"]
"""section: a heading of a Markdown template; the others as GitHub names them."""
Status = Literal["answered", "empty", "placeholder"]

_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_FIELD_TYPES: Mapping[str, FieldType] = {
    "input": "input",
    "textarea": "textarea",
    "dropdown": "dropdown",
    "checkboxes": "checkboxes",
    "upload": "upload",
}
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_FRONT_MATTER = re.compile(r"\A\s*---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)
_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+(.{1,200}?)[ \t#]*$")
_BOLD = re.compile(r"\s{0,3}(?:[-*]\s)?(?:\*\*|__)([^*_\n]{2,200}?)(?:\*\*|__)\s{0,3}:?(?=\s|$)(.*)$")
_NO_ANSWER = re.compile(
    r"[\W_]*(?:(?:no response|n\s?/\s?a|none|nothing|no|not applicable|nil|null|tbd|unknown|idk|x+)[\W_]*)?$",
    re.IGNORECASE,
)
_BOX = re.compile(r"\s*[-*+]\s*\[\s?([xX]?)\s?\]")


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that is asked. `hint` is the form's own text in the place of the answer."""

    id: str
    label: str
    type: FieldType
    required: bool
    options: tuple[str, ...] = ()
    hint: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """`fields` in the order they are asked; `labels` are what GitHub puts on issues made with it."""

    path: str
    name: str
    fields: tuple[Field, ...]
    labels: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What stands in the place of a field's answer, whoever wrote it."""

    field: Field
    status: Status
    text: str = ""


def read_form(path: str, text: str) -> Form:
    """An issue form or Markdown template, by its ending. What cannot be read is left out and said in `problems`."""
    problems: list[str] = []
    if path.lower().endswith((".yml", ".yaml")):
        return _issue_form(path, _mapping(_parsed(text, path, problems), path, problems), problems)
    front = _FRONT_MATTER.match(text[:MAX_CHARACTERS])
    header = _mapping(_parsed(front[1], path, problems), path, problems) if front else {}
    sections = _sections(text[front.end() if front else 0 : MAX_CHARACTERS])
    fields = [Field(f"section-{at}", label, "section", required=False, hint=hint) for at, (label, hint) in sections]
    return Form(path, _text(header.get("name")) or path, tuple(fields[:MAX_FIELDS]), _labels(header), tuple(problems))


def answers_to(forms: Iterable[Form], body: str) -> tuple[Answer, ...]:
    """The answers of the form that the body was written with; empty where it was written with none of them.

    A heading counts where it is a field's label, in any case and with any ornament, so that headings inside an
    answer stay in it. A form is the one where at least half of the fields that show a heading are found.
    """
    best: tuple[float, tuple[Answer, ...]] = (0.0, ())
    for form in forms:
        asked = [field for field in form.fields if _key(field.label)]
        found = _found(asked, body)
        share = len(found) / len(asked) if asked else 0.0
        if found and share >= 0.5 and share > best[0]:
            best = (share, tuple(_answer(field, found.get(_key(field.label))) for field in asked))
    return best[1]


def _issue_form(path: str, root: Mapping[str, Any], problems: list[str]) -> Form:
    body = root.get("body")
    if not isinstance(body, list):
        if root:
            problems.append(f"{path}: `body` must be a list of elements; the form asks for nothing")
        body = []
    fields: list[Field] = []
    for position, element in enumerate(body[:MAX_FIELDS], start=1):
        kind = element.get("type") if isinstance(element, dict) else None
        if kind == "markdown":
            continue
        if not isinstance(kind, str) or kind not in _FIELD_TYPES:
            problems.append(f"{path}: element {position} of `body` has no known `type`; it is left out")
        elif field := _field(element, _FIELD_TYPES[kind], position):
            fields.append(field)
        else:
            problems.append(f"{path}: element {position} of `body` has no `label`; it is left out")
    return Form(path, _text(root.get("name")) or path, tuple(fields), _labels(root), tuple(problems))


def _field(element: Mapping[str, Any], kind: FieldType, position: int) -> Field | None:
    attributes, validations = (_dict(element.get(key)) for key in ("attributes", "validations"))
    given = attributes.get("options")
    options = given if isinstance(given, list) else []
    if not (label := _text(attributes.get("label"))):
        return None
    return Field(
        id=_text(element.get("id")) or f"field-{position}",
        label=label,
        type=kind,
        required=validations.get("required") == "true"
        or any(_dict(option).get("required") == "true" for option in options),
        options=tuple(_text(_dict(option).get("label", option)) for option in options[:100]),
        hint="\n".join(filter(None, (_text(attributes.get(key)) for key in ("value", "placeholder")))),
        description=_text(attributes.get("description")),
    )


def _parsed(text: str, path: str, problems: list[str]) -> object:
    try:
        _check_bounds(text)
        return yaml.load(text, Loader=_LOADER)  # noqa: S506 the base loader makes nothing but text, lists and mappings
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}, line {mark.line + 1}" if mark else path
        said = getattr(error, "problem", None) or str(error).partition("\n")[0]
        problems.append(f"{where}: {said}; the form is not read")
        return None


def _check_bounds(text: str) -> None:
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"longer than {MAX_CHARACTERS // 1024} KiB")
    depth = nodes = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not allowed")
        nodes += isinstance(event, yaml.NodeEvent)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH or nodes > MAX_NODES:
            raise ValueError(f"deeper than {MAX_DEPTH} levels or more than {MAX_NODES} values")


def _mapping(root: object, path: str, problems: list[str]) -> Mapping[str, Any]:
    if root is not None and not isinstance(root, dict):
        problems.append(f"{path}: expected keys such as `name:` and `body:`; the form is not read")
    return _dict(root)


def _dict(value: object) -> Mapping[str, Any]:
    return {str(key): one for key, one in value.items()} if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value.strip()[:4_000] if isinstance(value, str) else ""


def _labels(header: Mapping[str, Any]) -> tuple[str, ...]:
    given = header.get("labels")
    names = given if isinstance(given, list) else _text(given).strip("[]").split(",")
    return tuple(name.strip(" '\"") for name in names if isinstance(name, str) and name.strip(" '\""))


def _key(label: str) -> str:
    """A label without emoji, marks and case: what a heading is compared by."""
    return " ".join(re.findall(r"\w+", label.lower()))


def _outside_fences(text: str) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it may be a heading."""
    mark = ""
    for line in text.replace("\r\n", "\n").split("\n"):
        here = opening[1] if (opening := FENCE.match(line)) else ""
        yield line, not mark and not here
        if not mark:
            mark = here
        elif here.startswith(mark) and not line.strip("> \t`~"):
            mark = ""


def _sections(text: str) -> list[tuple[int, tuple[str, str]]]:
    """The headings of a template with the text below each, numbered from 1."""
    sections: list[tuple[str, list[str]]] = []
    for line, free in _outside_fences(text):
        if free and (label := _heading(line)):
            sections.append((label[0], [label[1]]))
        elif sections:
            sections[-1][1].append(line)
    return [(at, (label, "\n".join(hint).strip())) for at, (label, hint) in enumerate(sections, start=1)]


def _heading(line: str) -> tuple[str, str] | None:
    """Label and what follows it in its own line (`**OS:** Linux`)."""
    if heading := _HEADING.match(line[:300]):
        return heading[1].strip("*_ "), ""
    bold = _BOLD.match(line)
    return (bold[1].strip(": "), bold[2].strip()) if bold else None


def _found(asked: Sequence[Field], body: str) -> dict[str, str]:
    """Text by key of the field that it answers; the first place counts."""
    keys = {_key(field.label) for field in asked}
    found: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line, free in _outside_fences(body):
        label = _heading(line) if free else None
        key = _key(label[0]) if label else ""
        if label and key in keys and key not in found:
            current = found[key] = [label[1]]
        elif current is not None:
            current.append(line)
    return {key: "\n".join(lines) for key, lines in found.items()}


def _answer(field: Field, text: str | None) -> Answer:
    if text is None:
        return Answer(field, "empty")
    return Answer(field, _status(field, text), text.strip())


def _status(field: Field, text: str) -> Status:
    """Empty: nothing, "no response", no box ticked. Placeholder: the form's own words and nothing else."""
    if field.type == "checkboxes":
        boxes = (box[1] for line in text.split("\n") if (box := _BOX.match(line)))
        return "answered" if any(boxes) else "empty"
    bare = "\n".join(line for line in _COMMENT.sub(" ", text).split("\n") if not FENCE.match(line))
    if _NO_ANSWER.match(bare):
        return "empty"
    hints = {_key(line) for line in _COMMENT.sub(" ", field.hint).split("\n")}
    own = [key for line in bare.split("\n") if (key := _key(line)) and key not in hints]
    return "answered" if own or not _key(bare) else "placeholder"
