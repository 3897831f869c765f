"""Git's object names and archives over flat maps of text files, so that permalinks and trees look like the real ones.

Source of the formats: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects.
"""

import gzip
import hashlib
import io
import tarfile
from collections.abc import Mapping
from datetime import datetime
from difflib import unified_diff


def blob_sha(text: str) -> str:
    return _object_sha("blob", text.encode())


def tree_shas(files: Mapping[str, str]) -> dict[str, str]:
    """Every directory of a flat tree (path -> blob sha) with its tree sha; the root is the empty string."""
    children: dict[str, dict[str, str | None]] = {"": {}}
    for path, sha in files.items():
        parts = path.split("/")
        for depth in range(1, len(parts)):
            directory = "/".join(parts[:depth])
            children.setdefault(directory, {})
            children["/".join(parts[: depth - 1])][parts[depth - 1]] = None
        children["/".join(parts[:-1])][parts[-1]] = sha
    shas: dict[str, str] = {}
    for directory in sorted(children, key=lambda name: (name.count("/"), len(name)), reverse=True):
        # Git sorts entries as if the names of directories ended in a slash.
        entries = sorted(children[directory].items(), key=lambda item: item[0] + ("/" if item[1] is None else ""))
        raw = b"".join(
            (b"40000 " if blob is None else b"100644 ")
            + name.encode()
            + b"\0"
            + bytes.fromhex(blob or shas[f"{directory}/{name}".lstrip("/")])
            for name, blob in entries
        )
        shas[directory] = _object_sha("tree", raw)
    return shas


def commit_sha(*, tree: str, parents: list[str], author: str, at: datetime, message: str) -> str:
    who = f"{author} <{author}@users.noreply.github.com> {int(at.timestamp())} +0000"
    lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents), f"author {who}", f"committer {who}"]
    return _object_sha("commit", ("\n".join(lines) + f"\n\n{message}").encode())


def tarball(prefix: str, files: Mapping[str, str]) -> bytes:
    """A gzipped tar of path -> text under one top folder, as GitHub's archive links serve it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, text in sorted(files.items()):
            data = text.encode()
            info = tarfile.TarInfo(f"{prefix}/{path}")
            info.size = len(data)
            info.mode = 0o644
            tar.addfile(info, io.BytesIO(data))
    return gzip.compress(buffer.getvalue(), compresslevel=1, mtime=0)


def patch(old: str | None, new: str | None) -> tuple[str, int, int]:
    """A unified diff without file headers, with its added and removed lines: one file of a pull request."""
    lines = list(unified_diff((old or "").splitlines(), (new or "").splitlines(), lineterm=""))[2:]
    added = sum(line.startswith("+") for line in lines)
    removed = sum(line.startswith("-") for line in lines)
    return "\n".join(lines), added, removed


def _object_sha(kind: str, data: bytes) -> str:
    header = f"{kind} {len(data)}\0".encode()
    return hashlib.sha1(header + data, usedforsecurity=False).hexdigest()
