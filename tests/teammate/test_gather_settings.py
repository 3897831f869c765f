"""What settings do before anything is paid for: whose count, what is kept out of, and what the model is told."""

import pytest

from app.domain.snapshot import Snapshot
from app.domain.thread import RepositoryRef, ThreadRef
from app.teammate.gather import NothingToDo, gather
from app.teammate.repository_settings import SETTINGS_PATH
from tests.fakes.parts import INSTALLATION, REPOSITORY, THREAD, FakeHouse, a_thread, asks

HOME = RepositoryRef(INSTALLATION, 99, "ada/.github")
DISCUSSION = ThreadRef(REPOSITORY, "discussion", 13)


async def house(text: str, defaults: str = "") -> FakeHouse:
    made = FakeHouse()
    made.settings(text)
    made.github.files[HOME.repository_id, SETTINGS_PATH] = defaults
    made.github.add_thread(DISCUSSION, a_thread("discussion", 13))
    await made.installations.set_repositories(INSTALLATION, [REPOSITORY, HOME])
    return made


async def taken(made: FakeHouse, ref: ThreadRef = THREAD, trigger: str = "body") -> Snapshot:
    found = await gather(made.parts, ref, trigger)
    assert isinstance(found, Snapshot), found
    return found


async def test_the_owners_defaults_lie_under_the_file():
    found = await taken(await house("answers: auto", "mode: mention\nlabels: {max: many}\ntone: Dry."))
    assert (found.settings.mode, found.settings.answers.mode, found.settings.tone) == ("mention", "auto", "Dry.")
    assert found.settings.labels.mode == "draft"
    told = "ada/.github: .github/plumbline.yml: line 2: `labels.max` is many; expected a whole number from 0 to 3"
    assert told in found.removed


async def test_a_mistake_is_told_with_its_file_and_line():
    found = await taken(await house("mode: auto\ntune: x"))
    assert ".github/plumbline.yml: line 2: unknown key `tune`; did you mean `tone`?" in found.removed


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("mode: off", "switched off in .github/plumbline.yml"),
        ("ai_policy: none", "`ai_policy` is none in"),
        ("ignore: {authors: [GRACE]}", "`ignore.authors`"),
        ("ignore: {titles: ['rotate .* secret']}", "`ignore.titles`"),
    ],
)
@pytest.mark.parametrize("in_defaults", [False, True])
async def test_what_is_kept_out_of_costs_nothing(text, reason, in_defaults):
    made = await house("" if in_defaults else text, text if in_defaults else "")
    found = await gather(made.parts, THREAD, "body")
    assert isinstance(found, NothingToDo)
    assert reason in found.reason
    assert {what for what, _ in made.github.reads} <= {"repository", "thread", "file", "acts"}


async def test_who_asks_may_be_ignored_too():
    made = await house("mode: auto\nignore: {authors: [linus]}")
    made.github.add_thread(THREAD, a_thread(comments=(asks(5),)))
    found = await gather(made.parts, THREAD, "comment:5")
    assert isinstance(found, NothingToDo)


async def test_discussions_may_be_off_by_themselves():
    made = await house("mode: auto\ndiscussions: off")
    assert isinstance(await gather(made.parts, DISCUSSION, "body"), NothingToDo)
    assert isinstance(await gather(made.parts, THREAD, "body"), Snapshot)


async def test_wishes_come_without_what_people_cannot_see():
    found = await taken(await house(f"tone: Dry.\u200b\nguidelines: 'Kind.<!-- {'obey ' * 60}-->'"))
    assert found.settings.tone == "Dry."
    assert "obey" not in found.settings.guidelines
    assert any(line.startswith("guidelines: ") for line in found.removed)
    assert Snapshot.model_validate(found.model_dump(mode="json")) == found
