"""What a repository gets that says nothing: nothing is written there, whatever a new version can do.

Whoever adds an ability meets this test, and an upgrade never switches anything on.
"""

from typing import get_args

import pytest

from app.domain.decision import SkillName
from app.domain.repository_settings import Mode, RepositorySettings
from app.domain.thread import ThreadKind

WRITES: Mode = "auto"


@pytest.mark.parametrize("kind", get_args(ThreadKind))
@pytest.mark.parametrize("skill", get_args(SkillName))
def test_no_skill_writes_by_default(skill: SkillName, kind: ThreadKind):
    assert RepositorySettings().mode_of(skill, kind) != WRITES


def test_nothing_else_that_acts_is_on_by_default():
    settings = RepositorySettings()
    switches = {name for name in RepositorySettings.model_fields if hasattr(getattr(settings, name), "enabled")}
    assert switches == {"stale"}
    assert not settings.stale.enabled
    modes = {name for name in RepositorySettings.model_fields if hasattr(getattr(settings, name), "mode")}
    assert {getattr(settings, name).mode for name in modes} == {None}
    assert settings.mode is None


def test_an_overall_mode_switches_nothing_on_that_speaks_unasked():
    """Those were added later than the overall mode, or speak where nobody asked: each is switched on by its name."""
    settings = RepositorySettings(mode="auto")
    assert {skill for skill in get_args(SkillName) if settings.mode_of(skill) == WRITES} == {
        "triage",
        "answer",
        "pull-request",
    }
