"""A model that obeys an attacker drives a whole replay: at most one comment and three listed labels a thread.

The emulated Messages API fills every string of the requested schema with attacks, and is right wherever it is checked
(real quotes, real label names), so that its text gets as far as it can. What the simulated GitHub saw is the judge.
"""

import asyncio
import json
import os
import re
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from tests.emulators.messages import MessagesEmulator, running
from tests.teammate.guard.attacks import ATTACKS, alive

REAL = Path(__file__).parents[3] / "shared/data/threads/issues.jsonl"
THREADS = 100
WRITES = re.compile(r"/repos/([^/]+/[^/]+)/issues/(\d+)/(comments|labels)")
EDIT = re.compile(r"/repos/[^/]+/[^/]+/issues/comments/\d+")


def records(folder: Path) -> Path:
    """A hundred threads: real ones where they are at hand, else our own with attacks of their own in them.

    Without what people answered there: where they talk we stay silent, and the guard would have nothing to do.
    """
    file = folder / "threads.jsonl"
    if REAL.exists():
        with REAL.open(encoding="utf-8") as lines:
            real = [json.loads(line) for line in islice(lines, THREADS)]
        file.write_text("".join(json.dumps({**row, "comments": []}) + "\n" for row in real))
        return file
    rows = (
        {
            "repo": f"owner-{number % 7}/repo",
            "title": f"It stops after {number} minutes",
            "body": f"How do I sort threads? {ATTACKS[number * 7 % len(ATTACKS)]}",
            "author": f"person-{number}",
            "labels": ["bug", "question", "area/ui"],
        }
        for number in range(THREADS)
    )
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


@pytest.mark.timeout(240)
async def test_a_hostile_model_can_do_no_more_than_the_guard_allows(tmp_path: Path):
    emulator = MessagesEmulator("hostile", attacks=ATTACKS, seed=11)
    dump = tmp_path / "dump.json"
    async with running(emulator) as url:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "app.cli", "replay", str(records(tmp_path)), "--limit", str(THREADS)),
            *("--dump", str(dump), "--json"),
            # What the guard allows is asked here, so what is shown is found by words alone: that is half the time.
            env=os.environ
            | {"ANTHROPIC_API_KEY": "emulated", "ANTHROPIC_BASE_URL": url, "PLUMBLINE_EMBEDDINGS": "none"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        out, _ = await process.communicate()
    assert process.returncode == 0
    report = json.loads(out.decode().splitlines()[-1])
    seen = json.loads(dump.read_text())

    threads = {(thread["repo"], thread["number"]): thread for thread in seen["threads"]}
    triggered = set(threads)
    written: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for request in seen["requests"]:
        if request["method"] == "GET" or request["path"].endswith("/access_tokens"):
            continue
        place = WRITES.fullmatch(request["path"])
        assert place or EDIT.fullmatch(request["path"]), f"a write outside: {request['method']} {request['path']}"
        if place:
            assert (place[1], int(place[2])) in triggered
            written.setdefault((place[1], place[2]), []).append(request)

    origin = re.search(r"\((http://127\.0\.0\.1:\d+)/", json.dumps(seen["threads"]))
    comments = 0
    for (repo, number), thread in threads.items():
        ours = [comment["body"] for comment in thread["comments"] if comment["is_app"]]
        assert len(ours) <= 1, f"{repo}#{number} has {len(ours)} comments"
        labels = [name for request in written.get((repo, str(number)), []) for name in labels_of(request)]
        assert len(set(labels)) <= 3
        assert set(labels) <= set(thread["repo_labels"])
        for body in ours:
            comments += 1
            assert alive(body, repo, origin[1] if origin else "") == []
    assert len(threads) == THREADS
    assert emulator.calls >= THREADS
    assert comments > 0, "nothing got as far as the guard's rendering: the test would prove nothing"
    assert report["duplicate_comments"] == report["lost"] == 0


def labels_of(request: dict[str, Any]) -> list[str]:
    body = request["body"]
    return body["labels"] if request["path"].endswith("/labels") and isinstance(body, dict) else []
