"""PromptFiles: `prompts/<name>/v<version>.prompt` and `live.toml`, read, checked and kept.

A prompt file is a dotprompt envelope (YAML front matter between `---` lines, then a template): see
google.github.io/dotprompt/reference/frontmatter. The template is sandboxed Jinja instead of Handlebars. Its version
is the digest of everything that changes behaviour, so that two runs with one digest were asked the same thing.
Everything wrong with a file is found when it is read, and said with its name and line.
"""

import hashlib
import json
import tomllib
from pathlib import Path
from typing import get_args

import structlog
import yaml
from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError

from app.domain.decision import SkillName
from app.domain.prompt import PromptVersion
from app.errors import ConfigurationError
from app.teammate.compose import DECISIONS, ENVIRONMENT, template_problems
from app.teammate.material import VARIABLES

log = structlog.get_logger("adapters.prompt_files")

BUNDLED = Path(__file__).parents[2] / "prompts"
SKILLS: tuple[SkillName, ...] = get_args(SkillName)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Config(_Strict):
    """What the Messages API takes. A key nobody reads would be a promise that is not kept, so it is refused."""

    max_tokens: int = Field(ge=1, le=20_000)
    effort: str | None = Field(None, pattern="^(low|medium|high|xhigh|max)$")
    thinking: dict[str, JsonValue] | None = None


class _Input(_Strict):
    schema_: dict[str, JsonValue] = Field(alias="schema")


class _Output(_Strict):
    schema_: str = Field(alias="schema")
    format: str = Field("json", pattern="^json$")


class _FrontMatter(BaseModel):
    """Keys we do not know are kept with the metadata: other tools read these files too."""

    model_config = ConfigDict(extra="allow", frozen=True)

    name: SkillName
    model: str = Field(pattern=r"^anthropic/[a-z0-9.:@-]+$")
    config: _Config
    input: _Input
    output: _Output
    metadata: dict[str, JsonValue] = Field(default_factory=dict)
    label_hints: dict[str, str] = Field(default_factory=dict, alias="plumbline.labels")
    examples: tuple[dict[str, JsonValue], ...] = Field(default=(), alias="plumbline.examples")


class _Live(_Strict):
    stable: int = Field(ge=1)
    canary: int | None = Field(None, ge=1)
    share: float = Field(0.0, ge=0, le=1)


_LIVE = TypeAdapter(dict[SkillName, _Live])


# --- one file --------------------------------------------------------------------------------------------


def read_prompt(path: Path) -> PromptVersion:
    """The version in this file. Raises ConfigurationError with every problem, one `file:line: sentence` each."""
    number = path.stem.removeprefix("v")
    if path.suffix != ".prompt" or not number.isdecimal():
        raise ConfigurationError(f"{path}: a prompt file is named v<number>.prompt")
    try:
        source = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be read: {error}") from error
    front, template, first_line = _cut(path, source)
    known = _validated(path, front)
    problems = _disagreements(path, front, known)
    problems += [
        f"{path}:{first_line + line - 1}: {what}" for line, what in template_problems(template, known.input.schema_)
    ]
    if problems:
        raise ConfigurationError("\n".join(problems))
    return PromptVersion(
        name=known.name,
        version=int(number),
        digest=_digest(known, template),
        model=known.model,
        config=known.config.model_dump(exclude_none=True),
        template=template,
        label_hints=known.label_hints,
        examples=known.examples,
        metadata={**(known.model_extra or {}), **known.metadata},
    )


def _cut(path: Path, source: str) -> tuple[str, str, int]:
    """Front matter, template, and the file's line on which the template starts."""
    lines = source.splitlines(keepends=True)
    if not lines or lines[0].rstrip() != "---":
        raise ConfigurationError(f"{path}:1: must start with a line `---`, the front matter, and another `---`")
    for number, line in enumerate(lines[1:], start=1):
        if line.rstrip() == "---":
            return "".join(lines[1:number]), "".join(lines[number + 1 :]), number + 2
    raise ConfigurationError(f"{path}:{len(lines)}: the front matter never ends; close it with a line `---`")


def _validated(path: Path, front: str) -> _FrontMatter:
    try:
        return _FrontMatter.model_validate(yaml.safe_load(front))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 2
        raise ConfigurationError(f"{path}:{line}: {error.problem or 'is no valid YAML'}") from error
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path}:2: {error}") from error
    except ValidationError as error:
        raise ConfigurationError(
            "\n".join(
                f"{path}:{_line_of(front, problem['loc'])}: {'.'.join(map(str, problem['loc'])) or 'front matter'}: "
                f"{problem['msg']}"
                for problem in error.errors()
            )
        ) from error


def _line_of(front: str, location: tuple[int | str, ...]) -> int:
    """The file's line of the deepest part of `location` that is there; its parent's when it is missing."""
    node = yaml.compose(front, Loader=yaml.SafeLoader)
    line = 1
    for step in location:
        if isinstance(node, yaml.MappingNode):
            pair = next(((key, value) for key, value in node.value if key.value == str(step)), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line + 2, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 2
        else:
            break
    return line


def _disagreements(path: Path, front: str, known: _FrontMatter) -> list[str]:
    """The file against its place and against the code: what is named must be what will be used."""
    decision = DECISIONS[known.name].__name__
    found: list[tuple[tuple[str, ...], str]] = []
    if path.parent.name != known.name:
        found.append((("name",), f"name is {known.name!r}, but the file lies in {path.parent.name!r}"))
    if known.output.schema_ != decision:
        found.append((("output", "schema"), f"{known.name} decides a {decision}, not {known.output.schema_!r}"))
    for variable in sorted(set(known.input.schema_) - VARIABLES):
        known_names = ", ".join(sorted(VARIABLES))
        found.append((("input", "schema", variable), f"there is no input {variable!r}; there are {known_names}"))
    return [f"{path}:{_line_of(front, location)}: {what}" for location, what in found]


def _digest(known: _FrontMatter, template: str) -> str:
    """Over what changes behaviour and nothing else. The schema counts by content: its words reach the model."""
    spoken = "".join(text for _, kind, text in ENVIRONMENT.lex(template) if not kind.startswith("comment"))
    behaviour = {
        "model": known.model,
        "config": known.config.model_dump(exclude_none=True),
        "input": known.input.schema_,
        "output": DECISIONS[known.name].model_json_schema(),
        "template": spoken,
        "labels": known.label_hints,
        "examples": known.examples,
    }
    canonical = json.dumps(behaviour, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


# --- what is live ----------------------------------------------------------------------------------------


class PromptFiles:
    """Implements ports.Prompts. `live.toml` is looked at on every call, so a rollback takes one edit.

    Only a changed `live.toml` makes it read anything: a half-edited prompt file reaches nobody. When the new
    state is broken, the last good one stays and the reason is logged once.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = directory or BUNDLED
        self._seen = self._signature()
        self._live, self._versions = self._read()

    def live(self, name: str, thread_key: str) -> PromptVersion:
        """The canary for its share of threads, always the same ones; the stable version otherwise."""
        self._refresh()
        skill = next((skill for skill in SKILLS if skill == name), None)
        if skill is None or skill not in self._live:
            raise ConfigurationError(f"{self._directory / 'live.toml'} has no section [{name}]")
        entry = self._live[skill]
        if entry.canary is not None and in_share(f"{name}@{entry.canary}:{thread_key}", entry.share):
            return self._versions[skill, entry.canary]
        return self._versions[skill, entry.stable]

    def _refresh(self) -> None:
        signature = self._signature()
        if signature == self._seen:
            return
        self._seen = signature
        try:
            self._live, self._versions = self._read()
        except ConfigurationError as error:
            kept = [version.id for version in self._versions.values()]
            log.error("prompts_broken", error=str(error), kept=kept)  # noqa: TRY400 - the sentence says it all
        else:
            log.info("prompts_live", versions=[version.id for version in self._versions.values()])

    def _signature(self) -> tuple[int, ...]:
        try:
            stat = (self._directory / "live.toml").stat()
        except OSError:
            return ()
        return (stat.st_mtime_ns, stat.st_size, stat.st_ino)

    def _read(self) -> tuple[dict[SkillName, _Live], dict[tuple[SkillName, int], PromptVersion]]:
        path = self._directory / "live.toml"
        try:
            live = _LIVE.validate_python(tomllib.loads(path.read_text("utf-8")))
        except OSError as error:
            raise ConfigurationError(
                f"{path}: cannot be read ({error.strerror}); PLUMBLINE_PROMPTS_DIR must hold live.toml"
            ) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{path}: {error}") from error
        except ValidationError as error:
            first = error.errors()[0]
            raise ConfigurationError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
        wanted = {
            (name, version)
            for name, entry in live.items()
            for version in (entry.stable, entry.canary)
            if version is not None
        }
        return live, {
            (name, version): read_prompt(self._directory / name / f"v{version}.prompt")
            for name, version in sorted(wanted)
        }


def in_share(key: str, share: float) -> bool:
    """Whether `key` belongs to the given share (0 to 1) of all keys; the same answer in every process."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) < share * 2**64
