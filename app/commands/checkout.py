"""A local checkout as what GitHub would say of it: its files, its commit, and where its pages are."""

import hashlib
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from app.adapters.github_parse import TEXT_MOST
from app.errors import ConfigurationError
from app.ports import Edition

_ORIGIN = re.compile(r"(?:https?://|ssh://)?(?:[^@/\s]+@)?([^:/\s]+)(?::\d+)?[:/](\S+?)(?:\.git)?/?")


@dataclass(frozen=True, slots=True)
class Checkout:
    """`id` is its own for ever and below zero, where no repository of GitHub has one."""

    id: int
    edition: Edition
    files: dict[str, str]


def read_checkout(folder: Path) -> Checkout:
    """Every text file that git knows or would not ignore; of a folder without git, every text file.

    Left out: symbolic links and what an archive of GitHub would be read without. ConfigurationError if nothing is left.
    """
    root = folder.resolve()
    listed = _git(root, "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    paths = [root / name for name in listed.split("\0") if name] if listed is not None else sorted(root.rglob("*"))
    files = {path.relative_to(root).as_posix(): text for path in paths if (text := _text(path)) is not None}
    if not files:
        raise ConfigurationError(f"{folder} holds no text files to index")
    commit = _git(root, "rev-parse", "HEAD") or hashlib.sha1(repr(sorted(files.items())).encode()).hexdigest()  # noqa: S324
    origin = _ORIGIN.fullmatch((_git(root, "remote", "get-url", "origin") or "").strip())
    web_url = f"https://{origin[1]}/{origin[2]}" if origin else root.as_uri()
    number = int.from_bytes(hashlib.sha256(str(root).encode(errors="replace")).digest()[:6])
    return Checkout(-1 - number, Edition(commit.strip(), web_url, private=True), files)


def _git(root: Path, *arguments: str) -> str | None:
    """None where git is missing, refuses, or the folder is not the top of a checkout."""
    if not (root / ".git").exists():
        return None
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.decode(errors="replace")


def _text(path: Path) -> str | None:
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > TEXT_MOST:
            return None
        text = path.read_bytes().decode()
    except (OSError, UnicodeDecodeError):
        return None
    return None if "\0" in text else text
