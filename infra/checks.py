"""House rules that no linter knows: `make check` runs them, each problem is one line.

A rule that reviewers repeat becomes a check here.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

LONGEST_MODULE = 400
# Put together so that this file does not break the rules it states.
UNFINISHED = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3]) + r")\b")
REGISTRY = re.compile(
    "|".join(["pypi" + r"\.org", "pythonhosted" + r"\.org", "registry" + r"\.npmjs", "--" + "index-url"])
)
ADDRESS = re.compile(r"\w+://")


def problems(name: str, text: str) -> Iterator[str]:
    """What is wrong with the file `name`, a path relative to the project."""
    lines = text.splitlines()
    if name.endswith(".py") and len(lines) > LONGEST_MODULE:
        yield f"{name}: {len(lines)} lines; split it, {LONGEST_MODULE} is the limit"
    if re.fullmatch(r"docs/design/\d{3}-.*\.md", name) and not text.startswith("# "):
        yield f"{name}: a design note starts with a title"
    if name == "uv.lock":
        yield f"{name}: it is full of registry addresses; commit what `make lock` writes instead"
    for number, line in enumerate(lines, 1):
        if name.endswith(".py") and (word := UNFINISHED.search(line)):
            yield f"{name}:{number}: {word[0]}: finish it, or open an issue"
        if REGISTRY.search(line):
            yield f"{name}:{number}: a registry address; where packages come from is the machine's business"
        if name.endswith(".lock") and ADDRESS.search(line):
            yield f"{name}:{number}: an address in a lock file; hashes are enough"


def project_files(root: Path) -> Iterator[Path]:
    """What is or would be committed."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, capture_output=True, check=True, text=True).stdout
    yield from (path for name in sorted(listed.split("\0")) if name and (path := root / name).is_file())


def check(root: Path) -> list[str]:
    """Every problem in the project at `root`; files that are not text are passed over."""
    found: list[str] = []
    for path in project_files(root):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += problems(path.relative_to(root).as_posix(), text)
    return found


if __name__ == "__main__":
    sys.exit("\n".join(check(Path(__file__).resolve().parent.parent)) or 0)
