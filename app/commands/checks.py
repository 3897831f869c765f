"""The doctor's checks of what is ours: servers, files, secrets, the model, embeddings, prompts, traces."""

import asyncio
import re
import shutil
import tempfile
from pathlib import Path

from app.bootstrap import running_database, running_redis
from app.commands.findings import Finding, Mark
from app.commands.setup import ENV_FILE
from app.settings import LONGEST_PATH_SHOWN, Settings

SHORTEST_SECRET = 16
GIGABYTE = 1 << 30
FULL_BYTES, NEARLY_FULL_BYTES = GIGABYTE // 4, GIGABYTE


async def database(settings: Settings) -> list[Finding]:
    """Is there one, is its schema ours, can it search by meaning?"""
    url = await running_database(settings)
    if url is None:
        return _one("Postgres", "note", "DATABASE_URL is not set: `plumbline run` starts an embedded PostgreSQL.")
    from sqlalchemy.exc import DBAPIError

    from app.store.engine import open_database
    from app.store.migrations import HEAD, current_revision
    from app.store.vectors import MISSING, prepare

    try:
        async with open_database(url, pool_size=1) as opened:
            revision = await current_revision(opened)
            if revision is not None and revision > HEAD:
                newer = f"the schema is of a newer version ({revision}, this one knows {HEAD}): install that version."
                return _one("Postgres", "wrong", newer)
            if revision != HEAD:
                old = "the schema is not the newest: `plumbline serve` or `plumbline run` migrates it."
                return _one("Postgres", "wrong", old)
            if not await prepare(opened):
                return _one("Postgres", "note", f"reachable, schema up to date; {MISSING}.")
    except (OSError, DBAPIError, TimeoutError) as error:
        why = f"not reachable ({type(error).__name__}: {error}): start it, or check DATABASE_URL."
        return _one("Postgres", "wrong", why)
    return _one("Postgres", "ok", f"reachable{_whose(settings.database_url, settings)}, schema up to date.")


async def redis(settings: Settings) -> list[Finding]:
    """Does the bell answer?"""
    url = await running_redis(settings)
    if url is None:
        return _one("Redis", "note", "REDIS_URL is not set: `plumbline run` starts an embedded Valkey.")
    from app.adapters.arq_bell import ArqBell

    bell = ArqBell(url)
    try:
        await bell.ping()
    except Exception as error:  # noqa: BLE001  whatever the client raises, the meaning is the same
        why = f"not reachable ({error}): work still runs, but waits for the sweeper. Start it, or check REDIS_URL."
        return _one("Redis", "wrong", why)
    finally:
        await bell.close()
    return _one("Redis", "ok", f"reachable{_whose(settings.redis_url, settings)}.")


async def files(settings: Settings) -> list[Finding]:
    """Can we write where we keep things, is there room, and can nobody else read what is secret?"""
    return await asyncio.to_thread(_files, settings)


def _files(settings: Settings) -> list[Finding]:
    folder = settings.data_dir.absolute()
    place = next(each for each in (folder, *folder.parents) if each.exists())
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        why = f"{folder} cannot be written to ({error.strerror}): change its owner, or set PLUMBLINE_DATA_DIR."
        return _one("Files", "wrong", why)
    found = room(shutil.disk_usage(place).free, folder)
    found += [_readable(path) for path in _secret_files(settings) if path.stat().st_mode & 0o077]
    return found or _one("Files", "ok", f"{folder} can be written to, and there is room.")


def room(free: int, folder: Path) -> list[Finding]:
    """`free` in bytes, on the disk of `folder`."""
    if free >= NEARLY_FULL_BYTES:
        return []
    mark: Mark = "wrong" if free < FULL_BYTES else "note"
    return _one("Files", mark, f"the disk of {folder} has {free >> 20} MB left: make room, or Postgres will stop.")


def _secret_files(settings: Settings) -> list[Path]:
    key = settings.github_private_key.get_secret_value()
    named = [] if "-----BEGIN" in key or not key or len(key) > LONGEST_PATH_SHOWN else [Path(key).expanduser()]
    return [path for path in (ENV_FILE, *named) if path.is_file()]


def _readable(path: Path) -> Finding:
    return Finding("Files", "note", f"others on this machine can read {path}: `chmod 600 {path}`.")


async def webhook_secrets(settings: Settings) -> list[Finding]:
    """Could anybody sign a webhook?"""
    if not settings.github_app_id:
        return _one("Webhooks", "note", "no GitHub App: `plumbline run` starts a playground in place of GitHub.")
    secrets = settings.webhook_secrets()
    if any(len(secret) < SHORTEST_SECRET for secret in secrets):
        weak = (
            f"a webhook secret is shorter than {SHORTEST_SECRET} characters: choose a long random one, here and there."
        )
        return _one("Webhooks", "note", weak)
    return _one("Webhooks", "ok", f"{len(secrets)} webhook secret(s).")


async def model(settings: Settings) -> list[Finding]:
    """Can what is set be right? Nobody is asked."""
    key, base = settings.anthropic_api_key.get_secret_value(), settings.anthropic_base_url.rstrip("/")
    if not key:
        return _one("Model", "note", "ANTHROPIC_API_KEY is not set: the local model answers.")
    if base.endswith("/v1"):
        return _one("Model", "wrong", "ANTHROPIC_BASE_URL must not end in /v1: the client adds it.")
    if base and not re.match(r"https?://[^/\s]", base):
        return _one("Model", "wrong", "ANTHROPIC_BASE_URL must begin with https:// or http://.")
    if re.search(r"[\s\"'<>]", key) or not key.isascii():
        odd = "ANTHROPIC_API_KEY has a space, a quote or another character that no key has: copy it again."
        return _one("Model", "wrong", odd)
    if not base and not key.startswith("sk-ant-"):
        foreign = "ANTHROPIC_API_KEY does not begin with sk-ant-: it is the key of another service. Copy the right one."
        return _one("Model", "wrong", foreign)
    said = (
        "a key is set (`plumbline doctor --try` tries it): Claude decides, the local model stands in while it is down."
    )
    return _one("Model", "ok", said)


async def tried_model(settings: Settings) -> list[Finding]:
    """The same, and one question to the model of the live triage prompt."""
    found = await model(settings)
    if found[0].mark != "ok":
        return found
    from app.adapters.anthropic_try import try_key
    from app.adapters.prompt_files import PromptFiles

    name = PromptFiles(settings.prompts_dir).live("triage", "").model.partition("/")[2]
    key, base = settings.anthropic_api_key.get_secret_value(), settings.anthropic_base_url
    trouble = await try_key(api_key=key, base_url=base, model=name)
    return _one("Model", "wrong", trouble) if trouble else _one("Model", "ok", f"{name} answers.")


async def embeddings(settings: Settings) -> list[Finding]:
    """Does search go by meaning, too?"""
    from app.adapters.embedders import HOW_TO_BUNDLE, open_embedder

    async with open_embedder(settings) as embedder:
        match settings.embeddings, embedder:
            case "none", _:
                return _one("Embeddings", "note", "PLUMBLINE_EMBEDDINGS is none: search goes by words alone.")
            case _, None:
                missing = f"not installed, so search goes by words alone: {HOW_TO_BUNDLE}."
                return _one("Embeddings", "note", missing)
            case "bundled", _:
                here = f"{embedder.name}, on this machine: search goes by words and by meaning."
                return _one("Embeddings", "ok", here)
            case _:
                there = f"{embedder.name} of the service that is set (and not tried here)."
                return _one("Embeddings", "ok", there)


async def prompts(settings: Settings) -> list[Finding]:
    """Can all of them be read?"""
    from app.adapters.prompt_files import PromptFiles

    PromptFiles(settings.prompts_dir)
    return _one("Prompts", "ok", f"all of {settings.prompts_dir or 'the bundled ones'} can be read.")


async def traces(settings: Settings) -> list[Finding]:
    """Where do runs go?"""
    if not settings.langsmith_tracing:
        return _one("Traces", "note", "LANGSMITH_TRACING is not set: runs are kept in the database alone.")
    if not settings.langsmith_api_key.get_secret_value():
        return _one("Traces", "wrong", "LANGSMITH_TRACING is on, but LANGSMITH_API_KEY is empty: nothing is sent.")
    private = "whole" if settings.trace_private else "without their contents"
    said = f"LangSmith gets a redacted copy of each run, those of private repositories {private}."
    return _one("Traces", "ok", said)


def _one(part: str, mark: Mark, sentence: str) -> list[Finding]:
    return [Finding(part, mark, sentence)]


def _whose(configured: str, settings: Settings) -> str:
    return "" if configured else f", embedded under {settings.data_dir}"
