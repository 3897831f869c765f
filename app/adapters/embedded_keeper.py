"""Starts one embedded server and stays beside it until nobody owns it any more.

`embedded_process` runs it as a script with one JSON argument, in a session of its own, so that neither Ctrl-C
nor a `kill -9` of the product reaches the server. It needs the standard library alone and starts in
milliseconds under `python -I -S`.

Ownership is an flock on a file, which the kernel drops however its holder ends. While any owner holds it
shared, the server runs. When nobody does, the keeper waits `linger` seconds for a restarted product to take
the server over, then stops it.
"""

import ctypes
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

CHECK_EVERY_S = 0.5
STOP_WITHIN_S = 60.0


@contextmanager
def abandoned(lock: int, owners: int) -> Iterator[bool]:
    """True when no owner is left; no new owner can come in before the block ends.

    `lock` is held around every change of ownership. If somebody is in the middle of one, there is an owner.
    """
    nobody = try_lock(lock) and try_lock(owners)
    try:
        yield nobody
    finally:
        fcntl.flock(owners, fcntl.LOCK_UN)
        fcntl.flock(lock, fcntl.LOCK_UN)


def try_lock(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _stop_with_keeper(stop_signal: int) -> Callable[[], None]:
    """Have Linux stop the server if even the keeper is killed, for nobody would watch it then."""
    if sys.platform != "linux":
        return lambda: None
    set_parent_death_signal = 1  # PR_SET_PDEATHSIG, prctl(2); runs after the change of user, which would clear it
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(set_parent_death_signal, stop_signal)


def _start(spec: dict[str, Any]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        spec["argv"],
        cwd=spec["cwd"],
        stdin=subprocess.DEVNULL,
        # The lock that means "alive" is inherited, so it is held as long as any process of the server exists.
        pass_fds=[spec["alive"]],
        preexec_fn=_stop_with_keeper(spec["stop_signal"]),  # noqa: PLW1509  # no threads here
        user=spec["user"],
        group=spec["group"],
        extra_groups=None if spec["user"] is None else [],
    )


def _stop(server: subprocess.Popen[bytes], stop_signal: int) -> None:
    server.send_signal(stop_signal)
    try:
        server.wait(STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        server.kill()  # both servers recover from their logs
        server.wait()


def keep(spec: dict[str, Any]) -> int:
    """Run the server of `spec` until it ends, SIGTERM asks for its end, or it is abandoned; its status."""
    wake, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    asked: list[int] = []
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGTERM, lambda number, _: asked.append(number))
    lock, owners = (os.open(spec[name], os.O_RDWR) for name in ("lock", "owners"))
    server = _start(spec)
    owned_at = time.monotonic()
    while server.poll() is None:
        if select.select([wake], [], [], CHECK_EVERY_S)[0]:
            os.read(wake, 4096)
        if asked:
            _stop(server, spec["stop_signal"])
        with abandoned(lock, owners) as nobody:
            if not nobody:
                owned_at = time.monotonic()
            elif time.monotonic() - owned_at >= spec["linger"]:
                _stop(server, spec["stop_signal"])
    shutil.rmtree(spec["runtime"], ignore_errors=True)
    return server.returncode


if __name__ == "__main__":
    sys.exit(abs(keep(json.loads(sys.argv[1]))))
