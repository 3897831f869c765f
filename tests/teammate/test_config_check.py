"""The check of proposed settings: mistakes by line, and what it would have changed, without a model or a live link."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.decision import AnswerDecision, LabelProposal, TriageDecision
from app.domain.effect import CheckPayload
from app.domain.prompt import Usage
from app.domain.pull import PullChanges
from app.domain.run import RunRecord
from app.domain.snapshot import ChangedFile
from app.domain.thread import RepositoryRef, ThreadRef
from app.teammate.config_check import MOST_ROWS, check_settings, proposes_settings, settings_check, settings_run
from app.teammate.gather import read
from app.teammate.preview import AT_MOST, Change, Preview
from app.teammate.repository_settings import SETTINGS_PATH
from app.teammate.settings_tree import Problem
from app.teammate.subject import Reading
from tests.fakes.parts import ANSWER, INSTALLATION, REPOSITORY, TRIAGE, FakeHouse, a_thread
from tests.fakes.snapshots import snapshot

PULL = ThreadRef(REPOSITORY, "pull_request", 31)
HEAD = "c" * 40
WEB = "https://github.com/ada/engine"


def house(proposed: str, *, today: str = "mode: auto") -> FakeHouse:
    made = FakeHouse()
    made.settings(today)
    made.github.archives[HEAD] = {SETTINGS_PATH: proposed}
    made.github.add_thread(PULL, a_thread("pull_request", 31))
    return made


def ran(decision: TriageDecision | AnswerDecision | None = TRIAGE, **shown: object) -> RunRecord:
    now = snapshot().taken_at
    return RunRecord(
        skill=decision.skill if decision else "triage",
        trigger="body",
        prompt="triage@1",
        prompt_digest="d",
        model="local",
        outcome="acted",
        snapshot=snapshot(**shown),
        decision=decision,
        verdict=None,
        usage=Usage(),
        started_at=now,
        finished_at=now,
    )


async def checked(made: FakeHouse) -> CheckPayload:
    return await check_settings(made.parts, PULL, HEAD)


def rows(check: CheckPayload) -> list[str]:
    return [line for line in check.summary.splitlines() if line.startswith("| [")]


async def test_a_good_file_passes():
    check = await checked(house("answers: auto\n"))
    assert (check.sha, check.conclusion, check.title, check.annotations) == (HEAD, "success", "No mistakes", ())
    assert "No run of this repository would end differently." in check.summary


async def test_mistakes_stand_beside_their_lines():
    check = await checked(house("mode: of\nlabells: {}\nanswers: {mode: loud}\n"))
    assert (check.conclusion, check.title) == ("failure", "2 mistakes and 1 unknown key")
    assert [(one.path, one.line, one.level) for one in check.annotations] == [
        (SETTINGS_PATH, 1, "failure"),
        (SETTINGS_PATH, 2, "warning"),
        (SETTINGS_PATH, 3, "failure"),
    ]
    assert check.annotations[0].message == "`mode` is of; expected one of off, mention, draft, auto"


async def test_an_unknown_key_alone_fails_nothing():
    assert (await checked(house("tune: x"))).conclusion == "neutral"


async def test_a_file_that_goes_away_is_no_mistake():
    made = house("", today="labels: auto")
    made.github.archives[HEAD] = {}
    made.queue.runs.append(ran())
    check = await checked(made)
    assert check.conclusion == "success"
    assert "would change 1 decision." in check.summary


async def test_mistakes_of_the_owners_defaults_are_told_but_fail_nothing():
    made = house("answers: auto\n")
    home = RepositoryRef(INSTALLATION, 99, "ada/.github")
    await made.installations.set_repositories(INSTALLATION, [REPOSITORY, home])
    made.github.files[99, SETTINGS_PATH] = "labels: {max: many}"
    check = await checked(made)
    assert (check.conclusion, check.annotations) == ("success", ())
    assert "line 1: 'labels.max' is many" in check.summary


@pytest.mark.parametrize(
    ("proposed", "before", "after"),
    [
        ("mode: draft", "labels question", "draft: labels question"),
        ("mode: auto\nlabels: {deny: [question]}", "labels question", "nothing"),
        ("mode: auto\nlabels: {min_confidence: 0.95}", "labels question", "nothing"),
        ("mode: auto\nlabels: off", "labels question", "nothing"),
        ("mode: auto\nignore: {authors: [grace]}", "labels question", "nothing"),
        ("mode: auto\nai_policy: none", "labels question", "nothing"),
    ],
)
async def test_the_preview_judges_stored_decisions_again(proposed, before, after):
    made = house(proposed)
    made.queue.runs.append(ran())
    check = await checked(made)
    assert "On the last 1 run this would change 1 decision." in check.summary
    (row,) = rows(check)
    assert row == f"| [#12]({WEB}/issues/12) How do I rotate the webhook secret? | triage | {before} | {after} |"
    assert made.model.requests == []


async def test_what_stays_the_same_is_counted_but_not_shown():
    made = house("mode: auto\nlabels: {deny: [question]}")
    made.queue.runs += [ran(ANSWER), ran(None), ran(TriageDecision()), ran()]
    check = await checked(made)
    assert "On the last 3 runs this would change 1 decision." in check.summary
    assert len(rows(check)) == 1


async def test_a_comment_in_other_words_is_a_change():
    two = TriageDecision(
        labels=(
            LabelProposal(name="question", confidence=0.9, rationale="It asks how."),
            LabelProposal(name="bug", confidence=0.7, rationale="It may be broken."),
        )
    )
    made = house("mode: auto\nlabels: {min_confidence: medium}")
    made.queue.runs.append(ran(two))
    assert "| labels question, bug | labels question |" in (await checked(made)).summary


async def test_discussions_have_a_ceiling_of_their_own():
    made = house("mode: auto\ndiscussions: draft")
    made.queue.runs += [ran(ANSWER, kind="discussion"), ran(ANSWER)]
    check = await checked(made)
    (row,) = rows(check)
    assert row.endswith("| answer | comment | draft: comment |")


async def test_hostile_titles_are_inert():
    made = house("mode: draft")
    title = "@everyone [x](http://evil.example) | <img src=x> `a` closes #1 ![](http://evil.example/p.png)"
    made.queue.runs.append(ran(title=title))
    (row,) = rows(await checked(made))
    assert row.count("|") == 5
    for live in ("@everyone", "http://", "<img", "`a`", "](h", "![", "#1 "):
        assert live not in row.replace(f"[#12]({WEB}/issues/12)", "")


async def test_another_repositorys_runs_and_old_ones_are_left_out():
    made = house("mode: draft")
    made.queue.runs += [ran(repository="ada/other"), ran()]
    parts, kept = made.parts, made.parts.history.run

    class Old:
        async def runs(self, *args: object, **options: object) -> object:
            return await made.parts.history.runs(*args, **options)  # type: ignore[arg-type]

        async def run(self, run_id: int) -> object:
            found = await kept(run_id)
            return replace(found, snapshot={"version": 0}) if found else None

    old = await check_settings(replace(parts, history=Old()), PULL, HEAD)  # type: ignore[arg-type]
    assert "No run of this repository would end differently." in old.summary
    assert "On the last 1 run " in (await checked(made)).summary


async def test_the_preview_ends_in_time():
    made = house("mode: draft")
    made.queue.runs += [ran(), ran(), ran()]
    kept = made.parts.history

    class Slow:
        async def runs(self, *args: object, **options: object) -> object:
            return await kept.runs(*args, **options)  # type: ignore[arg-type]

        async def run(self, run_id: int) -> object:
            made.clock.advance((AT_MOST + timedelta(seconds=1)).total_seconds())
            return await kept.run(run_id)

    check = await check_settings(replace(made.parts, history=Slow()), PULL, HEAD)  # type: ignore[arg-type]
    assert "On the last 1 run " in check.summary


def test_a_long_table_is_cut_and_says_so():
    change = Change(1, "t" * 500, "triage", "nothing", "comment")
    check = settings_check(HEAD, (), Preview(200, (change,) * 199), web_url=WEB)
    assert len(rows(check)) == MOST_ROWS
    assert check.summary.endswith(f"And {199 - MOST_ROWS} more.")
    assert len(check.summary) < 60_000


def test_hidden_characters_do_not_reach_an_annotation():
    check = settings_check(HEAD, [Problem(3, "`tone` is a\u202eb")], Preview(), web_url=WEB)
    assert "\u202e" not in check.annotations[0].message


def test_which_pull_requests_are_meant():
    def changes(path: str) -> PullChanges:
        file = ChangedFile(path=path, status="modified", additions=1, deletions=0)
        return PullChanges.model_validate({"base": "main", "head": "topic", "files": (file,), "patches": {}})

    assert proposes_settings(changes(SETTINGS_PATH))
    assert not proposes_settings(changes("docs/plumbline.yml"))


async def test_it_is_one_effect_of_a_run_that_asks_no_model():
    made = house("mode: of")
    reading = await read(made.parts, PULL, "body")
    assert isinstance(reading, Reading)
    record, (effect,) = await settings_run(made.parts, PULL, "body", reading, HEAD)
    assert (record.model, record.decision, record.outcome) == ("code", None, "acted")
    assert effect.intent == f"{PULL.key}:check:{HEAD}"
    assert isinstance(effect.payload, CheckPayload)
    assert record.verdict is not None
    assert record.verdict.effects == ()
    assert "1 mistake" in record.verdict.summary
