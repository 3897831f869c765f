"""The bench deals strangers alike every time, counts what was seen, and plays threads through the whole product."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from app.commands.replay import Report
from app.commands.replay_files import Record
from app.errors import ConfigurationError
from evals.benchmarks.answers import Question, Seen, deal, figures, measure, shuffled
from evals.benchmarks.audit import Audit
from tests.commands.shell import given, plumbline

FILES = {"ada/engine": {"docs/lease.md": "# Lease"}, "ada/other": {"docs/queue.md": "# Queue"}}
ASKED = [Question(repo="ada/engine", title="a", gold_paths=("x",)), Question(repo="Ada/Other", title="b")]


# --- dealing -----------------------------------------------------------------------------------------------


def test_strangers_are_dealt_evenly_alike_every_time_and_from_as_many_projects_as_there_are():
    threads = [Record(repo=f"b/{number % 3}", title=str(number), author="bob") for number in range(30)]
    dealt = deal(threads, ASKED, FILES, 6)
    assert dealt == deal(threads, ASKED, FILES, 6)
    assert Counter(one.repo for one in dealt) == {"ada/engine": 3, "Ada/Other": 3}
    assert Counter(int(one.title) % 3 for one in dealt) == {0: 2, 1: 2, 2: 2}
    assert {one.author for one in dealt} == {None}


def test_threads_of_a_repository_whose_pages_are_there_are_no_strangers_and_there_may_be_few():
    threads = [Record(repo="ADA/Engine", title="no"), Record(repo="b/c", title="yes")]
    assert [one.title for one in deal(threads, ASKED, FILES, 5)] == ["yes"]
    assert deal(threads, ASKED, FILES, 0) == []


def test_questions_to_a_repository_without_pages_are_refused():
    with pytest.raises(ConfigurationError, match="no page of ada/gone"):
        deal([], [Question(repo="ada/gone", title="x")], FILES, 1)


def test_the_order_is_mixed_and_the_same():
    numbers = [Record(repo="b/c", title=str(number)) for number in range(50)]
    assert shuffled(numbers) == shuffled(numbers) != numbers


# --- counting ----------------------------------------------------------------------------------------------


def seen(gold: str = "", *cited: str, shown: int = 10, wrong: tuple[str, ...] = ()) -> Seen:
    question = Question(repo="ada/engine", title="x", gold_paths=(gold,) if gold else ())
    if not cited:
        return Seen(question, (), ())
    return Seen(question, ("said",), (Audit(cited, wrong, ("a", "b"), wrong, shown),))


def report(**changed: Any) -> Report:
    return Report(**dict.fromkeys(Report.__slots__, 0) | {"p50_s": 0.5} | changed)


def test_figures_of_a_few_threads():
    threads = [seen("x", "x", "y"), seen("x", "y", "x", shown=31), seen("x"), seen("", "y", wrong=("z",)), seen()]
    found = figures(report(lost=1, errors=2), threads)
    assert (found["threads"], found["answered"], found["questions"], found["strangers"]) == (5, 3, 3, 2)
    assert (found["questions_answered"], found["from_gold_page"], found["strangers_answered"]) == (2, 1, 1)
    assert (found["abstention_rate"], found["abstention_rate_questions"]) == (0.4, 0.3333)
    assert found["abstention_rate_strangers"] == 0.5
    assert (found["citations"], found["unresolved"], found["names"], found["invented"]) == (6, 1, 6, 1)
    assert (found["comments"], found["words_median"], found["words_max"]) == (3, 10, 31)
    assert (found["p50_s"], found["lost"], found["errors"]) == (0.5, 1, 2)


def test_figures_of_silence():
    found = figures(report(p50_s=None), [seen("x")])
    assert (found["words_median"], found["words_max"], found["p50_s"]) == (None, None, None)
    assert (found["abstention_rate_questions"], found["abstention_rate_strangers"]) == (1, None)


# --- the whole ---------------------------------------------------------------------------------------------


def written(folder: Path, name: str, *rows: dict[str, Any]) -> Path:
    file = folder / name
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return file


async def test_a_question_is_answered_from_its_page_and_a_stranger_is_not(tmp_path: Path):
    pages = {"lease": "A lease expires after a minute.", "proxy": "Set `http.proxy` to the address of the proxy."}
    corpus = [
        {"repo": "ada/engine", "path": f"docs/{name}.md", "text": f"# {name}\n\n{text}\n"}
        for name, text in pages.items()
    ]
    question = {
        "repo": "ada/engine",
        "title": "When does a lease expire?",
        "body": None,
        "gold_paths": ["docs/lease.md"],
    }
    stranger = {"repo": "b/c", "title": "Dark mode is too dark", "body": "The buttons cannot be seen.", "number": 3}
    done = await plumbline(
        *("bench", "answers", "--json", "--corpus", str(written(tmp_path, "corpus", *corpus))),
        *("--questions", str(written(tmp_path, "questions", question))),
        *("--threads", str(written(tmp_path, "threads", stranger)), "--limit", "2"),
        folder=tmp_path,
        within_s=90,
        PLUMBLINE_EMBEDDINGS="none",
    )
    assert done.code == 0, done.err
    found = json.loads(done.out.splitlines()[-1])
    assert (found["threads"], found["questions_answered"], found["from_gold_page"]) == (2, 1, 1)
    assert (found["strangers_answered"], found["citations"], found["unresolved"], found["invented"]) == (0, 1, 0, 0)
    assert found["p50_s"] > 0


async def test_a_file_that_cannot_be_read_is_said_before_anything_is_played(tmp_path: Path):
    with pytest.raises(ConfigurationError, match="holds no file"):
        await measure(given(), written(tmp_path, "a"), tmp_path / "b", tmp_path / "c", limit=1, say=print)
