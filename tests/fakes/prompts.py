"""Prompt versions without files."""

from dataclasses import dataclass, field
from typing import get_args

from app.domain.decision import SkillName
from app.domain.prompt import PromptVersion
from app.errors import ConfigurationError

PLAIN = {
    "triage": '{{ role("system") }}Pick labels.{{ role("user") }}{{ labels }}{{ cache() }}{{ title }}{{ body }}',
    "answer": '{{ role("system") }}Answer.{{ cache() }}{{ role("user") }}{{ passages }}{{ question }}',
    "duplicates": '{{ role("system") }}Compare.{{ cache() }}{{ role("user") }}{{ title }}{{ neighbours }}',
    "needs-info": '{{ role("system") }}What is missing?{{ role("user") }}{{ title }}{{ needs }}{{ asked }}',
    "pull-request": '{{ role("system") }}Look.{{ role("user") }}{{ labels }}{{ title }}{{ changes }}{{ remarks }}',
}


def prompt_version(name: SkillName = "triage", *, template: str | None = None, version: int = 1) -> PromptVersion:
    return PromptVersion(
        name=name,
        version=version,
        digest=f"{name}-{version}",
        model="anthropic/claude-haiku-5-5",
        config={"max_tokens": 1024},
        template=PLAIN[name] if template is None else template,
        label_hints={"bug": "something is broken", "question": "somebody asks how to do something"},
    )


@dataclass
class FakePrompts:
    """Serves one version of each prompt; tests replace them in `versions`."""

    versions: dict[str, PromptVersion] = field(
        default_factory=lambda: {name: prompt_version(name) for name in get_args(SkillName)}
    )

    def live(self, name: str, thread_key: str) -> PromptVersion:
        if name not in self.versions:
            raise ConfigurationError(f"there is no prompt {name!r}")
        return self.versions[name]
