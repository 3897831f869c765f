"""Keeping a new App: its key in a file of its own, and what names it in `.env`, which only we can read.

Other lines of `.env` stay as they are, comments included. Both files appear whole or not at all.
"""

import io
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from dotenv.parser import parse_stream

from app.domain.registration import NewApp, Server

_PLAIN = re.compile(r"[\w./:,@%+=-]*")


def keep_app(app: NewApp, server: Server, *, env_file: Path, data_dir: Path) -> None:
    """Write both; OSError where this is not possible, and then `.env` is as it was."""
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = data_dir.resolve() / f"github-app-{app.app_id}.pem"
    write_privately(key, app.private_key)
    known = env_file.read_text() if env_file.exists() else ""
    write_privately(env_file.resolve(), with_values(known, app_values(app, server, private_key=str(key))))


def app_values(app: NewApp, server: Server, *, private_key: str) -> dict[str, str]:
    """The settings that name an App. `private_key` is the key's text, or where it is."""
    return {
        "GITHUB_APP_ID": str(app.app_id),
        "GITHUB_PRIVATE_KEY": private_key,
        "GITHUB_WEBHOOK_SECRET": app.webhook_secret,
        "GITHUB_API_URL": server.api_url,
        "PLUMBLINE_HANDLE": app.slug,
    }


def with_values(text: str, values: Mapping[str, str]) -> str:
    """The text of an `.env` with these values, each in the place of its last assignment or else at the end.

    An earlier assignment of such a name goes; a value of somebody's that spans lines goes or stays as a whole.
    """
    left = dict(values)
    kept: list[str] = []
    for binding in reversed(list(parse_stream(io.StringIO(text)))):
        text = binding.original.string
        if binding.key is None or binding.key not in values:
            kept.append(text)
            continue
        if binding.key in left:
            kept.append(f"{binding.key}={_quoted(left.pop(binding.key))}\n")
        blank = text[: len(text) - len(text.lstrip())]  # empty lines above belong to it, says the parser
        kept.append(blank[: blank.rfind("\n") + 1])
    before = "".join(reversed(kept))
    ended = before + ("" if before.endswith("\n") or not before else "\n")
    return ended + "".join(f"{name}={_quoted(value)}\n" for name, value in left.items())


def write_privately(path: Path, text: str) -> None:
    """Whole or not at all, readable by us alone, and owned by whom the old file belonged to."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if path.exists() and os.geteuid() == 0:
            owner = path.stat()
            os.chown(draft, owner.st_uid, owner.st_gid)
        draft.chmod(stat.S_IRUSR | stat.S_IWUSR)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _quoted(value: str) -> str:
    """As python-dotenv and shells read it. ValueError for a value that spans lines."""
    if "\n" in value or "\r" in value:
        raise ValueError("a value of .env must be one line")
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return value if _PLAIN.fullmatch(value) else f"'{escaped}'"
