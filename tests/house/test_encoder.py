"""The step of the set-up that builds the bundled encoder: whole or not at all, and the same each time."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from app.adapters.encoder_graph import weights_directory

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(
    weights_directory() is None, reason="the encoder's weights are not installed: `make install`"
)


@pytest.fixture
def encoder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("encoder", ROOT / "infra/encoder.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_is_built_once_and_named_after_what_it_is(encoder: ModuleType, tmp_path: Path) -> None:
    built = encoder.build(tmp_path)
    made = (built / "model.onnx").stat().st_mtime_ns
    assert encoder.build(tmp_path) == built
    assert (built / "model.onnx").stat().st_mtime_ns == made
    assert sorted(path.name for path in built.iterdir()) == ["model.onnx", "tokenizer.json"]
    (elsewhere,) = [encoder.build(tmp_path / "again")]
    assert elsewhere.name == built.name
    assert (elsewhere / "model.onnx").read_bytes() == (built / "model.onnx").read_bytes()


def test_what_was_interrupted_or_is_older_is_swept_away(encoder: ModuleType, tmp_path: Path) -> None:
    (tmp_path / ".minilm-l6-v2-int8-0.17").mkdir()
    (tmp_path / "minilm-l6-v2-int8-0").mkdir()
    built = encoder.build(tmp_path)
    assert list(tmp_path.iterdir()) == [built]


def test_without_weights_it_says_so(encoder: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder.encoder_graph, "weights_directory", lambda: None)
    with pytest.raises(SystemExit, match="the weights are not installed"):
        encoder.build(tmp_path)
    assert list(tmp_path.iterdir()) == []
