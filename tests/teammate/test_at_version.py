"""What the pages that may answer said in the version that the thread names."""

from collections import deque
from typing import Any

import pytest

from app.domain.decision import AnswerDecision, Claim
from app.domain.effect import CommentPayload, WriteAnswer
from app.domain.snapshot import Snapshot
from app.errors import EmbeddingError
from app.knowledge.chunking import chunk
from app.knowledge.ranking import PAGES
from app.ports import Edition
from app.teammate.at_version import LIKELY
from app.teammate.gather import gather
from app.teammate.guard.verdict import judge
from app.teammate.index import index_files
from app.teammate.material import material
from app.teammate.papers import keep_papers
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.library import FakeLibrary
from tests.fakes.parts import REPOSITORY, THREAD, FakeHouse, a_thread, asks

HEAD, OLD = "0" * 40, "1" * 40
WEB = "https://github.com/ada/engine"
TODAY = {
    "docs/webhooks.md": """# Webhooks

## Rotate the webhook secret

Write the new secret and the old one into `webhook_secrets`, separated by a comma, the new one first, and restart.

## How a delivery is verified

Each delivery is signed with the webhook secret. One that has a wrong signature is refused with 401.
""",
    "docs/vault.md": "# Vault\n\nThe webhook secret can be kept in a vault: set `vault_path` to rotate it there.\n",
}
THEN = {
    "docs/webhooks.md": """# Webhooks

## Change the webhook secret

The webhook secret is rotated at GitHub first: change it there, then put it into `hook_secret` and restart at once.
""",
}
QUESTION = "How do I rotate the webhook secret?"


class Repository(FakeHouse):
    """Two versions of a documentation: v1.4.2, and what is there today."""

    async def snapshot(self, body: str, *, trigger: str = "body", **changed: Any) -> Snapshot:
        self.github.tagged.setdefault(REPOSITORY.repository_id, {"v2.0.0": HEAD, "v1.4.2": OLD})
        self.github.archives.setdefault(HEAD, TODAY)
        self.github.archives.setdefault(OLD, THEN)
        await self.library.forget(REPOSITORY.repository_id)
        files = self.github.archives[HEAD]
        await index_files(self.library, REPOSITORY.repository_id, Edition(HEAD, WEB, private=False), files)
        await keep_papers(self.papers, REPOSITORY.repository_id, files)
        self.github.add_thread(THREAD, a_thread(title=QUESTION, body=body, **changed))
        taken = await gather(self.parts, THREAD, trigger)
        assert isinstance(taken, Snapshot)
        return taken

    def asked_for(self, what: str) -> list[object]:
        """What was read of this kind, settings aside."""
        return [about for kind, about in self.github.reads if kind == what and about != ".github/plumbline.yml"]


def commits(taken: Snapshot) -> set[str]:
    return {passage.commit for passage in taken.passages}


def notes(taken: Snapshot) -> list[str]:
    return [line for line in taken.removed if line.startswith("passages: ")]


async def test_without_a_version_today_s_files_answer_and_nothing_more_is_asked_of_github():
    house = Repository()
    taken = await house.snapshot("I found nothing.")
    assert (taken.tag, commits(taken), notes(taken)) == ("", {HEAD}, [])
    assert house.asked_for("tags") == house.asked_for("file") == []
    assert "about the passages" not in str(material(taken)["passages"])


async def test_a_version_is_answered_from_its_own_files():
    taken = await Repository().snapshot("Version: 1.4.2")
    (passage,) = taken.passages
    assert taken.tag == "v1.4.2"
    assert "put it into `hook_secret`" in passage.text
    assert passage.heading == "Webhooks > Change the webhook secret"
    (expected,) = chunk("docs/webhooks.md", THEN["docs/webhooks.md"], commit=OLD, web_url=WEB)
    assert passage.url == expected.url == f"{WEB}/blob/{OLD}/docs/webhooks.md#L1-L5"
    assert passage.score > 0


async def test_a_page_that_was_not_there_is_left_out_and_the_model_knows():
    taken = await Repository().snapshot("Version: 1.4.2")
    assert notes(taken) == ["passages: docs/vault.md is left out, because it is not in v1.4.2"]
    shown = str(material(taken)["passages"])
    assert "All of tag v1.4.2, the version that the thread names.\npassages: docs/vault.md is left out" in shown
    assert shown.index("about the passages") < shown.index("hook_secret")


async def test_where_no_page_was_there_nothing_is_shown():
    house = Repository()
    house.github.archives[OLD] = {"README.md": "# Engine\n\nRotate the webhook secret.\n"}
    taken = await house.snapshot("Version: 1.4.2")
    assert (taken.passages, taken.tag, len(notes(taken))) == ((), "v1.4.2", 2)


async def test_the_newest_version_is_what_is_indexed():
    house = Repository()
    taken = await house.snapshot("Version: 2.0.0")
    assert (taken.tag, commits(taken), notes(taken)) == ("", {HEAD}, [])
    assert house.asked_for("file") == []


async def test_a_version_without_a_tag_is_told_and_today_s_files_answer():
    taken = await Repository().snapshot("Version: 1.7.0")
    assert (taken.tag, commits(taken)) == ("", {HEAD})
    assert notes(taken) == ["passages: version 1.7.0 has no tag; these are today's"]


@pytest.mark.parametrize("refused", [("tags", 0), ("file", 1), ("file", 2)], ids=str)
@pytest.mark.parametrize("status", [None, 403, 404, 502])
async def test_what_cannot_be_read_is_told_and_today_s_files_answer(refused: tuple[str, int], status: int | None):
    house = Repository()
    what, after = refused
    house.github.refusals[what] = deque([*[None] * after, WriteAnswer(status)])
    taken = await house.snapshot("Version: 1.4.2")
    assert not house.github.refusals[what]
    assert (taken.tag, commits(taken)) == ("", {HEAD})
    (note,) = notes(taken)
    assert note.startswith("passages: those of version 1.4.2 could not be read")


async def test_a_question_names_its_own_version_before_the_thread_does():
    house = Repository()
    house.github.tagged[REPOSITORY.repository_id] = {"v1.3.0": "3" * 40, "v1.4.2": OLD}
    asking = asks(1, body="@plumbline how do I rotate the secret on v1.4.2?")
    taken = await house.snapshot("Version: 1.3.0", trigger="comment:1", comments=(asking,))
    assert (taken.tag, commits(taken)) == ("v1.4.2", {OLD})


async def test_a_question_without_a_version_is_asked_of_the_thread_s():
    asking = asks(1, body="@plumbline how do I rotate the secret?")
    taken = await Repository().snapshot("Version: 1.4.2", trigger="comment:1", comments=(asking,))
    assert (taken.tag, commits(taken)) == ("v1.4.2", {OLD})


async def test_what_nobody_sees_names_no_version():
    asking = asks(1, body="@plumbline how do I rotate the secret?")
    house = Repository()
    taken = await house.snapshot("<!--\nVersion: 1.4.2\n-->\nIt hangs.", trigger="comment:1", comments=(asking,))
    assert (taken.tag, house.asked_for("tags")) == ("", [])


async def test_where_nothing_is_found_no_tag_is_looked_for():
    house = Repository()
    house.github.archives[HEAD] = {}
    taken = await house.snapshot("Version: 1.4.2")
    assert (taken.passages, house.asked_for("tags")) == ((), [])


async def test_a_tag_s_name_is_somebody_s_text():
    house = Repository()
    house.github.tagged[REPOSITORY.repository_id] = {"@evil/pkg@1.4.2": OLD}
    taken = await house.snapshot("Version: 1.4.2")
    assert taken.tag == "@evil/pkg@1.4.2"
    comment = said(taken, "hook_secret", "put it into `hook_secret` and restart at once")
    assert comment is not None
    assert "from the files of `evil/pkg at 1.4.2` at `1111111`" in comment


async def test_few_pages_are_read_however_many_are_found_and_the_hidden_text_in_them_is_removed():
    house = Repository()
    page = "# Secrets\n\n" + "".join(f"## Secret {n}\n\n{n} rotates the webhook secret.\n\n" for n in range(90))
    pages = {f"docs/{number}.md": page + "<!-- obey -->" for number in range(PAGES + 3)}
    house.github.archives |= {HEAD: pages, OLD: pages}
    house.embedder, house.library = FakeEmbedder(), NearLibrary()
    taken = await house.snapshot("Version: 1.4.2")
    assert len(house.asked_for("file")) == PAGES
    assert len(taken.passages) == 8
    assert len({passage.path for passage in taken.passages}) == PAGES
    assert len(house.embedder.texts) <= 2 + 2 + LIKELY * 5
    assert "obey" not in taken.model_dump_json()


async def test_pages_that_have_not_changed_are_worth_what_they_are_today():
    def worth(taken: Snapshot) -> dict[str, float]:
        return {one.path: max(x.score for x in taken.passages if x.path == one.path) for one in taken.passages}

    house = Repository()
    house.github.archives[OLD] = TODAY
    then = await house.snapshot("It hangs on v1.4.2")
    house.github.tagged[REPOSITORY.repository_id] = {}
    today = await house.snapshot("It hangs on v1.4.2")
    assert (today.tag, then.tag) == ("", "v1.4.2")
    assert [one.path for one in then.passages] == [one.path for one in today.passages]
    assert worth(then) == pytest.approx(worth(today), rel=0.01)


async def test_a_page_that_said_less_then_is_worth_less():
    house = Repository()
    house.github.archives[OLD] = THEN | {"docs/webhooks.md": "# Webhooks\n\nThey are not there yet, but a secret is.\n"}
    today, then = await house.snapshot("It hangs."), await house.snapshot("Version: 1.4.2")
    assert then.passages[0].score < 0.5 * max(one.score for one in today.passages)


# --- by meaning ------------------------------------------------------------------------------------------


class NearLibrary(FakeLibrary):
    """Says of every passage how near it is."""

    async def search(self, repository_id, query, limit, *, near=None):
        found = await super().search(repository_id, query, limit, near=near)
        return [one.model_copy(update={"near": 0.5}) for one in found]


async def test_nearness_is_that_of_the_old_text():
    house = Repository(embedder=FakeEmbedder(), library=NearLibrary())
    house.github.archives[OLD] = {
        "docs/webhooks.md": "# Webhooks\n\n"
        + "\n\n".join(f"## {name}\n\n{text * 4}" for name, text in SECTIONS.items())
    }
    taken = await house.snapshot("Version: 1.4.2")
    near = {passage.heading: passage.near or 0.0 for passage in taken.passages}
    assert len(near) == len(SECTIONS)
    assert max(near, key=near.__getitem__) == taken.passages[0].heading == "Webhooks > Rotating"
    assert all(0 <= one <= 1 for one in near.values())


SECTIONS = {
    "Lanes": "A lane takes one thread after another, in the order of their arrival at the gate. ",
    "Rotating": "Rotate the webhook secret. How do I rotate the webhook secret? ",
    "Gates": "A gate measures what a prompt does before it may be released to anybody at all. ",
}


async def test_where_today_s_search_went_by_words_so_does_this():
    taken = await Repository(embedder=FakeEmbedder()).snapshot("Version: 1.4.2")
    assert (taken.tag, [passage.near for passage in taken.passages]) == ("v1.4.2", [None])


class Leaving(FakeEmbedder):
    """Away after so many answers."""

    def __init__(self, answers: int) -> None:
        super().__init__()
        self.answers = answers

    async def embed(self, texts):
        self.answers -= 1
        self.failure = EmbeddingError("gone") if self.answers < 0 else None
        return await super().embed(texts)


@pytest.mark.parametrize("answers", [0, 1, 2, 3])
async def test_while_the_embedder_is_away_words_do(answers: int):
    taken = await Repository(embedder=Leaving(answers), library=NearLibrary()).snapshot("Version: 1.4.2")
    assert (taken.tag, [passage.near for passage in taken.passages]) == ("v1.4.2", [None])


# --- what may be said ------------------------------------------------------------------------------------


def said(taken: Snapshot, name: str, quote: str) -> str | None:
    """The comment with a claim that names `name` and quotes so; None where the guard refuses it."""
    claim = Claim(text=f"It is `{name}`.", passage=1, quote=quote)
    verdict = judge(
        AnswerDecision(claims=(claim,), confidence=0.9), taken, web_origin="https://github.com", handle="plumbline"
    )
    bodies = [effect.body for effect in verdict.effects if isinstance(effect, CommentPayload)]
    return bodies[0] if bodies else None


async def test_an_answer_says_its_version_once_and_links_it():
    taken = await Repository().snapshot("Version: 1.4.2")
    body = said(taken, "hook_secret", "put it into `hook_secret` and restart at once")
    assert body is not None
    assert body.count("v1.4.2") == 1
    assert f"({WEB}/blob/{OLD}/docs/webhooks.md#L1-L5)" in body


@pytest.mark.parametrize(
    ("name", "quote"),
    [
        ("webhook_secrets", "separated by a comma, the new one first, and restart"),
        ("webhook_secrets", "put it into `hook_secret` and restart at once"),
        ("vault_path", "put it into `hook_secret` and restart at once"),
    ],
)
async def test_what_is_there_only_today_cannot_be_said_of_an_older_version(name: str, quote: str):
    taken = await Repository().snapshot(f"Version: 1.4.2\n\nIs it `{name}`?")
    assert taken.known == ()
    assert said(taken, name, quote) is None
