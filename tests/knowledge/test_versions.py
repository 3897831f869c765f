"""The reporter's version, and the tag that is called so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.versions import reported_version, tag_for


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("version: 1.4.2", "1.4.2"),
        ("Version 1.4.2", "1.4.2"),
        ("**Version**: v1.4", "1.4"),
        ("- Signalbox version: 2.0.0-rc.1", "2.0.0-rc.1"),
        ("### Version\n\nv2.3.1\n\n### Operating system\n\nUbuntu 22.04", "2.3.1"),
        ("### What version of Signalbox are you using?\n\n4.17.1", "4.17.1"),
        ("| Version | 1.4.2 |", "1.4.2"),
        ("Version: 3", "3"),
        ("I am on 3.x and it fails", "3.x"),
        ("running v2.3 on Ubuntu 22.04", "2.3"),
        ("since upgrading from 1.2.0 to 1.3.0 it crashes", "1.3.0"),
        ("signalbox==1.2.3", "1.2.3"),
        ("$ signalbox --version\nsignalbox 1.2.3", "1.2.3"),
        ("[v1.2] the lane hangs", "1.2"),
        ("Python version: 3.11.2\nSignalbox version: 0.9.1", "0.9.1"),
        ("What version of Node are you using?\n\n18.2.0\n\nWhat version of signalbox are you using?\n\n2.1.0", "2.1.0"),
        ("version: 1.4.2+build.7", "1.4.2"),
        ("Version: 1.4.2\nVersion: 1.4.2", "1.4.2"),
        ("works in 1.2 but fails in 1.3", "1.3"),
    ],
)
def test_a_version_that_is_plainly_the_projects_own(text: str, version: str):
    assert reported_version(text, project="signalbox") == version


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I use Python 3.11",
        "Node version: v18.2.0",
        "npm v3.7.3",
        "Ubuntu 22.04",
        "Windows 10 version 22H2",
        "breaks in 1.2 and in 1.3",
        "The following works in 1.2",
        "Newest published version of signalbox. Python 3.9",
        "webpack v2.5.1",
        "it listens on 127.0.0.1",
        "it took 3.5 seconds on 2 cores",
        "Version: latest",
        "Version: 1.2\nVersion: 1.3",
        "upgrade to Babel 6.1",
    ],
)
def test_no_version_is_guessed(text: str):
    assert reported_version(text, project="signalbox") is None


def test_a_project_may_be_called_like_a_platform():
    assert reported_version("Python version: 3.13.1", project="python") == "3.13.1"
    assert reported_version("Laravel Mix Version: 0.8.9", project="laravel-mix") == "0.8.9"


TAGS = [
    "v1.3.0",
    "v1.4.2",
    "v1.4.10",
    "v1.5.0-rc.1",
    "v2.0.0",
    "v3.0.1",
    "v3.2.0",
    "nightly",
    "cli@9.0.1",
    "core@9.0.1",
]


@pytest.mark.parametrize(
    ("version", "tags", "tag"),
    [
        ("1.4.2", TAGS, "v1.4.2"),
        ("v1.4.2", TAGS, "v1.4.2"),
        ("1.4", TAGS, "v1.4.10"),
        ("1.4.x", TAGS, "v1.4.10"),
        ("3.x", TAGS, "v3.2.0"),
        ("3", TAGS, "v3.2.0"),
        ("2.0", TAGS, "v2.0.0"),
        ("1.5.0", TAGS, None),  # only a candidate of it is there
        ("1.5.0rc1", TAGS, "v1.5.0-rc.1"),
        ("1.4.3", TAGS, None),
        ("9.0.1", TAGS, None),  # of which package?
        ("1.4.2", [], None),
        ("latest", TAGS, None),
        ("1.4.2", ["release-1.4.2"], "release-1.4.2"),
        ("1.4", ["release-1.4"], "release-1.4"),
        ("1.8.3", ["rel_1_8_3"], "rel_1_8_3"),
        ("1.4.2", ["signalbox@1.4.2"], "signalbox@1.4.2"),
        ("1.4.2", ["@scope/pkg@1.4.2"], "@scope/pkg@1.4.2"),
        ("1.4.2", ["other@1.4.2", "1.4.2"], "1.4.2"),
        ("1.4.2", ["other@1.4.2", "signalbox@1.4.2"], "signalbox@1.4.2"),
        ("1.4.0", ["v1.4"], "v1.4"),
        ("2024.10.1", ["2024.10.1", "2024.1.1"], "2024.10.1"),
        ("1.4.2", ["v1.4.2.final"], "v1.4.2.final"),
    ],
)
def test_the_tag_of_a_version(version: str, tags: list[str], tag: str | None):
    assert tag_for(version, tags, project="signalbox") == tag


NUMBERS = st.lists(st.integers(0, 300), min_size=3, max_size=3).map(lambda parts: ".".join(map(str, parts)))
PREFIXES = st.sampled_from(["", "v", "release-", "rel_", "version/", "signalbox@", "signalbox-v"])


@given(st.lists(NUMBERS, min_size=1, max_size=8, unique=True), PREFIXES, st.randoms(use_true_random=False))
def test_every_release_is_found_by_its_number_among_all_tags_in_any_order(numbers, prefix, random):
    tags = [prefix + number for number in numbers]
    random.shuffle(tags)
    for number in numbers:
        assert tag_for(number, tags, project="signalbox") == prefix + number


@given(st.lists(NUMBERS, min_size=1, max_size=8, unique=True))
def test_a_series_means_its_newest_release(numbers):
    series = numbers[0].rsplit(".", 1)[0]
    newest = max(int(one.rsplit(".", 1)[1]) for one in numbers if one.startswith(f"{series}."))
    assert tag_for(f"{series}.x", [f"v{one}" for one in numbers]) == f"v{series}.{newest}"


@given(
    NUMBERS, st.sampled_from(["Version: {}", "signalbox {}", "### Version\n\n{}\n", "on v{} it hangs", "version {}."])
)
def test_a_version_is_read_as_it_was_written(number, sentence):
    assert reported_version(sentence.format(number), project="signalbox") == number


@given(st.text(max_size=300), st.lists(st.text(max_size=30), max_size=5))
def test_any_text_can_be_read(text, tags):
    version = reported_version(text, project=text[:10])
    found = tag_for(version or text, tags)
    assert found is None or found in tags
