"""Every write to GitHub goes through the outbox: read off the source, so that no later change walks around it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.adapters import github_http
from app.settings import Settings
from app.store import outbox
from app.teammate import publish, sweep

ROOT = Path(__file__).resolve().parents[2]
HOUSE = [path for room in ("app", "worker", "evals") for path in sorted((ROOT / room).rglob("*.py"))]
PEOPLE = {"planted.py", "listening.py"}  # benches that play people on the simulated GitHub
PRODUCT = [path for path in HOUSE if "playground" not in path.parts and path.name not in PEOPLE]
ADAPTERS = sorted((ROOT / "app/adapters").glob("github_*.py"))
WRITES = {
    *("add_labels", "remove_label", "post_comment", "edit_comment", "delete_comment"),
    *("react", "check", "redeliver"),
}
WRITERS = {
    "app/teammate/publish.py": WRITES - {"redeliver"},
    "app/teammate/sweep.py": {"edit_comment", "delete_comment"},
    "app/teammate/recover.py": {"redeliver"},
}
# The other two POSTs change nothing on a thread: minting a token, and asking a GraphQL question.
METHODS = {
    "app/adapters/github_writer.py": {"POST", "PATCH", "DELETE"},
    "app/adapters/github_auth.py": {"POST"},
    "app/adapters/github_http.py": {"POST"},
}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def called(root: Iterator[ast.AST]) -> set[str]:
    return {node.func.attr for node in root if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)}


def texts(path: Path) -> set[str]:
    return {node.value for node in nodes(path) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_only_three_verbs_call_the_writer():
    found = {name(path): WRITES & called(nodes(path)) for path in PRODUCT}
    assert {where: what for where, what in found.items() if what} == WRITERS


def test_one_adapter_changes_github():
    methods = {"POST", "PUT", "PATCH", "DELETE"}
    found = {name(path): methods & texts(path) for path in ADAPTERS}
    assert {where: what for where, what in found.items() if what} == METHODS
    mutating = {name(path) for path in ADAPTERS if any(text.lstrip().startswith("mutation") for text in texts(path))}
    assert mutating == {"app/adapters/github_writer.py"}


def test_githubkit_stays_in_its_adapter():
    importers = {
        name(path)
        for path in HOUSE
        for node in nodes(path)
        if (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("githubkit"))
        or (isinstance(node, ast.Import) and any(alias.name.startswith("githubkit") for alias in node.names))
    }
    assert importers == {"app/adapters/github_http.py"}


def test_the_client_repeats_nothing_by_itself():
    """githubkit repeats a failed POST three times unless it is told not to."""
    made = [
        {word.arg: word.value for word in node.keywords}
        for path in PRODUCT
        for node in nodes(path)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.endswith("GitHub")
    ]
    assert len(made) == 1
    [options] = made
    for switch in ("auto_retry", "follow_redirects"):
        value = options[switch]
        assert isinstance(value, ast.Constant)
        assert value.value is False
    assert "timeout" in options


def test_the_figures_of_the_protocol_agree():
    """The rooms may not import one another, but the argument of docs/design/006-effects.md needs all of these."""
    reconcile_after_s = Settings.model_fields["reconcile_after_s"].default
    killed_after_s = 10
    assert publish.EFFECT_LEASE.total_seconds() == outbox.LEASE_S
    assert outbox.SEND_WITHIN_S == publish.SURE_OF_LEASE.total_seconds() > github_http.TIMEOUT_S
    assert sweep.SWEEP_LEASE.total_seconds() == outbox.SWEEP_LEASE_S
    assert github_http.TIMEOUT_S + killed_after_s <= publish.REQUEST_LIFE.total_seconds()
    assert (publish.REQUEST_LIFE + publish.LISTING_LAG).total_seconds() <= reconcile_after_s


@pytest.mark.parametrize("loop", [ast.For, ast.While, ast.AsyncFor])
def test_no_write_stands_in_a_loop(loop):
    """The writer may ask for labels page by page, but sends each write once."""
    for node in nodes(ROOT / "app/adapters/github_writer.py"):
        if isinstance(node, loop):
            assert not called(ast.walk(node)) & {"_rest", "_mutate", "_once", "once"}
