"""The doctor finds what is wrong, says how to mend it, and shows no secret to anybody."""

import json
import sys
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from app.adapters.minilm import bundled_directory
from app.commands.checks import GIGABYTE, room
from app.commands.doctor import CHECKS, examine, findings, shown
from app.commands.findings import Finding
from app.store.migrations import migrate
from tests.commands.shell import given
from tests.emulators.messages import MessagesEmulator
from tests.emulators.messages import running as running_claude

NOWHERE = "127.0.0.1:1"


async def finding(part: str, **chosen: Any) -> Finding:
    (found,) = (one for one in await findings(given(**chosen)) if one.part == part)
    return found


async def test_a_fresh_checkout_has_nothing_wrong_and_much_to_say():
    found = await findings(given())
    assert [one.part for one in found] == [part for part, _ in CHECKS]
    marks = {one.part: one.mark for one in found}
    assert marks.pop("Prompts") == "ok"
    assert marks.pop("Files") == "ok"
    assert marks.pop("Embeddings") == ("ok" if bundled_directory() else "note")
    assert set(marks.values()) == {"note"}


async def test_the_database(database_url: str, empty_database_url: str):
    assert (await finding("Postgres", database_url=database_url)).mark == "ok"
    old = await finding("Postgres", database_url=empty_database_url)
    assert (old.mark, "not the newest" in old.sentence) == ("wrong", True)
    connection = await asyncpg.connect(empty_database_url)
    await connection.execute("create table alembic_version as select '9999' as version_num")
    await connection.close()
    newer = await finding("Postgres", database_url=empty_database_url)
    assert (newer.mark, "of a newer version (9999" in newer.sentence) == ("wrong", True)
    gone = await finding("Postgres", database_url=f"postgresql://me:hunter2-hunter2@{NOWHERE}/x")
    assert (gone.mark, "check DATABASE_URL" in gone.sentence) == ("wrong", True)
    assert "hunter2" not in gone.sentence
    assert (await finding("Postgres", database_url="mysql://x")).sentence.startswith("DATABASE_URL must be")


async def test_redis(redis_url: str):
    assert await finding("Redis", redis_url=redis_url) == Finding("Redis", "ok", "reachable.")
    gone = await finding("Redis", redis_url=f"redis://{NOWHERE}")
    assert (gone.mark, "not reachable" in gone.sentence) == ("wrong", True)


async def test_embedded_servers_that_run_are_looked_at(postgres_url: str, valkey_url: str, servers_dir: Path):
    assert (await finding("Postgres", data_dir=servers_dir)).mark != "note"
    valkey = await finding("Redis", data_dir=servers_dir)
    assert valkey == Finding("Redis", "ok", f"reachable, embedded under {servers_dir}.")


@pytest.mark.parametrize(
    ("secret", "mark", "said"),
    [("", "wrong", "is empty"), ("tiny", "note", "shorter than 16"), ("0123456789abcdef,fedcba9876543210", "ok", "2 ")],
)
async def test_webhook_secrets(secret: str, mark: str, said: str):
    found = await finding("Webhooks", github_app_id=7, github_webhook_secret=secret)
    assert (found.mark, said in found.sentence) == (mark, True)


async def test_the_model():
    good = await finding("Model", anthropic_api_key="sk-ant-x")
    assert (good.mark, "--try" in good.sentence) == ("ok", True)


@pytest.mark.parametrize(
    ("key", "base", "said"),
    [
        ("x", "http://here/v1/", "must not end in /v1"),
        ("x", "here", "must begin with https://"),
        ("'sk-ant-x'", "", "a quote"),
        ("sk-ant-x y", "", "a space"),
        ("sk-proj-x", "", "does not begin with sk-ant-"),
    ],
)
async def test_what_no_key_and_no_address_can_be(key: str, base: str, said: str):
    found = await finding("Model", anthropic_api_key=key, anthropic_base_url=base)
    assert (found.mark, said in found.sentence) == ("wrong", True)


async def test_a_key_is_tried_when_asked_for():
    async def tried(key: str, base: str) -> Finding:
        found = await findings(given(anthropic_api_key=key, anthropic_base_url=base), tried=True)
        return next(one for one in found if one.part == "Model")

    claude = MessagesEmulator("scripted", api_key="right")
    async with running_claude(claude) as url:
        assert (await tried("right", url)).mark == "ok"
        refused = await tried("wrong", url)
        assert (refused.mark, "make a new one" in refused.sentence) == ("wrong", True)
        assert "knows no" in (await tried("right", f"{url}/elsewhere")).sentence
    assert claude.requests[0]["max_tokens"] == 16
    assert "nothing answers" in (await tried("right", f"http://{NOWHERE}")).sentence


async def test_files(tmp_path: Path):
    occupied = tmp_path / "occupied"
    occupied.touch()
    closed = await finding("Files", data_dir=occupied / "data")
    assert (closed.mark, "PLUMBLINE_DATA_DIR" in closed.sentence) == ("wrong", True)
    (tmp_path / ".env").touch(mode=0o644)
    key = tmp_path / "key.pem"
    key.touch(mode=0o640)
    found = await findings(given(data_dir=tmp_path / "data", github_private_key=str(key)))
    open_ = [one.sentence for one in found if one.part == "Files"]
    assert len(open_) == 2
    assert f"`chmod 600 {key}`" in open_[1]
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(("free", "marks"), [(GIGABYTE, []), (GIGABYTE - 1, ["note"]), (GIGABYTE // 8, ["wrong"])])
def test_the_disk(free: int, marks: list[str]):
    assert [one.mark for one in room(free, Path("data"))] == marks


async def test_embeddings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert (await finding("Embeddings", embeddings="none")).sentence.startswith("PLUMBLINE_EMBEDDINGS is none")
    service = await finding("Embeddings", embeddings=f"https://{NOWHERE}", embeddings_model="small-1")
    assert service == Finding("Embeddings", "ok", "small-1 of the service that is set (and not tried here).")
    assert "EMBEDDINGS_MODEL" in (await finding("Embeddings", embeddings=f"https://{NOWHERE}")).sentence
    assert (await finding("Embeddings", embeddings="bundle")).mark == "wrong"
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert "`make install` tries again" in (await finding("Embeddings")).sentence
    (tmp_path / "share/plumbline/minilm-1").mkdir(parents=True)
    assert (await finding("Embeddings")).sentence.startswith("minilm-1, on this machine")


async def test_prompts(tmp_path: Path):
    found = await finding("Prompts", prompts_dir=tmp_path)
    assert (found.mark, "PLUMBLINE_PROMPTS_DIR must hold live.toml" in found.sentence) == ("wrong", True)


async def test_traces():
    assert (await finding("Traces", langsmith_tracing=True)).mark == "wrong"
    careful = await finding("Traces", langsmith_tracing=True, langsmith_api_key="lsv2-x")
    assert (careful.mark, "without their contents" in careful.sentence) == ("ok", True)
    open_ = await finding("Traces", langsmith_tracing=True, langsmith_api_key="lsv2-x", trace_private=True)
    assert "whole" in open_.sentence


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("", "not set"),
        (None, "not set"),
        (0, "not set"),
        (0.0, "0.0"),
        (8, "8"),
        (True, "on"),
        (False, "off"),
        ((), "not set"),
    ],
)
def test_how_a_setting_is_shown(value: object, text: str):
    assert shown(value) == text


@pytest.mark.parametrize("as_json", [True, False])
async def test_no_secret_is_printed(as_json: bool, capsys: pytest.CaptureFixture[str]):
    settings = given(
        database_url=f"postgresql://me:hunter2-hunter2@{NOWHERE}/x",
        redis_url=f"redis://:hunter2-hunter3@{NOWHERE}",
        github_app_id=7,
        github_private_key="hunter2-hunter4" * 20,
        github_webhook_secret="hunter2-hunter5",
        anthropic_api_key="hunter2-hunter6",
        anthropic_base_url=f"http://me:hunter2-hunter7@{NOWHERE}",
        langsmith_api_key="hunter2-hunter8",
        embeddings_key="hunter2-hunter9",
    )
    assert await examine(settings, as_json=as_json) == 1
    printed = capsys.readouterr().out
    assert "hunter2" not in printed
    assert "[redacted]" in printed


async def test_json_is_the_last_line_and_names_every_setting(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    assert await examine(given(data_dir=tmp_path / "[red]"), as_json=True) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert set(told) == {"findings", "settings"}
    assert {
        name: told["settings"][name] for name in ("DATABASE_URL", "PLUMBLINE_HANDS", "PLUMBLINE_TRACE_PRIVATE")
    } == {
        "DATABASE_URL": "not set",
        "PLUMBLINE_HANDS": "8",
        "PLUMBLINE_TRACE_PRIVATE": "off",
    }
    assert {"LANGSMITH_API_KEY", "LANGSMITH_ENDPOINT", "LANGSMITH_PROJECT"} <= told["settings"].keys()
    assert set(told["findings"][0]) == {"part", "mark", "sentence"}


async def test_brackets_in_a_value_are_text_not_markup(capsys: pytest.CaptureFixture[str]):
    await examine(given(handle="[/red]x[bold]"), as_json=False)
    assert "[/red]x[bold]" in capsys.readouterr().out


async def test_a_database_without_pgvector_is_said(empty_database_url: str):
    await migrate(empty_database_url)
    connection = await asyncpg.connect(empty_database_url)
    await connection.execute("drop extension vector cascade; drop table passage_vectors, thread_vectors")
    await connection.execute("create role patient login; grant all on all tables in schema public to patient")
    try:
        found = await finding("Postgres", database_url=empty_database_url.replace("plumbline@", "patient@"))
    finally:
        await connection.execute("drop owned by patient; drop role patient")
        await connection.close()
    assert (found.mark, "pgvector" in found.sentence) == ("note", True)
