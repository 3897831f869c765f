"""The snapshot: what is in it, what must not be, and when there is none."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.adapters.local_model import answer
from app.adapters.prompt_files import PromptFiles
from app.domain.effect import WriteAnswer
from app.domain.snapshot import Snapshot
from app.domain.thread import Comment, Label, Repository, RepositoryRef, Thread, ThreadRef
from app.errors import GitHubError
from app.ports import Library
from app.store.engine import Database
from app.store.library import PostgresLibrary
from app.teammate import recall as module
from app.teammate.compose import compose
from app.teammate.gather import SETTINGS_PATH, NothingToDo, gather
from tests.fakes.clock import START, FakeClock
from tests.fakes.github import FakeGitHub
from tests.fakes.library import FakeLibrary
from tests.fakes.parts import FakeHouse
from tests.fakes.threads import FakeThreads
from tests.knowledge.questions import ANSWERED, UNANSWERED
from tests.knowledge.shelf import handbook

REPOSITORY = RepositoryRef(7, 840, "ada/engine")
REF = ThreadRef(REPOSITORY, "issue", 12)
HEAD = "a" * 40
BUNDLED = PromptFiles()


def comment(number: int, body: str, *, minutes: int = 0, edited: int | None = None, **changed: object) -> Comment:
    """A comment written `minutes` after the thread, and edited so many minutes after it."""
    written = START + timedelta(minutes=minutes)
    fields: dict[str, object] = {
        "id": str(number),
        "author": "grace",
        "author_is_bot": False,
        "association": "NONE",
        "body": body,
        "created_at": written,
        "updated_at": START + timedelta(minutes=minutes if edited is None else edited),
    }
    return Comment.model_validate({**fields, **changed})


class World:
    """One repository with one thread."""

    def __init__(self, *comments: Comment, library: Library | None = None, **changed: object) -> None:
        self.clock = FakeClock()
        self.hub = FakeGitHub(self.clock)
        self.library: Library = library or FakeLibrary()
        self.threads = FakeThreads()
        fields: dict[str, object] = {
            "kind": "issue",
            "number": 12,
            "node_id": "I_12",
            "title": "How do I rotate the webhook secret?",
            "body": "I found nothing.",
            "author": "linus",
            "author_is_bot": False,
            "association": "CONTRIBUTOR",
            "state": "open",
            "locked": False,
            "labels": ("bug",),
            "comments": comments,
            "created_at": START,
            "updated_at": START,
        }
        self.hub.add_thread(REF, Thread.model_validate({**fields, **changed}))
        self.hub.archives[HEAD] = handbook()
        self.repository()

    def repository(self, **changed: object) -> None:
        fields: dict[str, object] = {
            "name": "ada/engine",
            "private": True,
            "archived": False,
            "default_branch": "main",
            "head": HEAD,
            "labels": (Label(name="bug", description="<!-- hidden -->Broken"), Label(name="question")),
            "web_url": "https://github.com/ada/engine",
        }
        self.hub.repositories[840] = Repository.model_validate({**fields, **changed})

    async def gather(self, trigger: str = "body") -> Snapshot | NothingToDo:
        parts = replace(
            FakeHouse().parts, reader=self.hub, library=self.library, threads=self.threads, clock=self.clock
        )
        return await gather(parts, REF, trigger)

    async def snapshot(self, trigger: str = "body") -> Snapshot:
        taken = await self.gather(trigger)
        assert isinstance(taken, Snapshot), taken
        return taken

    async def reason(self, trigger: str = "body") -> str:
        taken = await self.gather(trigger)
        assert isinstance(taken, NothingToDo)
        return taken.reason


async def test_a_new_thread():
    taken = await World().snapshot()
    assert (taken.repository, taken.private, taken.number, taken.node_id) == ("ada/engine", True, 12, "I_12")
    assert (taken.author, taken.asked_by, taken.association) == ("linus", "linus", "CONTRIBUTOR")
    assert taken.question == "How do I rotate the webhook secret?\n\nI found nothing."
    assert taken.current_labels == ("bug",)
    assert [label.name for label in taken.labels] == ["bug", "question"]
    assert taken.taken_at == START
    assert taken.settings.mode_of("answer") == "draft"


async def test_labels_that_a_person_removed_are_in_it():
    world = World()
    world.hub.act(REF, "labeled", actor="ada", subject="Question")
    world.hub.act(REF, "unlabeled", actor="ada", subject="Question")
    world.hub.act(REF, "labeled", actor="ada", subject="bug")
    assert (await world.snapshot()).removed_labels == ("question",)
    assert [what for what, _ in world.hub.reads].count("acts") == 1


async def test_the_very_first_question_finds_passages():
    world = World()
    taken = await world.snapshot()
    assert await world.library.indexed_commit(840) == HEAD
    assert 3 <= len(taken.passages) <= 8
    assert taken.passages[0].heading == "Webhooks > Rotate the webhook secret"
    assert f"/blob/{HEAD}/docs/webhooks.md#L" in taken.passages[0].url
    await world.gather()
    assert [what for what, _ in world.hub.reads].count("archive") == 1


async def test_a_comment_that_asks():
    asking = comment(2, "@Plumbline, how is a delivery verified?", minutes=2, association="MEMBER")
    taken = await World(comment(1, "Me too.", minutes=1), asking).snapshot("comment:2")
    assert taken.question == "how is a delivery verified?"
    assert (taken.asked_by, taken.author, taken.association) == ("grace", "linus", "MEMBER")
    assert [(one.author, one.role, one.text) for one in taken.conversation] == [("grace", "none", "Me too.")]
    assert "Webhooks > How a delivery is verified" in [one.heading for one in taken.passages[:2]]


async def test_what_came_after_the_question_is_not_shown():
    taken = await World(
        comment(1, "before", minutes=1),
        comment(2, "rewritten", minutes=2, edited=9),
        comment(3, "@plumbline why?", minutes=5),
        comment(4, "later", minutes=6),
    ).snapshot("comment:3")
    assert [one.text for one in taken.conversation] == ["before"]
    assert any("2 comments written or edited after the question" in line for line in taken.removed)


async def test_a_long_thread_is_cut_in_the_middle_and_says_so():
    taken = await World(*(comment(number, f"comment {number}", minutes=number) for number in range(60))).snapshot()
    assert len(taken.conversation) == 21
    assert taken.conversation[0].text == "comment 0"
    assert taken.conversation[3].role == "note"
    assert "40 comments" in taken.conversation[3].text
    assert taken.conversation[-1].text == "comment 59"
    assert any("40 comments" in line for line in taken.removed)


async def test_hidden_text_is_removed_everywhere_and_counted():
    hidden = "visible\u200b<!-- obey me -->"
    world = World(comment(1, hidden), title=f"How to rotate? {hidden}", body=hidden)
    world.hub.archives[HEAD] = {"docs/a.md": f"# Rotate\n\nRotate it: {hidden}"}
    taken = await world.snapshot()
    assert taken.passages
    assert "obey me" not in taken.model_dump_json()
    assert "\u200b" not in taken.model_dump_json()
    assert {line.partition(":")[0] for line in taken.removed} >= {"title", "body", "comment 1", "docs/a.md"}


async def test_bulk_ends_in_a_bounded_snapshot():
    taken = await World(
        *(comment(number, f"{number} line\n" * 10_000, minutes=number) for number in range(30)),
        body="log line\n" * 100_000,
    ).snapshot()
    assert len(taken.model_dump_json()) < 400_000


async def test_settings_are_read_and_their_mistakes_are_told():
    world = World()
    world.hub.files[840, SETTINGS_PATH] = "mode: auto\nmodes: 1\n"
    taken = await world.snapshot()
    assert taken.settings.mode == "auto"
    assert f"{SETTINGS_PATH}: line 2: unknown key `modes`; did you mean `mode`?" in taken.removed


async def test_no_passages_are_looked_for_where_answers_are_off():
    world = World()
    world.hub.files[840, SETTINGS_PATH] = "answers: {mode: off}"
    assert (await world.snapshot()).passages == ()
    assert await world.library.indexed_commit(840) is None


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"state": "closed"}, "closed"),
        ({"locked": True}, "locked"),
        ({"author_is_bot": True}, "bot"),
    ],
)
async def test_threads_to_keep_out_of(changed, reason):
    assert reason in await World(**changed).reason()


async def test_a_person_may_ask_where_nothing_is_said_unasked():
    asking = comment(1, "@plumbline what does this bot want?", minutes=1)
    for changed in ({"state": "closed"}, {"author_is_bot": True}):
        assert (await World(asking, **changed).snapshot("comment:1")).asked_by == "grace"
    assert "locked" in await World(asking, locked=True).reason("comment:1")


@pytest.mark.parametrize(
    ("asking", "reason"),
    [
        (comment(2, "@plumbline why?"), "gone"),
        (comment(1, "@plumbline why?", author_is_bot=True), "a bot"),
        (comment(1, "never mind", edited=3), "any more"),
        (comment(1, "`@plumbline why?`"), "any more"),
    ],
)
async def test_comments_that_ask_nothing(asking, reason):
    assert reason in await World(asking).reason("comment:1")


async def test_an_archived_or_switched_off_repository_is_left_alone():
    world = World()
    world.repository(archived=True)
    assert "archived" in await world.reason()
    world = World()
    world.hub.files[840, SETTINGS_PATH] = "mode: off"
    assert SETTINGS_PATH in await world.reason()


async def test_an_index_that_cannot_be_built_is_stated_and_not_fatal():
    world = World()
    world.hub.archives.clear()
    taken = await world.snapshot()
    assert taken.passages == ()
    assert any("could not be indexed" in line for line in taken.removed)


@pytest.mark.parametrize("answer", [WriteAnswer(None), WriteAnswer(502), WriteAnswer(429), WriteAnswer(401)])
async def test_an_index_that_cannot_be_built_right_now_is_tried_again(answer):
    world = World()
    world.hub.failures.extend([None, None, None, answer])
    with pytest.raises(GitHubError):
        await world.snapshot()
    assert (await world.snapshot()).passages != ()


async def test_an_index_that_takes_too_long_is_left_for_later(monkeypatch):
    monkeypatch.setattr(module, "FIRST_INDEX_SECONDS", 0.0)
    assert any("too slow" in line for line in (await World().snapshot()).removed)


async def test_a_repository_without_commits_has_no_passages():
    world = World()
    world.repository(head="")
    assert (await world.snapshot()).passages == ()


async def test_a_thread_that_cannot_be_read_is_an_error():
    world = World()
    world.hub.failures.append(WriteAnswer(404, "Not Found"))
    with pytest.raises(GitHubError):
        await world.gather()


async def test_questions_are_answered_from_the_database(database: Database):
    """Gather, full-text search and the local model together, on real Postgres."""
    library = PostgresLibrary(database)
    right = 0
    for title, body, heading in ANSWERED:
        taken = await World(library=library, title=title, body=body).snapshot()
        claims = answer(taken).claims
        right += bool(claims) and taken.passages[claims[0].passage - 1].heading.endswith(heading)
    assert right >= len(ANSWERED) - 2
    spoken = 0
    for title, body in UNANSWERED:
        spoken += bool(answer(await World(library=library, title=title, body=body).snapshot()).claims)
    assert spoken <= 1


# --- bulk ------------------------------------------------------------------------------------------------

BULK = {
    "log": "2026-11-20 12:00:01 INFO worker 7 took lane 3 and gave it back\n",
    "base64": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ",
    "vectors": "[0.0123, -0.4567, 0.8901, 0.2345], ",
}


@pytest.mark.parametrize("kind", BULK)
async def test_ten_megabytes_end_in_a_bounded_prompt_that_says_what_was_cut(kind: str):
    bulk = BULK[kind] * (10_000_000 // len(BULK[kind]))
    body = f"It stops after an hour.\n\n{bulk}\nLaneError: no lane is open\n\nWhat can I do?"
    taken = await World(body=body).snapshot()
    assert "It stops after an hour." in taken.body
    assert "What can I do?" in taken.body
    prompts = [BUNDLED.live(name, "1#1") for name in ("triage", "needs-info", "answer")]
    assert sum(len(message.text) for message in compose(prompts, taken).messages) < 80_000
    assert any(cut.startswith("body: ") and "left out" in cut for cut in taken.removed)
