from pathlib import Path

import orjson

from app.playground.hub import Hub
from app.playground.model import State
from app.playground.seed import REPOSITORY, project_files, seed_self

ROOT = Path(__file__).parents[2]


def little_project(root: Path) -> Path:
    (root / "docs").mkdir()
    (root / "docs" / "guide.md").write_text("# Guide\n")
    (root / "README.md").write_text("# Little\n")
    (root / "app" / "__pycache__").mkdir(parents=True)
    (root / "app" / "__pycache__" / "x.py").write_text("hidden")
    (root / "app" / "big.py").write_text("x" * 200_001)
    (root / "app" / "binary.md").write_bytes(b"\xff\xfe\x00")
    (root / "app" / ".env.md").write_text("secret")
    (root / ".git").mkdir()
    (root / ".git" / "config.md").write_text("hidden")
    (root / "node_modules").mkdir()
    (root / "node_modules" / "x.md").write_text("not ours")
    return root


def test_only_the_projects_own_text_is_taken(tmp_path: Path):
    assert dict(project_files(little_project(tmp_path))) == {"README.md": "# Little\n", "docs/guide.md": "# Guide\n"}


def test_the_first_start_lays_out_a_world_without_news(tmp_path: Path):
    hub = Hub()
    hub.webhook_url = "http://127.0.0.1:9/"
    seed_self(hub, little_project(tmp_path))
    repo = hub.repository(REPOSITORY)
    files = hub.files(repo, repo.branches["main"])
    assert "mode: auto\nduplicates: {mode: auto}" in files[".github/plumbline.yml"]
    assert files["docs/guide.md"] == "# Guide\n"
    assert len(repo.labels) >= 12
    assert all(label.description for label in repo.labels.values())
    assert {thread.kind for thread in repo.threads.values()} == {"issue", "discussion"}
    assert hub.installation_for(repo) is not None
    assert [hub.association(repo, login) for login in ("ada", "grace", "visitor")] == ["OWNER", "MEMBER", "NONE"]
    assert (hub.state.deliveries, hub.state.notifications) == ([], {})


def test_a_later_start_pushes_what_changed_and_nothing_else(tmp_path: Path):
    hub = Hub()
    root = little_project(tmp_path)
    seed_self(hub, root)
    first = hub.repository(REPOSITORY).branches["main"]
    seed_self(hub, root)
    assert hub.repository(REPOSITORY).branches["main"] == first

    hub.webhook_url = "http://127.0.0.1:9/"
    (root / "docs" / "guide.md").write_text("# Better\n")
    (root / "docs" / "new.md").write_text("new\n")
    (root / "README.md").unlink()
    seed_self(hub, root)
    push = orjson.loads(hub.state.deliveries[0].payload)["commits"][0]
    assert (push["modified"], push["added"], push["removed"]) == (["docs/guide.md"], ["docs/new.md"], ["README.md"])
    assert len(hub.repository(REPOSITORY).threads) == 3


def test_this_project_seeds_itself_and_can_be_reset():
    hub = Hub()
    seed_self(hub, ROOT)
    repo, secret = hub.repository(REPOSITORY), hub.state.app.webhook_secret
    assert "app/playground/seed.py" in repo.commits[repo.branches["main"]].tree
    hub.open_thread(actor="ada", repo=REPOSITORY, title="gone after the reset")
    old: State = hub.state
    hub.reset()
    assert len(hub.repository(REPOSITORY).threads) == 3
    assert hub.state.app.webhook_secret == secret
    assert hub.state.next_id > old.next_id
