"""What the embedded servers share: started once, adopted, stopped, whoever dies when.

Under `<data dir>/<name>/`: `lock` (held around every start and stop), `owners` (held shared by every process
that uses the server), `alive` (held by the server and its keeper), `state.json` (where its socket is and
which keeper watches it) and `server.log`. All three locks are flocks: the kernel frees them however a process
ends, so no stale pid can fool us. See docs/design/002-embedded-parts.md.
"""

import asyncio
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import ClassVar

from app.adapters import embedded_keeper
from app.errors import ConfigurationError

READY_WITHIN_S = 120.0  # replaying the log after a crash takes a while on a slow disk
LOOK_EVERY_S = 0.005
LONGEST_DIRECTORY = 75  # bytes; a unix socket's whole path may have 107, on macOS 103


@dataclass(frozen=True)
class Launch:
    """How to run one server: its command, and where and as whom."""

    argv: list[str]
    cwd: str
    stop_signal: int
    user: int | None = None  # None: as ourselves
    group: int | None = None


@dataclass(frozen=True)
class State:
    """What `state.json` says about the running server."""

    runtime: str
    keeper: int


class EmbeddedServer(ABC):
    """One server of our own under `data_dir`, reached over a unix socket only.

    Any number of processes may use the same `data_dir`: the first start runs the server, later ones adopt it,
    and it stops with the last `stop`. When its users are killed, it lives on for `linger` seconds, for the
    next start to adopt.
    """

    name: ClassVar[str]
    setting: ClassVar[str]  # the environment variable that names a server of one's own instead

    def __init__(self, data_dir: Path, *, linger: float = 10.0) -> None:
        self.home = data_dir.absolute() / self.name
        self._linger = linger
        self._owned: int | None = None
        self._keeper: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def launch(self, runtime: Path) -> Launch:
        """Prepare the data where needed and say how to run the server with its socket in `runtime`."""

    @abstractmethod
    def url(self, runtime: Path) -> str | None:
        """The URL of the server whose socket is in `runtime`, or None while it does not answer there."""

    async def start(self) -> str:
        """Run the server or adopt the running one; its URL, once it answers. Starting twice is as once.

        Raises ConfigurationError with the reason and the setting that names another server.
        """
        return await asyncio.to_thread(self._start)

    async def stop(self) -> None:
        """Give the server up; if nobody else uses it, it is gone when this returns."""
        await asyncio.to_thread(self._stop)

    async def running_url(self) -> str | None:
        """The URL of the server if it runs now, without becoming one of its owners."""
        return await asyncio.to_thread(self._running_url)

    async def __aenter__(self) -> str:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def error(self, what: str) -> ConfigurationError:
        return ConfigurationError(f"The embedded {self.name} cannot run: {what}. (Or set {self.setting}.)")

    def _start(self) -> str:
        try:
            self._enter_home()
            with _held(self.home / "lock"):
                if self._owned is None:
                    self._owned = _open(self.home / "owners")
                    fcntl.flock(self._owned, fcntl.LOCK_SH)
                return self._run_or_adopt()
        except OSError as error:
            self._disown()
            raise self.error(str(error)) from error
        except BaseException:
            self._disown()
            raise

    def _enter_home(self) -> None:
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.home.stat().st_uid != os.geteuid():
            raise self.error(f"{self.home} belongs to another user; choose another --data-dir")

    def _run_or_adopt(self) -> str:
        """Loop until the server answers. While the `alive` lock is free, no process of it exists."""
        spawned = False
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            with _opened(self.home / "alive") as alive:
                if not embedded_keeper.try_lock(alive):
                    if url := self._answers():
                        return url
                else:
                    self._part_with_keeper(ended=True)
                    if spawned:
                        raise self.error(f"it ended at once; {self._last_words()}")
                    self._spawn(alive)
                    spawned = True
            time.sleep(LOOK_EVERY_S)
        raise self.error(f"it gave no answer within {READY_WITHIN_S:.0f} s; {self._last_words()}")

    def _running_url(self) -> str | None:
        if not (self.home / "state.json").exists():
            return None
        with _held(self.home / "lock"), _opened(self.home / "alive") as alive:
            return None if embedded_keeper.try_lock(alive) else self._answers()

    def _answers(self) -> str | None:
        state = self._state()
        return self.url(Path(state.runtime)) if state else None

    def _spawn(self, alive: int) -> None:
        """Start keeper and server, both holding `alive`, with the socket in a new private directory."""
        if old := self._state():
            shutil.rmtree(old.runtime, ignore_errors=True)  # of a keeper that was killed
        runtime = private_directory()
        try:
            launch = self.launch(runtime)
        except BaseException:
            shutil.rmtree(runtime, ignore_errors=True)
            raise
        spec = asdict(launch) | {
            "linger": self._linger,
            "runtime": str(runtime),
            "alive": alive,
            "lock": str(self.home / "lock"),
            "owners": str(self.home / "owners"),
        }
        log = self.home / "server.log"
        with suppress(FileNotFoundError):
            log.replace(self.home / "server.log.old")
        with log.open("wb") as output:
            self._keeper = subprocess.Popen(
                [sys.executable, "-I", "-S", embedded_keeper.__file__, json.dumps(spec)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                env=plain_environment(),
                pass_fds=[alive],
                start_new_session=True,
            )
        fresh = self.home / "state.json.new"
        fresh.write_text(json.dumps(asdict(State(str(runtime), self._keeper.pid))))
        fresh.replace(self.home / "state.json")

    def _stop(self) -> None:
        if self._owned is None:
            return
        with _held(self.home / "lock"):
            last = embedded_keeper.try_lock(self._owned)
            self._disown()
            if last:
                self._end_server()
        self._part_with_keeper(ended=last)

    def _part_with_keeper(self, *, ended: bool) -> None:
        if self._keeper is not None:
            if ended:
                self._keeper.wait()
            else:
                self._keeper.returncode = 0  # it serves others now; Popen would warn that it still runs
            self._keeper = None

    def _end_server(self) -> None:
        asked = False
        deadline = time.monotonic() + embedded_keeper.STOP_WITHIN_S + 5
        while time.monotonic() < deadline:
            with _opened(self.home / "alive") as alive:
                if embedded_keeper.try_lock(alive):
                    return
                # Only now, while `alive` is held, is the pid surely the keeper's.
                if not asked and (state := self._state()):
                    with suppress(ProcessLookupError):
                        os.kill(state.keeper, signal.SIGTERM)
                    asked = True
            time.sleep(LOOK_EVERY_S)
        raise self.error("it does not stop; end its process by hand")

    def _disown(self) -> None:
        if self._owned is not None:
            os.close(self._owned)
            self._owned = None

    def _state(self) -> State | None:
        try:
            return State(**json.loads((self.home / "state.json").read_text()))
        except FileNotFoundError:
            return None

    def _last_words(self) -> str:
        log = self.home / "server.log"
        return f"{log} ends: {' | '.join(log.read_text(errors='replace').splitlines()[-4:])}"


def plain_environment() -> dict[str, str]:
    """What a server needs to run: none of our secrets, and nothing that would change its language or its settings."""
    kept = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"LC_ALL": "C"}


def private_directory() -> Path:
    """A new directory only we can enter, with a path short enough for a socket and passable for every user.

    The data directory may be neither: it can be deep, and as root it can lie below a closed home.
    """
    parents = [Path(tempfile.gettempdir()).resolve(), Path("/tmp").resolve()]  # noqa: S108  # by mkdtemp
    fit = [p for p in parents if len(os.fsencode(p)) <= LONGEST_DIRECTORY and open_to_all(p)]
    return Path(tempfile.mkdtemp(prefix="plumbline-", dir=(fit or parents)[0]))


def open_to_all(path: Path) -> bool:
    """Can every user of the machine reach `path`, as far as the permissions of the directories say?"""
    return all(step.stat().st_mode & 0o001 for step in (path, *path.parents))


@contextmanager
def _held(path: Path) -> Iterator[None]:
    with _opened(path) as fd:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    fd = _open(path)
    try:
        yield fd
    finally:
        os.close(fd)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
