"""Prompt: a version of the words, and what goes to and comes from a model.

The digest covers everything that changes behaviour (model, config, schemas, template source, examples, label
hints) and nothing that does not (owners, comments), as proposed for serialized prompts by Humanloop.
"""

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field, JsonValue

from app.domain.decision import Decision, SkillName
from app.domain.snapshot import Snapshot
from app.domain.thread import Frozen


class PromptVersion(Frozen):
    """`prompts/<name>/v<version>.prompt`, parsed. `template` is the Jinja source, `schema_` the output's."""

    name: SkillName
    version: int
    digest: str
    model: str
    config: dict[str, JsonValue]
    template: str
    label_hints: dict[str, str] = Field(default_factory=dict)
    examples: tuple[dict[str, JsonValue], ...] = ()
    metadata: dict[str, JsonValue] = Field(default_factory=dict)

    @property
    def id(self) -> str:
        """What people call it: `triage@1`."""
        return f"{self.name}@{self.version}"


@dataclass(frozen=True, slots=True)
class Message:
    """`cacheable` marks the end of a prefix that is the same for many threads."""

    role: str
    text: str
    cacheable: bool = False


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """All a model may use: Claude reads `messages`, the local model `snapshot` and `prompts`.

    One call decides for every prompt. `output` is the schema of the reply: of one prompt its decision, of several an
    object with one decision under each `key_of(prompt.name)`.
    """

    prompts: tuple[PromptVersion, ...]
    model: str
    config: dict[str, JsonValue]
    messages: tuple[Message, ...]
    snapshot: Snapshot
    output: type[BaseModel]

    @property
    def id(self) -> str:
        return "+".join(prompt.id for prompt in self.prompts)


def key_of(skill: SkillName) -> str:
    """The name of a skill's decision within a reply for several."""
    return skill.replace("-", "_")


class Usage(Frozen):
    """Tokens as the provider counted them, money in US dollars, time in seconds."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cost_usd: float = 0.0
    latency_s: float = 0.0
    calls: int = 0


@dataclass(frozen=True, slots=True)
class ModelReply:
    """`decisions` in the order of the prompts, `model` as the provider names it, `raw` the reply as it came."""

    decisions: tuple[Decision, ...]
    model: str
    usage: Usage
    raw: Any = None

    @property
    def decision(self) -> Decision:
        """The decision of a call for one prompt."""
        (only,) = self.decisions
        return only
