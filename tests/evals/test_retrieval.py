"""The bench finds pages by the functions that serve, counts them right, and leaves nothing behind."""

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import typer
from typer.testing import CliRunner

from app.store.engine import open_database
from evals.benchmarks.retrieval import measure, retrieval

PAGES = [
    {"repo": "ada/engine", "path": "docs/lease.md", "text": "# Leases\n\nA lease expires after a minute."},
    {"repo": "ada/engine", "path": "docs/proxy.md", "text": "# Proxies\n\nSet the address of the proxy."},
    {"repo": "ada/other", "path": "docs/lease.md", "text": "# Leases\n\nNobody asks about this lease."},
]
ASKED: list[dict[str, Any]] = [
    {"title": "When does a lease expire?", "body": "", "gold_paths": ["docs/lease.md"], "gold_source": "user_link"},
    {"title": "Proxy lease", "body": "address", "gold_paths": ["docs/lease.md"], "gold_source": "annotated"},
    {"title": "Dark mode", "body": None, "gold_paths": ["docs/proxy.md"], "gold_source": "annotated"},
]
QUERIES = [{"id": str(n), "repo": "ada/engine", **one} for n, one in enumerate(ASKED)]


async def test_figures_of_a_small_corpus(database_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATABASE_URL", database_url)
    found = await measure(PAGES, QUERIES, None, print)
    assert (found["recall_at_5"], found["mrr"], found["n"]) == (round(2 / 3, 4), round((1 + 1 / 2) / 3, 4), 3)
    assert (found["recall_at_5_linked"], found["n_linked"]) == (1, 1)
    assert (found["chunks"], found["embedder"], found["per_repo"]) == (3, None, {"ada/engine": round(2 / 3, 4)})
    assert 0 < found["p50_ms"] <= found["p95_ms"]
    async with open_database(database_url) as database:
        assert await database.run(sa.text("select 1 from passages union all select 1 from files")) == []


async def test_a_question_to_a_repository_without_pages_is_an_error():
    with pytest.raises(ValueError, match="no page of ada/unknown"):
        await measure(PAGES, [{**QUERIES[0], "repo": "ada/unknown"}], None, print)


def test_the_last_line_is_one_json_object(tmp_path: Path, migrated_url: str):
    app = typer.Typer()
    app.command()(retrieval)
    for name, rows in (("corpus", PAGES), ("queries", QUERIES)):
        (tmp_path / name).write_text("\n".join(map(json.dumps, rows)) + "\n")
    arguments = ["--corpus", str(tmp_path / "corpus"), "--queries", str(tmp_path / "queries"), "--json"]
    environment = {"DATABASE_URL": migrated_url, "PLUMBLINE_EMBEDDINGS": "none"}
    done = CliRunner().invoke(app, arguments, env=environment, catch_exceptions=False)
    assert json.loads(done.stdout.splitlines()[-1])["n"] == 3
