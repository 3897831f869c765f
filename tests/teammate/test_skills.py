"""When each skill speaks, and how loudly."""

import itertools
from typing import Any, get_args

import pytest

from app.domain.decision import SkillName
from app.domain.repository_settings import LabelSettings, Mode, RepositorySettings, SkillSettings
from app.domain.snapshot import Need, PullView
from app.domain.thread import ThreadKind
from app.teammate.skills import SPEAKING_ORDER, Loudness, concerns, loudness, skills_for
from tests.fakes.snapshots import snapshot
from tests.teammate.guard.test_relations import past

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
        ("issue", "body", ("triage", "duplicates", "needs-info", "answer")),
        ("pull_request", "body", ("pull-request",)),
        ("discussion", "body", ("answer",)),
        ("issue", "comment:9", ("answer",)),
        ("pull_request", "comment:9", ("pull-request", "answer")),
        ("discussion", "comment:DC_9", ("answer",)),
        ("issue", "reply:9", ("needs-info",)),
    ],
)
def test_who_looks_at_what(kind: ThreadKind, trigger: str, skills: tuple[SkillName, ...]):
    assert skills_for(kind, trigger) == skills


@pytest.mark.parametrize(("mode", "skill"), list(itertools.product(MODES, SKILLS)))
def test_loudness_by_mode_trigger_and_standing(mode: Mode, skill: SkillName):
    own, trusted, other = TABLE[mode]
    switched = SkillSettings(mode=mode).model_dump()
    settings = RepositorySettings.model_validate({"mode": mode, "duplicates": switched, "needs_info": switched})
    for association in (*TRUSTED, *OTHERS):
        assert loudness(settings, skill, "body", association) == own
    assert {loudness(settings, skill, "comment:9", one) for one in TRUSTED} == {trusted}
    assert {loudness(settings, skill, "comment:9", one) for one in OTHERS} == {other}


@pytest.mark.parametrize(("overall", "own"), list(itertools.product(MODES, MODES)))
def test_a_skill_may_have_a_mode_of_its_own_unless_all_is_off(overall: Mode, own: Mode):
    labels = RepositorySettings(mode=overall, labels=LabelSettings(mode=own))
    answers = RepositorySettings(mode=overall, answers=SkillSettings(mode=own))
    counts = overall if overall == "off" else own
    assert loudness(labels, "triage", "body", "NONE") == TABLE[counts][0]
    assert loudness(labels, "answer", "body", "NONE") == TABLE[overall][0]
    assert loudness(answers, "answer", "comment:9", "OWNER") == TABLE[counts][1]
    assert loudness(answers, "triage", "body", "NONE") == TABLE[overall][0]


def test_by_default_labels_and_answers_are_drafted_and_everything_else_is_off():
    quiet = RepositorySettings()
    assert {skill: loudness(quiet, skill, "body", "OWNER") for skill in SKILLS} == {
        "triage": "draft",
        "answer": "draft",
        "pull-request": "draft",
        "duplicates": "off",
        "needs-info": "off",
    }


@pytest.mark.parametrize("overall", ["mention", "draft", "auto"])
def test_what_speaks_unasked_must_be_switched_on_by_name(overall: Mode):
    settings = RepositorySettings(mode=overall)
    assert {settings.mode_of(skill) for skill in ("triage", "answer", "pull-request")} == {overall}
    assert {settings.mode_of(skill) for skill in ("duplicates", "needs-info")} == {"off"}
    named = RepositorySettings.model_validate({"mode": overall, "duplicates": {"mode": "auto"}})
    assert (named.mode_of("duplicates"), named.mode_of("needs-info")) == ("auto", "off")


def test_every_skill_that_could_comment_has_its_turn():
    assert sorted(SPEAKING_ORDER) == sorted(SKILLS)


VERSION = Need(id="version", ask="Name it.", why="", probability=0.6)
UNLIKELY = VERSION.model_copy(update={"probability": 0.1})
VIEW = PullView(files=(), patch="", size="XS")


@pytest.mark.parametrize(
    ("skill", "changed", "concerned"),
    [
        ("triage", {}, True),
        ("answer", {}, True),
        ("duplicates", {}, False),
        ("duplicates", {"neighbours": (past(7),)}, True),
        ("needs-info", {}, False),
        ("needs-info", {"needs": (VERSION,)}, True),
        ("needs-info", {"needs": (UNLIKELY,)}, False),
        ("needs-info", {"needs": (UNLIKELY,), "insufficiency": 0.4}, True),
        ("needs-info", {"insufficiency": 0.4}, False),
        ("needs-info", {"asked": ("version",)}, True),
        ("pull-request", {}, False),
        ("pull-request", {"pull": VIEW}, True),
        ("pull-request", {"pull": VIEW, "trigger": "comment:9"}, False),
        ("pull-request", {"pull": VIEW.model_copy(update={"wants_summary": True}), "trigger": "comment:9"}, True),
    ],
)
def test_a_skill_without_anything_to_decide_on_is_left_out(skill: SkillName, changed: dict[str, Any], concerned: bool):
    assert concerns(skill, snapshot(**changed)) == concerned
