"""The settings file: whatever it holds, settings come out, and a mistake never makes the teammate bolder."""

import time
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.decision import SkillName
from app.domain.repository_settings import (
    BudgetSettings,
    DuplicateSettings,
    IgnoreSettings,
    LabelSettings,
    NotifySettings,
    QuietHours,
    RepositorySettings,
    SkillSettings,
    StaleSettings,
)
from app.teammate.repository_settings import MAX_PROBLEMS, parse_settings

DEFAULT = RepositorySettings()
EVERYTHING = """
mode: auto
labels:
  mode: mention
  allow: ["bug", "area:*"]
  deny: [on, no, 1.10]
  max: 2
  min_confidence: .8
answers: {mode: off}
duplicates: {enabled: true, min_confidence: high}
needs_info: {enabled: false}
pull_requests: draft
discussions: mention
ignore: {authors: ["*[bot]", ada], labels: [wontfix], titles: ["^WIP"]}
tone: "Concise, no emoji."
guidelines: |
  Point to the handbook.
  Never promise dates.
languages: [en, de]
quiet_hours: {from: "22:00", to: 07:00, timezone: Europe/Berlin}
hold_minutes: 10
notify: {per_person: 2, per_hour: 5}
budget: {usd_per_day: 1, usd_per_thread: 0.1, calls_per_person: 3}
stale: {enabled: true, days: 30, label: waiting}
ai_policy: allow
"""


def said(text: str, defaults: str = "") -> list[str]:
    return [str(problem) for problem in parse_settings(text, defaults)[1]]


def test_nothing_is_needed():
    for text in ("", "\n", "# only a comment\n", "---\n", "labels:\nanswers: {}\n", "\ufeff", "quiet_hours:\n"):
        assert parse_settings(text) == (DEFAULT, ())


def test_everything_that_can_be_said():
    parsed, problems = parse_settings(EVERYTHING)
    assert problems == ()
    assert parsed == RepositorySettings(
        mode="auto",
        labels=LabelSettings(
            mode="mention", allow=("bug", "area:*"), deny=("on", "no", "1.10"), max=2, min_confidence=0.8
        ),
        answers=SkillSettings(mode="off"),
        duplicates=DuplicateSettings(mode="auto", min_confidence=0.9),
        needs_info={"mode": "off"},
        pull_requests=SkillSettings(mode="draft"),
        discussions=SkillSettings(mode="mention"),
        ignore=IgnoreSettings(authors=("*[bot]", "ada"), labels=("wontfix",), titles=("^WIP",)),
        tone="Concise, no emoji.",
        guidelines="Point to the handbook.\nNever promise dates.\n",
        languages=("en", "de"),
        quiet_hours=QuietHours(start="22:00", end="07:00", timezone="Europe/Berlin"),
        hold_minutes=10,
        notify=NotifySettings(per_person=2, per_hour=5),
        budget=BudgetSettings(usd_per_day=1, usd_per_thread=0.1, calls_per_person=3),
        stale=StaleSettings(enabled=True, days=30, label="waiting"),
    )


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("duplicates: {enabled: true}", "draft"),
        ("mode: auto\nduplicates: {enabled: true}", "auto"),
        ("duplicates: {enabled: true}\nmode: mention", "mention"),
        ("duplicates: {enabled: true, mode: auto}", "auto"),
        ("duplicates: {enabled: false, mode: auto}", "off"),
        ("mode: off\nduplicates: {enabled: true}", "off"),
        ("mode: auto\nduplicates: {min_confidence: low}", "off"),
        ("mode: auto\nduplicates: true", "auto"),
        ("duplicates: auto", "auto"),
        ("duplicates: false", "off"),
    ],
)
def test_enabled_is_another_word_for_a_mode(text, mode):
    parsed, problems = parse_settings(text)
    assert problems == ()
    assert parsed.mode_of("duplicates") == mode


def test_off_is_a_word():
    assert parse_settings("mode: off")[0].mode == "off"
    assert parse_settings('mode: "off"')[0].mode == "off"
    assert parse_settings("stale: off")[0].stale.enabled is False
    assert parse_settings("data: {learn: true}")[0].data.learn is True
    assert parse_settings("data: {learn: on}")[0].data.learn is True
    assert parse_settings("mode: auto")[0].data.learn is False
    assert parse_settings("languages: auto")[0].languages == ()
    assert parse_settings("languages: [EN, De]")[0].languages == ("en", "de")


def test_unknown_keys_are_told_by_name_and_line_and_change_nothing():
    text = "mode: auto\nlabells: {max: 1}\nanswers:\n  mode: auto\n  tone: dry\nquiet_hours: {form: x}\n"
    parsed, problems = parse_settings(text)
    assert parsed.mode == parsed.answers.mode == "auto"
    assert [str(problem) for problem in problems] == [
        "line 2: unknown key `labells`; did you mean `labels`?",
        "line 5: unknown key `answers.tone`",
        "line 6: unknown key `quiet_hours.form`; did you mean `quiet_hours.from`?",
    ]
    assert all(problem.ignored for problem in problems)


def test_a_bad_section_falls_back_alone_and_writes_nothing():
    text = "mode: auto\nlabels:\n  deny: 5\n  max: 9\nanswers:\n  mode: auto\n"
    parsed, _ = parse_settings(text)
    assert parsed.labels == LabelSettings(mode="draft")
    assert parsed.mode_of("answer") == "auto"
    assert said(text) == [
        "line 3: `labels.deny` is 5; expected a list of label names or patterns",
        "line 4: `labels.max` is 9; expected a whole number from 0 to 3",
    ]


def test_limits_fall_back_to_their_quietest():
    parsed, problems = parse_settings("mode: auto\nbudget: {usd_per_day: $5}\nnotify: 3\nquiet_hours: {from: 22}\n")
    assert len(problems) == 3
    assert (parsed.budget.usd_per_day, parsed.budget.calls_per_person) == (0, 0)
    assert (parsed.notify.per_person, parsed.notify.per_hour) == (0, 0)
    assert parsed.quiet_hours == QuietHours(start="00:00", end="00:00")
    assert parsed.mode == "auto"


def test_what_is_said_twice_counts_as_a_mistake():
    parsed, _ = parse_settings("mode: auto\nlabels:\n  deny: [a]\n  deny: [b]\nanswers: auto\n")
    assert parsed.labels == LabelSettings(mode="draft")
    assert parsed.answers.mode == "auto"


def test_what_was_switched_off_stays_off():
    assert parse_settings("mode: auto\nlabels: {mode: off, max: 9}")[0].mode_of("triage") == "off"


WRITES = "\nlabels: auto\nanswers: {mode: auto}\nneeds_info: auto\npull_requests: auto\nduplicates: auto\n"


@pytest.mark.parametrize(
    "mistake",
    [
        "mode: of",
        "ignore: {authors: dependabot}",
        "ignore: {titles: ['(']}",
        "ignore: all",
        "ai_policy: nothing",
        "mode: auto\nmode: off",
        "x: &a 1",
        "x: [",
    ],
)
def test_what_was_meant_for_everything_and_cannot_be_read_lets_nothing_be_written(mistake):
    for text, defaults in ((mistake + WRITES, ""), (WRITES, mistake)):
        parsed, problems = parse_settings(text, defaults)
        assert len(problems) == 1
        assert all(parsed.mode_of(skill) != "auto" for skill in get_args(SkillName))


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("mode: yes", 1, "one of off, mention, draft, auto"),
        ("\nmode: [auto]", 2, "one of off, mention, draft, auto"),
        ("labels: 7", 1, "expects keys"),
        ("labels: [bug]", 1, "expects keys"),
        ("labels:\n  min_confidence: hi", 2, "a number from 0 to 1, or one of high, medium, low"),
        ("labels:\n  min_confidence: 2", 2, "a number from 0 to 1"),
        ("labels:\n  min_confidence: nan", 2, "a number from 0 to 1"),
        ("labels: {allow: bug}", 1, "a list of label names"),
        ("labels: {allow: [bug, ]}\nanswers: {mode: [}", 2, "ignored"),
        ("labels:\n  allow:\n    - bug\n    -\n", 3, "a list of label names"),
        ("labels: {max: true}", 1, "a whole number from 0 to 3"),
        ("- mode", 1, "expected keys"),
        ("mode: auto\nmode: off", 2, "set twice"),
        ("answers:\n  mode: draft\n  mode: off", 3, "`answers.mode` is set twice"),
        ("duplicates: {enabled: maybe}", 1, "true or false"),
        ("answers: loud", 1, "`answers` is loud; expects keys such as `mode: draft`"),
        ("notify:\n  per_person: twelve", 2, "`notify.per_person` is twelve; expected a whole number from 0 to 1000"),
        ("notify: {per_hour: 1.5}", 1, "a whole number from 0 to 1000"),
        ("budget: {usd_per_day: -1}", 1, "a number from 0 to 10000"),
        ("hold_minutes: an hour", 1, "a number from 0 to 1440"),
        ("tone: [dry]", 1, "a text of at most 300 characters"),
        ("tone: " + "dry " * 100, 1, "a text of at most 300 characters"),
        ("stale: {days: 1}", 1, "a whole number from 7 to 3650"),
        ("data: {learn: maybe}", 1, "true or false"),
        ("data: true", 1, "expects keys such as `learn: ...`"),
        ("data:\n  lern: true", 2, "did you mean `data.learn`?"),
        ("ai_policy: some", 1, "one of allow, none"),
        ("languages: [en,\n  english]", 2, "`languages` is english; expected auto or a list of ISO 639-1 codes"),
        ("languages: de", 1, "auto or a list"),
        ('quiet_hours: {from: "25:00", to: "07:00"}', 1, '`quiet_hours.from` is 25:00; expected a time as "HH:MM"'),
        ('quiet_hours:\n  from: "22:00"\n  to: "7:00"', 3, '`quiet_hours.to` is 7:00; expected a time as "HH:MM"'),
        ('quiet_hours: {from: "22:00"}', 1, "needs both `from` and `to`"),
        (
            'quiet_hours:\n  from: "22:00"\n  to: "07:00"\n  timezone: Europe/Berln',
            4,
            "a time zone such as Europe/Berlin; did you mean Europe/Berlin?",
        ),
        ('quiet_hours: {from: "22:00", to: "07:00", timezone: ../../etc/passwd}', 1, "a time zone such as"),
        ("ignore:\n  titles:\n    - ^WIP\n    - '[a'", 4, "a regular expression; missing ]"),
        ("ignore: {titles: ['(?=a)b']}", 1, "invalid perl operator: (?="),
        ("ignore: {titles: ['" + "a" * 201 + "']}", 1, "a pattern may have 200 characters"),
        ("ignore: {titles: ['((a{50}){50}){50}']}", 1, "invalid repetition size"),
        ("ignore: {authors: [ada, [b]]}", 1, "a list of logins"),
        ("labels:\n  allow: [gr\ufffd\ufffde]", 2, "not UTF-8"),
        ("mode: auto # gr\ufffdn", 1, "not UTF-8"),
        ("mode: &here auto", 1, "anchors and aliases are not allowed"),
        ("labels:\n\tmax: 1", 2, "indented with a tab"),
        ("mode: auto\nlabels: {max: 1", 3, "ignored"),
        ("mode: auto\n---\nmode: off", 2, "ignored"),
    ],
)
def test_a_mistake_names_its_line_and_what_is_expected(text, line, expected):
    parsed, problems = parse_settings(text)
    problem = str(problems[0])
    assert problem.startswith(f"line {line}: ")
    assert expected in problem
    assert len({one.line for one in problems}) == 1
    assert parsed.mode in (None, "auto", "draft")
    assert parsed.labels.mode in (None, "draft")
    assert parsed.answers.mode in (None, "draft")


def test_a_mistake_never_stops_the_rest():
    text = EVERYTHING + "unknown: 1\n"
    for wrong in ("tone: [1]", "hold_minutes: x", "languages: [xx]", "stale: {days: x}"):
        key = wrong.partition(":")[0]
        lines = [wrong if line.startswith(f"{key}:") else line for line in text.splitlines()]
        parsed, problems = parse_settings("\n".join(lines))
        assert [problem.ignored for problem in problems] == [False, True]
        untouched = parse_settings(EVERYTHING)[0]
        assert parsed == untouched.model_copy(update={key: getattr(DEFAULT, key)})


@pytest.mark.parametrize(
    "text",
    [
        "a: &x [1, 1]\nb: [*x, *x]",
        "mode: *nothing",
        "[" * 3_000,
        "{a: " * 3_000,
        "- " * 3_000 + "x",
        "x: [" + "1," * 6_000 + "]",
        "x: " + "y" * 70_000,
        "é" * 40_000,
        "mode: [",
        "mode: auto\n---\nmode: off",
        "%YAML 9.9\n---\nmode: auto",
        "\tmode: auto",
        "mode: a\x00b",
        "!!python/object/apply:os.system ['true']: 1\n? ",
    ],
)
def test_what_cannot_be_read_is_ignored_with_one_sentence(text):
    started = time.perf_counter()
    parsed, problems = parse_settings(text)
    assert time.perf_counter() - started < 1
    assert parsed == DEFAULT
    assert len(problems) >= 1


def test_a_tag_makes_nothing_happen():
    parsed, (problem,) = parse_settings("mode: !!python/object/apply:os.getcwd []")
    assert parsed == DEFAULT
    assert "expected one of" in str(problem)


def test_problems_are_few_and_short():
    text = "\n".join(f"unknown_{number}_{'x' * 500}: 1" for number in range(60))
    _, problems = parse_settings(text)
    assert len(problems) == MAX_PROBLEMS
    assert all(len(str(problem)) < 120 for problem in problems)


# --- the owner's defaults ---

OWNERS = """
mode: draft
labels: {deny: [security], max: 1, min_confidence: high}
duplicates: {enabled: false}
quiet_hours: {from: "22:00", to: "07:00", timezone: Europe/Berlin}
tone: Friendly.
"""


def test_the_files_own_words_win_key_by_key():
    parsed, problems = parse_settings("mode: auto\nlabels: {max: 2}\nduplicates: auto\n", OWNERS)
    assert problems == ()
    assert parsed.mode == "auto"
    assert parsed.labels == LabelSettings(deny=("security",), max=2, min_confidence=0.9)
    assert parsed.duplicates.mode == "auto"
    assert parsed.tone == "Friendly."
    assert parsed.quiet_hours == QuietHours(start="22:00", end="07:00", timezone="Europe/Berlin")


def test_defaults_can_be_undone():
    text = 'quiet_hours: off\nlabels: {deny: []}\ntone: ""\n'
    parsed, problems = parse_settings(text, OWNERS)
    assert problems == ()
    assert (parsed.quiet_hours, parsed.labels.deny, parsed.tone) == (None, (), "")
    parsed, _ = parse_settings('quiet_hours: {to: "09:00"}', OWNERS)
    assert parsed.quiet_hours == QuietHours(start="22:00", end="09:00", timezone="Europe/Berlin")


def test_an_empty_key_says_nothing():
    assert parse_settings("tone:\nlabels:\nmode: ~\n", OWNERS) == parse_settings("", OWNERS)


def test_a_mistake_in_the_defaults_is_told_with_its_place():
    text = "labels: {max: 2}\nlables: 1\n"
    parsed, problems = parse_settings(text, "tone: x\nlabels: {max: 9, deny: 5}\n", place="ada/.github")
    assert [(problem.place, str(problem)) for problem in problems] == [
        ("", "line 2: unknown key `lables`; did you mean `labels`?"),
        ("ada/.github", "line 2: `labels.deny` is 5; expected a list of label names or patterns"),
    ]
    assert parsed.labels == LabelSettings(mode="draft")


# --- any text ---

WORDS = ["mode", "labels", "answers", "max", "off", "auto", "0.5", "null", "&a ", "*a", "!!str ", "ignore", "titles"]
WORDS += ["quiet_hours", "from", "22:00", "languages", "enabled", "stale", "duplicates", "true"]
MARKS = [": ", ":\n  ", "\n", "- ", "{", "}", "[", "]", ",", "'", '"', "|\n", "#", "? ", "\ud800", "\x00", "\t"]
YAML = st.lists(st.sampled_from(WORDS + MARKS)).map("".join)


@given(YAML | st.text(), YAML)
def test_any_text_gives_settings(text, defaults):
    parsed, problems = parse_settings(text, defaults)
    assert RepositorySettings.model_validate(parsed.model_dump()) == parsed
    assert all("\n" not in str(problem) and len(str(problem)) < 300 for problem in problems)
    assert all(problem.line >= 1 for problem in problems)
