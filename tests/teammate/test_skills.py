"""When each skill speaks, and how loudly."""

import itertools
from typing import get_args

import pytest

from app.domain.decision import SkillName
from app.domain.repository_settings import AnswerSettings, LabelSettings, Mode, RepositorySettings
from app.domain.thread import ThreadKind
from app.teammate.skills import Loudness, loudness, skills_for

MODES: tuple[Mode, ...] = get_args(Mode)
SKILLS: tuple[SkillName, ...] = get_args(SkillName)
TRUSTED = ("OWNER", "MEMBER", "COLLABORATOR")
# All others of GitHub's author_association, one that it may add some day, and none at all.
OTHERS = ("CONTRIBUTOR", "FIRST_TIMER", "FIRST_TIME_CONTRIBUTOR", "MANNEQUIN", "NONE", "SPONSOR", "owner", "")

# mode: (own text, a mention by a maintainer, a mention by anybody else)
TABLE: dict[Mode, tuple[Loudness, Loudness, Loudness]] = {
    "off": ("off", "off", "off"),
    "mention": ("off", "write", "draft"),
    "draft": ("draft", "write", "draft"),
    "auto": ("write", "write", "write"),
}


@pytest.mark.parametrize(
    ("kind", "trigger", "skills"),
    [
        ("issue", "body", ("triage", "answer")),
        ("pull_request", "body", ("triage",)),
        ("discussion", "body", ("answer",)),
        ("issue", "comment:9", ("answer",)),
        ("pull_request", "comment:9", ("answer",)),
        ("discussion", "comment:DC_9", ("answer",)),
    ],
)
def test_who_looks_at_what(kind: ThreadKind, trigger: str, skills: tuple[SkillName, ...]):
    assert skills_for(kind, trigger) == skills


@pytest.mark.parametrize(("mode", "skill"), list(itertools.product(MODES, SKILLS)))
def test_loudness_by_mode_trigger_and_standing(mode: Mode, skill: SkillName):
    own, trusted, other = TABLE[mode]
    settings = RepositorySettings(mode=mode)
    for association in (*TRUSTED, *OTHERS):
        assert loudness(settings, skill, "body", association) == own
    assert {loudness(settings, skill, "comment:9", one) for one in TRUSTED} == {trusted}
    assert {loudness(settings, skill, "comment:9", one) for one in OTHERS} == {other}


@pytest.mark.parametrize(("overall", "own"), list(itertools.product(MODES, MODES)))
def test_a_skill_may_have_a_mode_of_its_own_unless_all_is_off(overall: Mode, own: Mode):
    labels = RepositorySettings(mode=overall, labels=LabelSettings(mode=own))
    answers = RepositorySettings(mode=overall, answers=AnswerSettings(mode=own))
    counts = overall if overall == "off" else own
    assert loudness(labels, "triage", "body", "NONE") == TABLE[counts][0]
    assert loudness(labels, "answer", "body", "NONE") == TABLE[overall][0]
    assert loudness(answers, "answer", "comment:9", "OWNER") == TABLE[counts][1]
    assert loudness(answers, "triage", "body", "NONE") == TABLE[overall][0]


def test_nothing_is_written_unasked_by_default():
    assert {loudness(RepositorySettings(), skill, "body", "OWNER") for skill in SKILLS} == {"draft"}
