"""Keeping out of threads: names are names, `*` is anything, and old settings never raise."""

from typing import Any

import pytest

from app.domain.repository_settings import IgnoreSettings, RepositorySettings, SkillSettings
from app.teammate.keep_out import kept_out


def why(ignore: dict[str, Any] | None = None, kind: str = "issue", **settings: Any) -> str:
    ignored = IgnoreSettings.model_validate(ignore or {})
    return kept_out(
        RepositorySettings(ignore=ignored, **settings),
        kind=kind,  # type: ignore[arg-type]
        authors=("dependabot[bot]", "Ada"),
        labels=("wontfix", "area: ui"),
        title="[WIP] New parser",
    )


@pytest.mark.parametrize(
    ("ignore", "part"),
    [
        ({"authors": ["*[bot]"]}, "authors"),
        ({"authors": ["ada"]}, "authors"),
        ({"authors": ["[A]da", "d?pendabot*"]}, ""),
        ({"labels": ["AREA: *"]}, "labels"),
        ({"labels": ["area"]}, ""),
        ({"titles": [r"^\[wip\]"]}, "titles"),
        ({"titles": ["^WIP", "("]}, ""),
        ({}, ""),
    ],
)
def test_who_and_what_is_ignored(ignore, part):
    reason = why(ignore)
    assert (part in reason) if part else (reason == "")


def test_a_project_that_wants_no_ai_is_left_alone():
    assert "ai_policy" in why(ai_policy="none", mode="auto")
    assert why(mode="off") == "switched off"


def test_discussions_can_be_off_by_themselves():
    off = SkillSettings(mode="off")
    assert "discussions" in why(kind="discussion", discussions=off)
    assert why(kind="issue", discussions=off) == ""


def test_stars_cost_nothing():
    assert why({"authors": ["*a" * 100 + "b"]}) == ""
