"""The benchmark measures what serves threads, gives the same figures twice, and says which line of a file is wrong."""

import importlib.util
import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from app.adapters.encoder_graph import weights_directory
from evals.benchmarks.labels import labels, measure, read_set
from tests.knowledge.labelling.threads import history

NAMES = {"bug": "bug", "feature request": "feature", "question": "question"}


def written(path: Path, *repositories: str, count: int = 8) -> Path:
    rows = [
        {
            "repo": one.repository,
            "created_at": f"{one.created_at:%Y-%m-%d %H:%M:%S}",
            "label": next(NAMES[name] for name in sorted(one.labels) if name in NAMES),
            "title": one.title,
            "body": None,
        }
        for repository in repositories
        for one in history(repository, count)
    ]
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n")
    return path


@pytest.fixture(autouse=True)
def words_alone(monkeypatch):
    monkeypatch.setenv("PLUMBLINE_EMBEDDINGS", "none")


async def test_known_repositories_and_unknown_ones(tmp_path):
    train, test = written(tmp_path / "train", "a/a", "b/b"), written(tmp_path / "test", "a/a", count=3)
    said: list[str] = []
    known = await measure(train, test, say=said.append)
    assert known["n"] == 9
    assert known["macro_f1"] == 1
    assert set(known["per_label"]) == {"bug", "feature", "question"}
    assert 0 <= known["ece"] <= 1
    assert 0 <= known["brier"] <= 2
    apart = await measure(train, test, leave_repo_out=True, say=said.append)
    assert apart["per_repo"].keys() == {"a/a"}
    assert apart["version"]["a/a"] != known["version"]
    assert apart["settings"] == {"embedder": "none", "leave_repo_out": True, "fine_tune": False}


@pytest.mark.skipif(
    weights_directory() is None or importlib.util.find_spec("torch") is None,
    reason="fine-tuning is not installed: `make install-train`",
)
async def test_a_fine_tuned_encoder_has_a_say_and_is_named(tmp_path):
    train, test = written(tmp_path / "train", "a/a"), written(tmp_path / "test", "a/a", count=3)
    said: list[str] = []
    plain = await measure(train, test, say=said.append)
    tuned = await measure(train, test, fine_tune=True, say=said.append)
    assert tuned["macro_f1"] == 1
    assert tuned["brier"] != plain["brier"]
    assert tuned["version"].startswith(f"{plain['version']}+")
    assert any(line.startswith("epoch 4 of 4") for line in said)


async def test_labels_of_a_repository_left_out_are_not_read(tmp_path):
    """With every label of `a/a` turned round, judging it as a stranger must not change."""
    test = written(tmp_path / "test", "a/a", count=3)
    straight = written(tmp_path / "straight", "a/a", "b/b")
    rows = [json.loads(line) for line in straight.read_text().splitlines()]
    turned = {"bug": "question", "question": "feature", "feature": "bug"}
    lines = [json.dumps(row | ({"label": turned[row["label"]]} if row["repo"] == "a/a" else {})) for row in rows]
    (tmp_path / "turned").write_text("\n".join(lines))
    found = [
        await measure(tmp_path / name, test, leave_repo_out=True, say=lambda _: None) for name in ("straight", "turned")
    ]
    assert [{**one, "seconds": 0, "seconds_without_vectors": 0} for one in found[:1]] == [
        {**one, "seconds": 0, "seconds_without_vectors": 0} for one in found[1:]
    ]


def test_a_wrong_line_is_named(tmp_path):
    path = written(tmp_path / "set", "a/a", count=1)
    path.write_text(path.read_text() + '{"repo": "a/a"}\n')
    with pytest.raises(ValueError, match="line 4"):
        read_set(path)


def test_lines_end_at_line_feeds_alone(tmp_path):
    path = written(tmp_path / "set", "a/a", count=1)
    rows = path.read_text().replace("Crash", "Cra\u2028sh")
    path.write_text(rows)
    assert len(read_set(path)) == 3


def test_the_last_line_is_json(tmp_path):
    command = typer.Typer()
    command.command()(labels)
    train, test = written(tmp_path / "train", "a/a"), written(tmp_path / "test", "a/a", count=2)
    done = CliRunner().invoke(command, ["--train", str(train), "--test", str(test), "--json"])
    assert done.exit_code == 0
    assert json.loads(done.stdout.splitlines()[-1])["n"] == 6
    (tmp_path / "test").write_text("{}")
    assert CliRunner().invoke(command, ["--train", str(train), "--test", str(test)]).exit_code == 1
