"""A folder or an installed repository becomes known; anything else is told what is wrong with it."""

import subprocess
from pathlib import Path

import pytest

from app.commands.checkout import read_checkout
from app.commands.index import index_place
from app.errors import ConfigurationError
from app.store.engine import Database
from app.store.library import PostgresLibrary
from app.store.threads import PostgresThreads
from tests.adapters.github_world import github_world
from tests.commands.shell import given

GUIDE = "# Guide\n\n## Rotate the secret\n\nPut the new secret first.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "tool"
    (root / "docs").mkdir(parents=True)
    (root / "docs/guide.md").write_text(GUIDE)
    (root / "picture.md").write_bytes(b"\xff\xfe")
    (root / "nul.md").write_text("a\0b")
    (root / "big.md").write_text("x" * 500_000)
    (root / "link.md").symlink_to(root / "docs/guide.md")
    return root


def git(root: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=ada", "-c", "user.email=ada@example.test", *arguments]
    return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout.strip()


def test_a_folder_without_git_is_all_its_text_at_a_commit_of_its_own(folder: Path):
    found = read_checkout(folder)
    assert found.files == {"docs/guide.md": GUIDE}
    assert found.id < 0
    assert found.edition.web_url == folder.as_uri()
    (folder / "docs/guide.md").write_text("other")
    again = read_checkout(folder)
    assert again.id == found.id
    assert again.edition.commit != found.edition.commit
    assert read_checkout(folder / "docs").id != found.id


@pytest.mark.parametrize(
    "origin",
    [
        "https://github.com/ada/tool.git",
        "git@github.com:ada/tool.git",
        "ssh://git@github.com:22/ada/tool",
        "https://t@github.com/ada/tool/",
    ],
)
def test_a_checkout_is_what_git_knows_at_its_head(folder: Path, origin: str):
    (folder / ".gitignore").write_text("secret.md\n")
    (folder / "secret.md").write_text("not for you")
    git(folder, "init", "-q")
    git(folder, "add", "docs", ".gitignore")
    git(folder, "commit", "-qm", "first")
    git(folder, "remote", "add", "origin", origin)
    (folder / "new.md").write_text("# New")
    found = read_checkout(folder)
    assert sorted(found.files) == [".gitignore", "docs/guide.md", "new.md"]
    assert found.edition.commit == git(folder, "rev-parse", "HEAD")
    assert found.edition.web_url == "https://github.com/ada/tool"


async def test_a_folder_is_indexed_and_only_what_changed_again(folder: Path, database: Database):
    settings = given(DATABASE_URL=database.dsn, embeddings="none")
    said: list[str] = []
    await index_place(settings, str(folder), say=said.append)
    number = read_checkout(folder).id
    assert f"repository {number}: 1 files, 1 passages, 1 of them written now; no embedder" in said[0]
    (found,) = await PostgresLibrary(database).search(number, "rotate the secret", 5)
    assert found.url.endswith("/docs/guide.md#L1-L5")
    await index_place(settings, str(folder), say=said.append)
    assert "1 passages, 0 of them written now" in said[1]


async def test_an_installed_repository_is_indexed_with_its_history(database: Database):
    async with github_world() as world:
        world.open()
        app = world.hub.state.app
        settings = given(
            DATABASE_URL=database.dsn,
            GITHUB_APP_ID=app.id,
            GITHUB_PRIVATE_KEY=app.private_key,
            GITHUB_API_URL=world.base_url,
            embeddings="none",
        )
        said: list[str] = []
        await index_place(settings, "Acme/Tool", say=said.append)
        assert "passages" in said[0]
        assert "1 threads read" in said[0]
        assert (
            await PostgresLibrary(database).indexed_commit(world.ref.repository_id) == world.repository.branches["main"]
        )
        assert len(await PostgresThreads(database).similar(world.ref.repository_id, "help", 5)) == 1
        with pytest.raises(ConfigurationError, match="not installed on acme/other"):
            await index_place(settings, "acme/other", say=said.append)


async def test_what_cannot_be_indexed_says_why(tmp_path: Path):
    settings = given()
    (tmp_path / "empty").mkdir()
    for place, why in (
        ("no-such-folder", "no folder no-such-folder"),
        ("a/b/c", "no folder a/b/c"),
        ("acme/tool", "GITHUB_APP_ID is not set"),
        (str(tmp_path / "empty"), "holds no text files"),
    ):
        with pytest.raises(ConfigurationError, match=why):
            await index_place(settings, place, say=print)
