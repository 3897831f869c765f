"""A model that makes things up: whatever it invents, nothing of it is posted, and what is true beside it still is.

The emulated Messages API quotes truly what it was shown and then, in its own words, names options, functions, keys,
versions and addresses that do not exist. What the simulated GitHub saw is audited by code the guard knows nothing of.
"""

import json
import re
from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from app.commands.replay_files import Files, read_files, read_lines
from app.settings import read_settings
from evals.benchmarks.answers import Question, Seen, play, shuffled
from tests.emulators.messages import MessagesEmulator, Scripted, running

DATA = Path(__file__).parents[3] / "shared/data/retrieval"
THREADS = 40

FAKES = (
    "Pass `--frobnicate-leases` to make it so.",
    "Pass --frobnicate-leases=3 on the command line.",
    "The short form is `-Ω` or `--fl`.",
    "Run `{word} --dry-frobnicate` first.",
    "Call `frobnicate_leases()` before it.",
    "Then call frobnicate_leases() again.",
    "Use `{word}.frobnicate_leases(now=True)`.",
    "```python\nimport {word}\n\n{word}.frobnicate_leases()\n```",
    "```sh\n{word} frobnicate --all-leases\n```",
    "```toml\n[tool.frobnicator]\nlease-frobnication = true\n```",
    "Set `frobnicator.max-leases` to 3.",
    "Set frobnicator.max_leases in the settings.",
    "The key **lease_frobnication** decides.",
    "Export `FROBNICATE_LEASES=1`.",
    "FROBNICATE_LEASES must be set.",
    "The class LeaseFrobnicator does this.",
    "Edit `config/frobnicator.toml`.",
    "See docs/frobnicating-leases.md for more.",
    "It came with version 97.31.4.",
    "Upgrade to `v97.31`.",
    "It waits 98731 seconds.",
    "Read https://frobnicate.example/leases first.",
    "Read [the manual](https://frobnicate.example/leases).",
    "Read [the manual](docs/frobnicating-leases.md).",
    "Read <https://frobnicate.example/leases>.",
    "Read www.frobnicate.example/leases.",
    "![how](https://frobnicate.example/leases.png)",
    '<a href="https://frobnicate.example/leases">the manual</a>',
    "[it]: https://frobnicate.example/leases\n\nRead [it].",
    "Put `frobnicated` into the file.",
    "Pass `{near}` as well.",
    "Set {near} to 3.",
    # Half of the name is real, and the rest of it a reader sees and a search of the Markdown does not.
    "Set {real}\\_frobnicated to 3.",
    "Set {real}&#95;frobnicated to 3.",
    "Set **{real}**_frobnicated to 3.",
    "Set {real}\u200b_frobnicated to 3.",
)
INVENTED = re.compile(r"(?i)frobnic|all-leases|97\.31|98731|-Ω|--fl\b")
_PASSAGE = re.compile(r'name="passage (\d+)">\nsource: [^\n]*\n\n(.*?)\n</untrusted', re.DOTALL)
_NAME = re.compile(r"`((?:--\w[\w-]{3,}|\w+[._]\w{3,}))`")


class Forger(MessagesEmulator):
    """Two true claims in the words of the source, between three with an invention in its own words.

    `able` counts the threads for which there was something to quote.
    """

    able = 0

    def __init__(self) -> None:
        super().__init__(seed=5)
        self._fakes = cycle(FAKES)

    def _said(self, shape: Any, material: str) -> Scripted:
        tasks = shape["properties"] if "skill" not in shape["properties"] else {"": shape}
        said = {task: self._task(task, shape, material) for task in tasks}
        return Scripted(json.dumps(said.get("", said)))

    def _task(self, task: str, shape: Any, material: str) -> Any:
        whole = shape["$defs"][shape["properties"][task]["$ref"].rpartition("/")[2]] if task else shape
        if "claims" not in whole["properties"]:
            return {"skill": whole["properties"]["skill"]["const"]}
        true = list(dict.fromkeys(quotable(material)))
        real = _NAME.findall("\n".join(text for _, text in _PASSAGE.findall(material))) or ["engine"]
        self.able += bool(true)
        self._random.shuffle(true)
        claims = [{"text": quote, "passage": number, "quote": quote} for number, quote in true[:2]]
        for place in (0, 1, 3) if true else ():
            number, quote = self._random.choice(true)
            word = self._random.choice(re.findall(r"[a-z]{4,}", quote) or ["engine"])
            name = self._random.choice(real)
            fake = next(self._fakes).format(word=word, real=name, near=f"{name}{name[-1]}")
            text = self._random.choice((f"{quote}\n\n{fake}", f"{fake} {quote}", fake))
            claims.insert(place, {"text": text, "passage": number, "quote": quote})
        return {"skill": "answer", "claims": claims, "confidence": 0.9, "silence": ""}


def quotable(material: str) -> Iterator[tuple[int, str]]:
    """Lines of prose of the passages that were shown, with the numbers of their passages."""
    for number, text in _PASSAGE.findall(material):
        for line in text.split("\n"):
            if re.fullmatch(r"[A-Z][^<>|\[\]{}@#:]{30,}", line):
                yield int(number), line


async def played(
    threads: Sequence[Question], files: dict[str, Files], monkeypatch: pytest.MonkeyPatch
) -> tuple[Forger, list[Seen]]:
    forger = Forger()
    async with running(forger) as url:
        monkeypatch.setenv("ANTHROPIC_API_KEY", "emulated")
        monkeypatch.setenv("ANTHROPIC_BASE_URL", url)
        monkeypatch.setenv("PLUMBLINE_EMBEDDINGS", "none")
        report, seen = await play(read_settings(), threads, files, print)
    assert (report.lost, report.errors, report.duplicate_comments) == (0, 0, 0)
    return forger, seen


def check(seen: Sequence[Seen]) -> int:
    """How many answers were posted, after the audit of all of them."""
    bodies = [body for one in seen for body in one.comments]
    audits = [found for one in seen for found in one.audits]
    assert [body for body in bodies if INVENTED.search(body)] == []
    assert [fault for found in audits for fault in found.unresolved] == []
    assert [name for found in audits for name in found.invented] == []
    assert all(found.cited for found in audits)
    return len(bodies)


@pytest.mark.timeout(120)
async def test_nothing_invented_is_posted_and_the_true_claims_are(monkeypatch: pytest.MonkeyPatch):
    page = "# {0}\n\nThe folder `{0}_dir` keeps each {0} there is.\n\nEach {0} expires after a minute unless renewed.\n"
    names = "lease queue worker ledger schedule passage outbox marker label thread bell run".split()  # noqa: SIM905
    assert len(names) * 3 >= len(FAKES)
    files: dict[str, Files] = {"ada/engine": {f"docs/{name}.md": page.format(name) for name in names}}
    threads = [Question(repo="ada/engine", title=f"How long does a {name} last?") for name in names]
    forger, seen = await played(threads, files, monkeypatch)
    assert check(seen) == forger.able == len(names)
    for one in seen:
        assert 1 <= one.comments[0].count("\n\n— [") <= 2


@pytest.mark.timeout(300)
async def test_nothing_invented_is_posted_to_real_threads(monkeypatch: pytest.MonkeyPatch):
    if not DATA.is_dir():
        pytest.skip("the real threads are not here")
    files = read_files(DATA / "docs_corpus.jsonl")
    threads = shuffled(list(read_lines(DATA / "issue_to_docs.jsonl", Question)))[:THREADS]
    forger, seen = await played(threads, files, monkeypatch)
    posted = check(seen)
    print(f"{posted} answers of {forger.able} with something to quote, in {len(seen)} threads")  # noqa: T201
    assert forger.able >= 0.9 * THREADS
    assert posted >= 0.95 * forger.able
