"""Fine-tuning learns, is exact after export, can be repeated, kept and served without PyTorch."""

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.adapters.encoder_graph import encoder_model, read_weights, weights_directory
from app.adapters.encoder_session import EncoderSession, open_tokenizer, tokenized
from app.adapters.finetune import FILES, FineTuned, Recipe, fine_tune, load
from app.errors import ConfigurationError, EmbeddingError

SOURCE = weights_directory()
trains = pytest.mark.skipif(
    SOURCE is None or importlib.util.find_spec("torch") is None,
    reason="fine-tuning is not installed: `make install-train`",
)
exports = pytest.mark.skipif(
    SOURCE is None or importlib.util.find_spec("onnx") is None,
    reason="the encoder's weights are not installed: `make install`",
)

QUICK = Recipe(epochs=3, batch=8, rate=2e-4)
THINGS = ("button", "parser", "login", "cache", "upload", "export", "search", "menu")
TEXTS = [text for thing in THINGS for text in (f"The {thing} crashes with an error", f"How do I use the {thing}?")]
TARGETS = np.eye(2)[[0, 1] * len(THINGS)]
NEW = ["The editor crashes with an exception", "How can I use the editor?"]


def taught(
    texts: list[str] = TEXTS,
    targets: np.ndarray = TARGETS,
    *,
    seed: int = 1,
    say: Callable[[str], None] = lambda _: None,
    recipe: Recipe = QUICK,
    validation: tuple[list[str], np.ndarray] | None = None,
) -> FineTuned:
    labels = [*("bug", "question", "rare")[: targets.shape[-1]]]
    return fine_tune(
        texts, targets, labels=labels, source="acme/app", seed=seed, say=say, recipe=recipe, validation=validation
    )


@pytest.fixture(scope="module")
def said() -> list[str]:
    return []


@pytest.fixture(scope="module")
def tuned(said: list[str]) -> FineTuned:
    return taught(say=said.append, validation=(NEW, np.eye(2)))


@trains
def test_it_learns_and_says_how_far_it_is(tuned: FineTuned, said: list[str]):
    probabilities = tuned.probabilities(NEW)
    assert probabilities.argmax(axis=1).tolist() == [0, 1]
    assert probabilities.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert [line.partition(" after")[0] for line in said if line.startswith("epoch")] == [
        *("epoch 1 of 3", "epoch 2 of 3", "epoch 3 of 3")
    ]
    assert said[-1].endswith("macro-F1 1.000")
    assert tuned.facts["one_of"]
    assert (tuned.labels, tuned.facts["source"]) == (("bug", "question"), "acme/app")


@trains
def test_what_it_learnt_shows_in_its_vectors(tuned: FineTuned):
    crash, question, other_question = tuned.embed([*NEW, "How do I use the keyboard?"])
    assert np.linalg.norm(crash) == pytest.approx(1, abs=1e-5)
    assert question @ other_question > question @ crash + 0.2


@trains
def test_the_same_seed_gives_the_same_model(tuned: FineTuned):
    assert taught().version == tuned.version
    assert taught(seed=2, recipe=Recipe(epochs=1, batch=8)).version != tuned.version


@trains
def test_labels_that_do_not_exclude_each_other_are_judged_for_themselves():
    both = np.concatenate([TARGETS, np.zeros((len(TEXTS), 1))], axis=1)
    both[::4, 2] = 1
    probabilities = taught(targets=both).probabilities(NEW)
    assert probabilities.shape == (2, 3)
    assert probabilities[0, 0] > 0.5 > probabilities[0, 1]
    assert abs(probabilities.sum(axis=1) - 1).max() > 0.05


@trains
def test_what_is_served_is_what_was_trained():
    """Within a hundredth, although the served one counts in 8 bits."""
    assert SOURCE
    from app.adapters import finetune_torch

    reader = open_tokenizer((SOURCE / "tokenizer.json").read_bytes(), tokens=QUICK.tokens)
    ids = tokenized(reader, TEXTS)
    lesson = finetune_torch.Lesson(ids, TARGETS.astype(np.float32), one_of=True)
    weights = finetune_torch.train(
        read_weights(SOURCE / "model.safetensors"), lesson, validation=None, recipe=QUICK, seed=1, say=lambda _: None
    )
    trained = finetune_torch.probabilities(weights, ids, one_of=True)
    served = EncoderSession(encoder_model(weights, one_of=True), (SOURCE / "tokenizer.json").read_bytes())
    assert abs(served.run_all("probabilities", TEXTS) - trained).max() < 0.01


@exports
def test_serving_needs_no_torch_and_half_a_model_is_none(tmp_path: Path):
    """A head that was never trained is enough to be kept, read in another process, and found out when damaged."""
    assert SOURCE
    head = {"head.weight": np.eye(3, 384, dtype=np.float32), "head.bias": np.zeros(3, np.float32)}
    weights = {**read_weights(SOURCE / "model.safetensors"), **head}
    model = FineTuned(
        encoder_model(weights), (SOURCE / "tokenizer.json").read_bytes(), {"labels": ["bug", "b", "ключ"], "tokens": 96}
    )
    place = model.save(tmp_path / "models")
    assert model.save(tmp_path / "models") == place
    assert [path.name for path in place.parent.iterdir()] == [model.version]
    again = load(place)
    assert (again.facts, again.labels, again.version) == (model.facts, ("bug", "b", "ключ"), model.version)
    assert again.probabilities([]).shape[0] == 0
    read = f"""
import sys, pathlib
sys.modules["torch"] = sys.modules["onnx"] = None
from app.adapters.finetune import load
print(load(pathlib.Path({str(place)!r})).probabilities(["hello", ""]).tolist())
"""
    elsewhere = subprocess.run([sys.executable, "-c", read], capture_output=True, text=True, check=True).stdout
    assert np.array(eval(elsewhere)) == pytest.approx(model.probabilities(["hello", ""]), abs=1e-3)
    (place / "facts.json").write_text('{"labels": [], "tokens": 97}')
    with pytest.raises(EmbeddingError, match="is damaged"):
        load(place)


@pytest.mark.parametrize("content", [None, b"", b"[]", b"{}", b"\xff"])
def test_what_is_no_model_is_said(tmp_path: Path, content: bytes | None):
    for name in FILES if content is not None else ():
        (tmp_path / name).write_bytes(content or b"")
    with pytest.raises(EmbeddingError, match=r"holds no fine-tuned model|cannot be loaded"):
        load(tmp_path)


@pytest.mark.parametrize("targets", [np.eye(2), np.full((16, 2), 0.5), np.zeros(16)])
def test_targets_that_do_not_fit_are_a_mistake_of_the_caller(targets: np.ndarray):
    with pytest.raises(ValueError, match="16 texts need as many rows of 2 times 0 or 1"):
        fine_tune(TEXTS, targets, labels=["bug", "question"], source="acme/app", seed=1, say=lambda _: None)


@pytest.mark.parametrize(("texts", "targets"), [(TEXTS[:8], TARGETS[:8]), (TEXTS, np.eye(2)[[0] * 16])])
def test_too_little_to_learn_from(texts: list[str], targets: np.ndarray):
    with pytest.raises(ConfigurationError, match="16 texts at least, and one of each label"):
        taught(texts, targets)


@exports
def test_without_torch_the_way_to_it_is_said(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, finetune_torch_name := "app.adapters.finetune_torch", raising=False)
    monkeypatch.delattr(sys.modules["app.adapters"], finetune_torch_name.rpartition(".")[2], raising=False)
    with pytest.raises(ConfigurationError, match="`make install-train`"):
        taught()
