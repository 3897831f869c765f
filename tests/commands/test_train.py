"""`plumbline train` learns from the past alone, measures before and after, keeps the model and releases nothing."""

import importlib.util
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from app.adapters.encoder_graph import weights_directory
from app.adapters.finetune import load
from app.commands.train import Trained, in_time, learnable, macro_f1, targets, text_of, train
from app.domain.thread import Label
from app.errors import ConfigurationError
from app.knowledge.labelling.examples import Example
from tests.commands.shell import given

START = datetime(2025, 1, 1, tzinfo=UTC)
LABELS = [Label(name="bug"), Label(name="question"), Label(name="rare")]


def example(day: int, label: str, title: str = "") -> Example:
    return Example(
        "acme/app", title or f"{label} {day}", "", frozenset({label} if label else ()), START + timedelta(day)
    )


def history(count: int) -> list[Example]:
    titles = {"bug": "The {} crashes with an error", "question": "How do I use the {}?"}
    things = ("button", "parser", "login", "cache", "upload", "export", "search", "menu", "editor", "server")
    pairs = [(label, titles[label].format(things[day % 10])) for day in range(count) for label in titles]
    return [example(day, label, title) for day, (label, title) in enumerate(pairs)]


def test_the_newest_fifth_is_held_out_whatever_the_order_given():
    days = [7, 1, 9, 3, 5, 0, 8, 2, 6, 4]
    older, newer = in_time([example(day, "bug") for day in days])
    assert [one.title for one in older] == [f"bug {day}" for day in range(8)]
    assert [one.title for one in newer] == ["bug 8", "bug 9"]
    assert in_time([example(1, "bug")]) == ([example(1, "bug")], [])


def test_a_label_that_few_threads_carry_is_not_learnt():
    rows = [*(example(day, "bug") for day in range(10)), *(example(day, "rare") for day in range(9))]
    assert [label.name for label in learnable(rows, LABELS)] == ["bug"]
    assert targets(rows[9:11], LABELS).tolist() == [[1, 0, 0], [0, 0, 1]]


def test_a_label_that_no_text_can_call_for_is_not_learnt():
    rows = [example(day, label) for day in range(10) for label in ("bug", "stale", "good first issue")]
    labels = [Label(name=name) for name in ("good first issue", "bug", "stale")]
    assert [label.name for label in learnable(rows, labels)] == ["bug"]


def test_the_encoder_reads_the_title_first():
    assert text_of(Example("acme/app", "It crashes", "Here is how.", frozenset(), START)).startswith("It crashes\n")


def test_macro_f1():
    truth = np.array([[1, 0], [1, 0], [0, 1], [0, 0]])
    assert macro_f1(truth * 0.8, truth) == 1
    assert macro_f1(np.zeros((4, 2)), truth) == 0
    assert macro_f1(np.array([[0.9, 0.1], [0.1, 0.1], [0.9, 0.9], [0.2, 0.2]]), truth) == pytest.approx((0.5 + 1) / 2)


@pytest.mark.parametrize("rows", [[], history(3), [example(day, "bug") for day in range(40)]])
async def test_too_short_a_history_is_said_with_its_numbers(rows: list[Example], tmp_path: Path):
    with pytest.raises(ConfigurationError, match=rf"acme/app has {len(rows)} labelled threads"):
        await train(given(data_dir=tmp_path), "acme/app", rows, labels=LABELS, say=lambda _: None)
    assert not tmp_path.joinpath("models").exists()


@pytest.mark.skipif(
    weights_directory() is None or importlib.util.find_spec("torch") is None,
    reason="fine-tuning is not installed: `make install-train`",
)
async def test_it_trains_reports_and_keeps(tmp_path: Path):
    said: list[str] = []
    found = await train(
        given(data_dir=tmp_path, embeddings="none"), "acme/app", history(20), labels=LABELS, say=said.append
    )
    assert isinstance(found, Trained)
    assert said[0] == "32 threads of acme/app to learn 2 labels from, the newest 8 to judge by"
    assert f"{found.now:.3f} as it is now, {found.alone:.3f} fine-tuned" in said[-2]
    assert said[-1].endswith("stays inactive until live.toml beside it names it")
    assert found.directory.parent == tmp_path / "models"
    assert load(found.directory).facts["texts"] == 32
