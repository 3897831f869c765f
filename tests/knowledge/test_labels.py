import pytest

from app.domain.thread import Label
from app.knowledge.labels import canonical, understand
from app.knowledge.words import stem

KINDS = ("bug", "enhancement", "question", "documentation", "performance", "tests")


def meaning(name: str, description: str = "") -> str | None:
    """The kind, or `topic:` with its stems; None where the label is left to people."""
    for label in understand([Label(name=name, description=description)], KINDS):
        return label.kind or "topic:" + " ".join(sorted(label.topic))
    return None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("bug", "bug"),
        ("Type: Bug", "bug"),
        ("kind/bug", "bug"),
        ("t¹ 🐞 bug", "bug"),
        ("defect", "bug"),
        ("feature request", "enhancement"),
        ("feature-request", "enhancement"),
        ("Feature", "enhancement"),
        ("Questions and Help", "question"),
        ("support", "question"),
        ("Doc", "documentation"),
        ("docs 📖", "documentation"),
        ("perf", "performance"),
        ("area: testing", "tests"),
    ],
)
def test_names_for_a_kind(name, kind):
    assert meaning(name) == kind


@pytest.mark.parametrize(
    "name",
    [
        "help wanted",
        "good first issue",
        "duplicate",
        "wontfix",
        "won't fix",
        "priority: high",
        "P2",
        "status: needs triage",
        "need repro",
        "severity: critical",
        "stale",
        "invalid",
        "Status: Ready for PR",
        "🎉",
    ],
)
def test_process_is_left_to_people(name):
    assert meaning(name) is None


def test_other_names_are_topics():
    assert meaning("area:webhooks") == "topic:webhook"
    assert meaning("import/export ordering") == "topic:export import order"


def test_a_kind_the_prompt_does_not_name_is_a_topic():
    assert meaning("security") == f"topic:{stem('security')}"


def test_prompts_may_name_kinds_their_own_way():
    assert canonical("feature request") == "enhancement"
    assert canonical("defect") == "bug"
    assert canonical("wallet") == "wallet"
    (label,) = understand([Label(name="type: enhancement")], ["feature request"])
    assert label.kind == "feature request"
