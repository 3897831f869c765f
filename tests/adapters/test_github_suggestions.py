"""Suggesting labels over real HTTP, against the playground: they wait, nothing is lost, and where GitHub takes none
nothing is written.
"""

from collections.abc import AsyncIterator

import pytest

from app.domain.effect import NOT_TAKEN, LabelSuggestion
from app.domain.thread import ThreadRef
from app.playground.model import Suggestion
from tests.adapters.github_world import GitHubWorld, github_world
from tests.playground.openapi import DESCRIPTION, github, needs

BUG = LabelSuggestion(name="bug", rationale="It crashes.", confidence="medium")
DOCS = LabelSuggestion(name="docs", rationale="It asks for words.", confidence="low")


@pytest.fixture
async def world() -> AsyncIterator[GitHubWorld]:
    async with github_world() as built:
        yield built


def waiting(world: GitHubWorld, ref: ThreadRef) -> list[tuple[str, str | None, str | None]]:
    thread = world.repository.threads[ref.number]
    labels = world.repository.labels
    found = [one for one in thread.suggestions if one.state == "pending"]
    return [(labels[one.label].name, one.rationale, one.confidence) for one in found]


def carried(world: GitHubWorld, ref: ThreadRef) -> list[str]:
    return [world.repository.labels[label].name for label in world.repository.threads[ref.number].labels]


async def test_suggestions_wait_with_their_reasons_and_nothing_is_put_on_or_lost(world: GitHubWorld):
    _, ref = world.open()
    world.hub.create_label(actor="ada", repo=world.ref.name, name="keep")
    world.hub.add_labels(actor="ada", repo=world.ref.name, number=ref.number, names=["keep"])
    answer = await world.github.suggest_labels(ref, [BUG, DOCS])
    assert (answer.status, answer.labels) == (200, ("keep",))
    assert waiting(world, ref) == [("bug", "It crashes.", "MEDIUM"), ("docs", "It asks for words.", "LOW")]
    assert carried(world, ref) == ["keep"]


async def test_what_waits_already_is_not_suggested_again(world: GitHubWorld):
    _, ref = world.open()
    await world.github.suggest_labels(ref, [BUG])
    assert (await world.github.suggest_labels(ref, [BUG])).status == 200
    assert (await world.github.suggest_labels(ref, [BUG, DOCS])).status == 200
    assert [name for name, _, _ in waiting(world, ref)] == ["bug", "docs"]
    assert len(world.asked(method="POST", path="/labels")) == 2


async def test_what_the_issue_carries_needs_no_suggestion(world: GitHubWorld):
    _, ref = world.open()
    world.hub.add_labels(actor="ada", repo=world.ref.name, number=ref.number, names=["bug"])
    answer = await world.github.suggest_labels(ref, [BUG, DOCS])
    assert (answer.status, answer.labels) == (200, ("bug",))
    assert [name for name, _, _ in waiting(world, ref)] == ["docs"]


async def test_a_person_accepts_one_and_rejects_the_other(world: GitHubWorld):
    thread, ref = world.open()
    await world.github.suggest_labels(ref, [BUG, DOCS])
    issue = f"/repos/{world.ref.name}/issues/{ref.number}"
    for one, verb in zip(thread.suggestions, ("approve", "dismiss"), strict=True):
        answer = await world.github._http.once("POST", f"{issue}/suggestions/{one.id}/{verb}", token="ghp_ada")
        assert answer.status == 200
    assert (carried(world, ref), waiting(world, ref)) == (["bug"], [])
    acts = await world.github.acts(ref)
    assert [(act.kind, act.actor, act.by, act.subject) for act in acts] == [("labeled", "ada", "person", "bug")]


@pytest.mark.parametrize("kind", ["pull_request", "discussion"])
async def test_only_issues_take_suggestions(world: GitHubWorld, kind):
    _, ref = world.open(kind)
    assert (await world.github.suggest_labels(ref, [BUG])).status == NOT_TAKEN
    assert (world.asked(), carried(world, ref)) == ([], [])


async def test_where_the_repository_takes_none_nothing_is_put_on(world: GitHubWorld):
    _, ref = world.open()
    world.repository.takes_suggestions = False
    answer = await world.github.suggest_labels(ref, [BUG])
    assert (answer.status, answer.stage) == (NOT_TAKEN, "token")
    assert world.asked(method="POST", path="/labels") == []
    assert carried(world, ref) == []


async def test_a_label_that_does_not_exist_is_not_made(world: GitHubWorld):
    _, ref = world.open()
    unknown = LabelSuggestion(name="a/b ?", rationale="", confidence="high")
    answer = await world.github.suggest_labels(ref, [BUG, unknown])
    assert (answer.status, answer.stage) == (422, "token")
    assert "a/b ?" in answer.message
    assert waiting(world, ref) == []


@pytest.mark.parametrize(
    ("path", "method", "status"), [("/suggestions", "GET", 503), ("/labels/", "GET", 503), ("/labels", "POST", 502)]
)
async def test_trouble_is_told_as_it_is(world: GitHubWorld, path: str, method: str, status: int):
    _, ref = world.open()
    world.next("error_before_write", method=method, path=path, times=3, status=status)
    answer = await world.github.suggest_labels(ref, [BUG])
    assert answer.status == status
    assert answer.stage == ("write" if method == "POST" else "token")


class Forgetful(list[Suggestion]):
    def append(self, _: Suggestion) -> None:
        pass


async def test_a_suggestion_that_github_did_not_keep_is_told(world: GitHubWorld, monkeypatch: pytest.MonkeyPatch):
    """A person dismissed it between the write and the look: to us it is as if it was never kept."""
    thread, ref = world.open()
    monkeypatch.setattr(thread, "suggestions", Forgetful())
    answer = await world.github.suggest_labels(ref, [BUG])
    assert (answer.status, answer.message) == (NOT_TAKEN, "GitHub kept no suggestion of bug")


async def test_a_long_rationale_is_cut_and_odd_letters_travel(world: GitHubWorld):
    _, ref = world.open()
    await world.github.suggest_labels(ref, [BUG.model_copy(update={"rationale": "\udcff" + "x" * 400})])
    [(_, rationale, _)] = waiting(world, ref)
    assert rationale is not None
    assert (len(rationale), rationale[0], rationale[-1]) == (280, "?", "…")


@needs(DESCRIPTION)
async def test_the_openapi_description_agrees(world: GitHubWorld):
    thread, ref = world.open()
    await world.github.suggest_labels(ref, [BUG, DOCS])
    issue = f"/repos/{world.ref.name}/issues/{ref.number}"
    for method, path in (
        ("POST", f"{issue}/suggestions/{thread.suggestions[0].id}/approve"),
        ("GET", f"{issue}/suggestions?state=all"),
        ("GET", f"/repos/{world.ref.name}/labels/bug"),
    ):
        answer = await world.github._http.once(method, path, token="ghp_ada")
        assert github().response_problems(method, path.partition("?")[0], answer.status or 0, answer.json()) == []
    assert [p for record in world.hub.requests for p in github().request_problems(record)] == []
