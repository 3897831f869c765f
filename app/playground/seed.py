"""The playground's default world: this project itself, with the people and a few threads that make it look lived in."""

from collections.abc import Iterator
from pathlib import Path

from app.playground.hub import Hub

REPOSITORY = "plumbline-dev/plumbline"
FOLDERS = ("app", "worker", "evals", "prompts", "infra", "docs")
SUFFIXES = frozenset(
    (
        ".py",
        ".md",
        ".toml",
        ".yml",
        ".yaml",
        ".prompt",
        ".html",
        ".css",
        ".js",
        ".graphql",
        ".json",
        ".txt",
        ".sh",
        ".svg",
    )
)
LARGEST_FILE = 200_000
SETTINGS = {
    ".github/plumbline.yml": "# How the teammate works in this repository.\n"
    "mode: auto\nduplicates: {mode: auto}\nneeds_info: {mode: auto}\n"
    "# Whoever tries it out is answered at once, and often.\n"
    "hold_minutes: 0\nnotify: {per_person: 100, per_hour: 100}\nbudget: {calls_per_person: 100}\n"
    "# What people say of its answers may become exam questions.\n"
    "data: {learn: true}\n"
}

LABELS = (
    ("bug", "Something does not work as documented"),
    ("enhancement", "A new ability or a better way"),
    ("question", "Somebody asks how something works or how to do it"),
    ("documentation", "The docs are wrong, missing or hard to find"),
    ("performance", "Too slow, or too much memory, CPU or money"),
    ("security", "Secrets, signatures, permissions, prompt injection"),
    ("duplicate", "Already reported in another issue"),
    ("needs-info", "Cannot be worked on before the author says more"),
    ("good first issue", "Small, well described, a good way into the code"),
    ("area:webhooks", "Receiving, verifying and storing deliveries"),
    ("area:worker", "The queue, leases, retries and publishing"),
    ("area:prompts", "Prompt files, versions and releases"),
    ("area:install", "Setting up, starting, configuring and upgrading"),
    ("area:playground", "The simulated GitHub and its pages"),
)


def seed_self(hub: Hub, root: Path) -> None:
    """Lay out the project under `root` as a repository; on a later start push what has changed since.

    A reset of the hub lays it out again.
    """
    hub.seed = lambda again: seed_self(again, root)
    files = dict(project_files(root)) | SETTINGS
    known = hub.state.repositories.get(REPOSITORY)
    if known is None:
        with hub.silence():
            _lay_out(hub, files)
        return
    tree = known.commits[known.branches[known.default_branch]].tree
    changed: dict[str, str | None] = {
        path: text for path, text in files.items() if known.blobs.get(tree.get(path, "")) != text
    }
    changed |= dict.fromkeys(tree.keys() - files.keys())
    if changed:
        hub.push_files(actor="ada", repo=REPOSITORY, files=changed, message="Follow the working copy")


def project_files(root: Path) -> Iterator[tuple[str, str]]:
    """The text files of the project, path -> text: no binaries, nothing large, nothing hidden or generated."""
    tops = [path for path in root.iterdir() if path.is_file()]
    inside = (path for folder in FOLDERS for path in (root / folder).rglob("*"))
    for path in sorted([*tops, *inside]):
        relative = path.relative_to(root)
        hidden = any(part.startswith(".") or part == "__pycache__" for part in relative.parts)
        named = path.suffix in SUFFIXES or path.name in ("Makefile", "Dockerfile", "LICENSE")
        if hidden or not named or not path.is_file() or path.stat().st_size > LARGEST_FILE:
            continue
        try:
            yield relative.as_posix(), path.read_bytes().decode()
        except UnicodeDecodeError:
            continue


def _lay_out(hub: Hub, files: dict[str, str]) -> None:
    hub.add_repository(
        REPOSITORY,
        files=files,
        labels=LABELS,
        owner="ada",
        roles={"grace": "member"},
        description="A teammate for GitHub repositories that is held to a plumb line.",
    )
    for login in ("visitor", "helper-bot[bot]", hub.state.app.login):
        hub.person(login)
    hub.install(account=REPOSITORY.partition("/")[0], actor="ada")
    hub.open_thread(
        actor="visitor",
        repo=REPOSITORY,
        title="Replay stops when a record has no body",
        body="I played my own export with `plumbline replay export.jsonl` and record 41 has `body: null`.\n\n"
        "Expected: the record is played with an empty body.\nActual: the command ends there.",
        labels=["bug", "area:playground"],
    )
    hub.comment(
        actor="grace",
        repo=REPOSITORY,
        number=1,
        body="Thanks, I can reproduce it with a two-line file. Taking this one.",
    )
    hub.open_thread(
        actor="grace",
        repo=REPOSITORY,
        title="Show the cost of a run on the runs page",
        body="The store has usage and cost per run. A column with a sum per day would tell us what a prompt costs.",
        labels=["enhancement"],
    )
    hub.react(actor="ada", repo=REPOSITORY, content="+1", number=2)
    hub.open_thread(
        actor="visitor",
        repo=REPOSITORY,
        kind="discussion",
        category="Ideas",
        title="Which repositories do you run this on?",
        body="I maintain three small libraries and wonder whether the defaults are quiet enough for them.",
    )
