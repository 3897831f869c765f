"""What is Valkey's own: arq takes its URL, nobody else gets in, nothing is evicted."""

# ruff: noqa: ASYNC240  # nothing else runs in these loops

import os
from pathlib import Path

from arq.connections import RedisSettings, create_pool
from redis.asyncio import Redis

from app.adapters.embedded_valkey import EmbeddedValkey


async def test_arq_takes_the_url(tmp_path: Path) -> None:
    async with EmbeddedValkey(tmp_path) as url:
        pool = await create_pool(RedisSettings.from_dsn(url))
        try:
            job = await pool.enqueue_job("nothing", _job_id="one")
            assert job is not None
            assert await pool.exists("arq:job:one")
        finally:
            await pool.aclose()


async def test_it_listens_on_the_private_socket_only_and_logs_every_write(tmp_path: Path) -> None:
    async with EmbeddedValkey(tmp_path) as url, Redis.from_url(url) as valkey:
        shown: dict[str, str] = {}
        for name in ("port", "tls-port", "appendonly", "appendfsync", "maxmemory-policy"):
            shown |= await valkey.config_get(name)
        assert shown == {
            "port": "0",
            "tls-port": "0",
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
        }
        socket = Path(url.removeprefix("unix://"))
        assert socket.stat().st_mode & 0o777 == 0o700
        assert socket.parent.stat().st_uid == os.geteuid()


async def test_a_log_cut_short_by_a_crash_is_read_to_its_last_whole_write(tmp_path: Path) -> None:
    server = EmbeddedValkey(tmp_path)
    async with Redis.from_url(await server.start()) as valkey:
        await valkey.set("whole", "yes")
    await server.stop()
    (log,) = (server.home / "data/appendonlydir").glob("*.incr.aof")
    log.write_bytes(log.read_bytes() + b"*3\r\n$3\r\nSET\r\n$4\r\nhal")
    async with server as url, Redis.from_url(url) as valkey:
        assert await valkey.get("whole") == b"yes"
