"""Bootstrap chooses what the settings say, opens it in order and closes all of it."""

import hashlib
import hmac
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.adapters.anthropic_model import AnthropicModel
from app.adapters.langsmith_tracer import LangSmithTracer, NoTracer
from app.adapters.local_model import LocalModel
from app.bootstrap import (
    accepted_secrets,
    literal_secrets,
    open_web,
    parts_over,
    require_database,
    require_servers,
    running_redis,
    web_origin,
)
from app.errors import ConfigurationError
from app.playground.control import environment
from app.settings import Settings, variable
from app.store.engine import Database
from app.teammate.decide import FallbackModel
from tests.fixtures_playground import running_playground


def settings(**given: Any) -> Settings:
    return Settings.model_validate(given)


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings but those that a test gives."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(variable(name), raising=False)


@pytest.mark.parametrize(
    ("api", "origin"),
    [
        ("https://api.github.com", "https://github.com"),
        ("https://ghe.example.com/api/v3", "https://ghe.example.com"),
        ("http://127.0.0.1:8090", "http://127.0.0.1:8090"),
    ],
)
def test_where_browsers_go(api: str, origin: str):
    assert web_origin(api) == origin


def test_literal_secrets_are_all_that_have_no_shape_of_their_own():
    found = literal_secrets(
        settings(
            github_webhook_secret="new-secret-1,old-secret-1,short",
            anthropic_api_key="sk-ant-secret",
            langsmith_api_key="lsv2-secret",
            database_url="postgresql://me:p%40ssword-1@host/db?password=another-one",
            redis_url="redis://:redis-password@host:6379/0",
        )
    )
    assert set(found) == {
        *("new-secret-1", "old-secret-1", "sk-ant-secret", "lsv2-secret"),
        *("p%40ssword-1", "p@ssword-1", "another-one", "redis-password"),
    }


def test_without_secrets_there_are_none():
    assert literal_secrets(settings(database_url="postgresql:///db", redis_url="unix:///run/x.sock")) == ()


def test_an_address_that_is_none_is_one_sentence_without_it():
    with pytest.raises(ConfigurationError, match="DATABASE_URL is no address") as caught:
        literal_secrets(settings(database_url="postgresql://me:pa[ss@host/db"))
    assert "pa[ss" not in str(caught.value)


def test_serve_and_worker_name_every_server_that_is_missing():
    with pytest.raises(ConfigurationError, match=r"DATABASE_URL and REDIS_URL must be set.*`plumbline run`"):
        require_servers(settings())
    with pytest.raises(ConfigurationError, match=r"^REDIS_URL must be set"):
        require_servers(settings(database_url="postgresql:///db"))
    require_servers(settings(database_url="postgresql:///db", redis_url="redis://host"))


async def test_the_database_is_the_configured_one_or_the_embedded_one_that_runs(
    postgres_url: str, valkey_url: str, servers_dir: Path, tmp_path: Path
):
    assert await require_database(settings(database_url="postgresql:///mine", data_dir=servers_dir)) == (
        "postgresql:///mine"
    )
    assert await require_database(settings(data_dir=servers_dir)) == postgres_url
    assert await running_redis(settings(data_dir=servers_dir)) == valkey_url
    with pytest.raises(ConfigurationError, match=f"start `plumbline run` with the data directory {tmp_path}"):
        await require_database(settings(data_dir=tmp_path))
    with pytest.raises(OSError):
        tmp_path.joinpath("postgres").stat()  # a question leaves nothing behind


def connected(hub_environment: dict[str, str], database_url: str, redis_url: str, **more: Any) -> Settings:
    github = {name.lower(): value for name, value in hub_environment.items()}
    return settings(database_url=database_url, redis_url=redis_url, **github, **more)


async def test_parts_without_keys_are_local(database: Database, database_url: str, redis_url: str):
    async with running_playground() as (hub, url):
        given = connected(environment(hub), database_url, redis_url, handle="helper", hands_per_repository=2)
        async with parts_over(given, database) as parts:
            assert isinstance(parts.model, LocalModel)
            assert isinstance(parts.tracer, NoTracer)
            assert (parts.app_login, parts.handle, parts.web_origin) == (hub.state.app.login, "helper", url)
            assert hub.state.app.webhook_secret in parts.secrets
            await parts.bell.work([1])
            again = parts.marker_key
        async with parts_over(given, database) as parts:
            assert parts.marker_key == again


async def test_parts_with_keys_are_claude_and_langsmith_and_both_are_closed(
    database: Database, database_url: str, redis_url: str
):
    async with running_playground() as (hub, _):
        given = connected(
            environment(hub),
            database_url,
            redis_url,
            anthropic_api_key="sk-ant-x",
            anthropic_base_url="http://127.0.0.1:9",
            langsmith_tracing=True,
            langsmith_api_key="lsv2-x",
            langsmith_endpoint="http://127.0.0.1:9",
            langsmith_project="mine",
            trace_private=True,
        )
        async with parts_over(given, database) as parts:
            assert isinstance(parts.model, FallbackModel)
            claude = parts.model._primary
            assert isinstance(claude, AnthropicModel)
            assert not claude._client.is_closed()
            tracer = parts.tracer
            assert isinstance(tracer, LangSmithTracer)
            assert (tracer._api_key, tracer._endpoint, tracer._project, tracer._include_private) == (
                *("lsv2-x", "http://127.0.0.1:9", "mine"),
                True,
            )
        assert claude._client.is_closed()
        assert tracer._closing.is_set()


async def test_a_wrong_key_is_said_before_anything_is_asked(database: Database, database_url: str, redis_url: str):
    given = settings(database_url=database_url, redis_url=redis_url, github_app_id=7, github_private_key="gone.pem")
    with pytest.raises(ConfigurationError, match=r"'gone\.pem' cannot be read"):
        async with parts_over(given, database):
            pass


async def test_the_web_process_answers_from_the_real_store(database_url: str, redis_url: str):
    given = settings(
        database_url=database_url, redis_url=redis_url, github_webhook_secret="s", playground_url="http://127.0.0.1:1"
    )
    async with open_web(given) as app:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://plumbline.test") as client:
            assert (await client.get("/readyz")).json()["status"] == "ready"
            home = await client.get("/")
            assert "No run yet" in home.text
            assert 'href="http://127.0.0.1:1"' in home.text
            assert "No summary" in (await client.get("/repositories/ada/engine")).text
            assert (await client.get("/setup")).status_code == 403
            here = await client.get("http://127.0.0.1:8000/setup")
            assert "http://127.0.0.1:8000/webhooks/github" in here.text


async def test_the_web_process_does_not_open_without_the_apps_secret(database_url: str, redis_url: str):
    with pytest.raises(ConfigurationError, match="GITHUB_WEBHOOK_SECRET is empty"):
        async with open_web(settings(database_url=database_url, redis_url=redis_url, github_app_id=7)):
            pass


async def test_before_there_is_an_app_nobody_can_sign_a_webhook(database_url: str, redis_url: str):
    given = settings(database_url=database_url, redis_url=redis_url)
    assert accepted_secrets(given) != accepted_secrets(given)
    async with open_web(given) as app, httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        body = b"{}"
        for secret in (b"", b"None"):
            signature = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
            headers = {"x-hub-signature-256": signature}
            answer = await client.post("http://127.0.0.1/webhooks/github", content=body, headers=headers)
            assert answer.status_code == 401
