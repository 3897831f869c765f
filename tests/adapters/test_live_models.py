"""A fine-tuned model serves only where `live.toml` says so; what is broken serves nobody."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from app.adapters.encoder_graph import encoder_model, read_weights, weights_directory
from app.adapters.finetune import FineTuned
from app.adapters.live_models import LiveModels

SOURCE = weights_directory()
pytestmark = pytest.mark.skipif(
    SOURCE is None or importlib.util.find_spec("onnx") is None,
    reason="the encoder's weights are not installed: `make install`",
)


@pytest.fixture
def model(tmp_path: Path) -> FineTuned:
    """One whose head was never trained."""
    assert SOURCE
    head = {"head.weight": np.eye(2, 384, dtype=np.float32), "head.bias": np.zeros(2, np.float32)}
    graph = encoder_model({**read_weights(SOURCE / "model.safetensors"), **head})
    found = FineTuned(graph, (SOURCE / "tokenizer.json").read_bytes(), {"labels": ["bug", "question"], "tokens": 96})
    found.save(tmp_path)
    return found


def test_it_serves_from_its_release_until_that_is_taken_back(tmp_path: Path, model: FineTuned):
    models = LiveModels(tmp_path)
    assert models.live("acme/app") is None
    (tmp_path / "live.toml").write_text(f'["acme/App"]\nmodel = "{model.version}"\n')
    found = models.live("ACME/app")
    assert found is not None
    assert (found.version, found.labels) == (model.version, ("bug", "question"))
    assert models.live("acme/app") is found
    assert models.live("acme/other") is None
    (tmp_path / "live.toml").unlink()
    assert models.live("acme/app") is None


@pytest.mark.parametrize("text", ["[", '["acme/app"]\nmodel = "../../etc"', '["acme/app"]\nmodel = "0123456789abcdef"'])
def test_what_is_broken_is_said_once_and_serves_nobody(tmp_path: Path, text: str):
    (tmp_path / "live.toml").write_text(text)
    models = LiveModels(tmp_path)
    with capture_logs() as logs:
        assert models.live("acme/app") is None
        assert models.live("acme/app") is None
    assert len(logs) == 1
