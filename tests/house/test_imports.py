"""What import-linter cannot say: what may be imported, as a list, and what a process really loads."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

LOAD_ALL = """
import importlib, pkgutil, sys
package = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    importlib.import_module(module.name)
print(*sorted(set(sys.argv[2:]) & set(sys.modules)))
"""


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            if node.module == "app":
                yield from (f"app.{alias.name}" for alias in node.names)
            else:
                yield str(node.module)


def foreign(room: str, *allowed: str) -> list[str]:
    """Imports of `app/<room>` that are neither the standard library nor at or below an allowed name."""
    return [
        f"{path.relative_to(ROOT)}: {name}"
        for path in sorted((ROOT / "app" / room).rglob("*.py"))
        for name in imports(path)
        if name.split(".")[0] not in sys.stdlib_module_names
        and not any(name == each or name.startswith(f"{each}.") for each in allowed)
    ]


def test_the_domain_is_the_standard_library_and_pydantic() -> None:
    assert foreign("domain", "pydantic", "app.domain") == []


@pytest.mark.parametrize(("room", "below"), [("teammate", ["app.knowledge"]), ("knowledge", [])])
def test_of_ours_verbs_and_knowledge_import_the_domain_the_ports_and_the_errors(room: str, below: list[str]) -> None:
    """Verbs may use knowledge, which is pure as well; knowledge knows no verbs."""
    found = foreign(room, f"app.{room}", "app.domain", "app.ports", "app.errors", *below)
    assert [each for each in found if ": app" in each] == []


@pytest.mark.parametrize(
    ("package", "unwanted"),
    [
        ("worker", ["fastapi"]),
        ("app.web", ["anthropic", "githubkit", "arq.worker", "langsmith"]),
        ("app.teammate", ["anthropic", "githubkit", "arq", "fastapi", "sqlalchemy", "httpx", "redis"]),
    ],
)
def test_what_a_process_loads(package: str, unwanted: list[str]) -> None:
    """Imports inside functions are not meant: they are how bootstrap serves two processes."""
    command = [sys.executable, "-c", LOAD_ALL, package, *unwanted]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr[-2000:]
