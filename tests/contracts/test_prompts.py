"""What every source of prompts promises: for each skill a version, and for a thread always the same."""

from typing import get_args

import pytest

from app.adapters.prompt_files import PromptFiles
from app.domain.decision import SkillName
from app.errors import ConfigurationError
from app.ports import Prompts
from app.teammate.compose import compose
from tests.fakes.prompts import FakePrompts
from tests.fakes.snapshots import snapshot

SKILLS: tuple[SkillName, ...] = get_args(SkillName)


@pytest.fixture(params=["fake", "files"])
def prompts(request: pytest.FixtureRequest) -> Prompts:
    return FakePrompts() if request.param == "fake" else PromptFiles()


@pytest.mark.parametrize("skill", SKILLS)
def test_every_skill_has_a_version_that_can_be_asked(prompts: Prompts, skill: SkillName):
    version = prompts.live(skill, "840#12")
    assert version.name == skill
    assert version.id == f"{skill}@{version.version}"
    assert version.digest
    request = compose([version], snapshot())
    assert {message.role for message in request.messages} == {"system", "user"}
    assert "rotate the webhook secret" in "".join(message.text for message in request.messages)


@pytest.mark.parametrize("skill", SKILLS)
def test_a_thread_keeps_its_version(prompts: Prompts, skill: SkillName):
    for number in range(50):
        assert prompts.live(skill, f"840#{number}") == prompts.live(skill, f"840#{number}")


def test_different_words_have_different_digests(prompts: Prompts):
    assert len({prompts.live(skill, "840#12").digest for skill in SKILLS}) == len(SKILLS)


@pytest.mark.parametrize("name", ["sentiment", "", "Triage", "../triage"])
def test_an_unknown_prompt_is_a_matter_of_configuration(prompts: Prompts, name: str):
    with pytest.raises(ConfigurationError):
        prompts.live(name, "840#12")
