"""An encoder in the ONNX format: a tiny real model, made here, and its errors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fieldfare.language.onnx_encoder import MOST_TOKENS, OnnxEncoder
from fieldfare.language.second_look import read_second_look
from fieldfare.vocabulary import SettingsError
from tests.language.test_second_look import write_folder

onnx = pytest.importorskip("onnx", reason="the package onnx is not installed")
tokenizers = pytest.importorskip("tokenizers", reason="the extra onnx is not installed")
pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")

WORDS = {"[PAD]": 0, "[UNK]": 1, "hush": 2, "now": 3, "hello": 4}
ROWS = np.eye(len(WORDS), 64, dtype=np.float32)


def write_model(folder: Path, *, pooled: bool = False, inputs: str = "input_ids") -> Path:
    """A model that looks up a row for each token, and a tokenizer of five words."""
    helper, kinds = onnx.helper, onnx.TensorProto
    nodes = [helper.make_node("Gather", ["rows", inputs], ["tokens"])]
    if pooled:
        nodes.append(helper.make_node("ReduceMax", ["tokens", "axis"], ["out"], keepdims=0))
    else:
        nodes.append(helper.make_node("Identity", ["tokens"], ["out"]))
    shape: list[str | int] = ["texts", 64] if pooled else ["texts", "length", 64]
    graph = helper.make_graph(
        nodes, "tiny",
        [helper.make_tensor_value_info(inputs, kinds.INT64, ["texts", "length"])],
        [helper.make_tensor_value_info("out", kinds.FLOAT, shape)],
        [onnx.numpy_helper.from_array(ROWS, "rows"),
         onnx.numpy_helper.from_array(np.array([1]), "axis")],
    )  # fmt: skip
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(made, str(folder / "model.onnx"))
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(WORDS, unk_token="[UNK]"))  # noqa: S106
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def test_vectors_of_tokens_are_averaged_over_the_text_alone(tmp_path: Path) -> None:
    encoder = OnnxEncoder(write_model(tmp_path))
    found = encoder.encode(["hush hush now", "hello", "hello " * (MOST_TOKENS + 9)])
    assert found[0, :5] == pytest.approx(np.array([0, 0, 2, 1, 0]) / 5**0.5)
    assert found[1, :5] == pytest.approx([0, 0, 0, 0, 1])
    assert found[2] == pytest.approx(found[1])
    assert encoder.encode([]).size == 0


def test_many_texts_keep_their_order(tmp_path: Path) -> None:
    encoder = OnnxEncoder(write_model(tmp_path))
    texts = [" ".join(["now"] * (k % 7) + ["hush" if k % 3 else "hello"]) for k in range(100)]
    together = encoder.encode(texts)
    assert together == pytest.approx(np.concatenate([encoder.encode([one]) for one in texts]))


def test_a_vector_a_text_is_taken_as_it_is(tmp_path: Path) -> None:
    found = OnnxEncoder(write_model(tmp_path, pooled=True)).encode(["hush now"])
    assert found[0, :5] == pytest.approx(np.array([0, 0, 1, 1, 0]) / 2**0.5)


def test_a_folder_with_a_model_is_a_second_look(tmp_path: Path) -> None:
    write_model(tmp_path)
    write_folder(tmp_path, "onnx")
    table = np.load(tmp_path / "heads-encoder.npz")
    weights = np.zeros_like(table["weights"])
    weights[WORDS["hush"]] = 100
    np.savez(tmp_path / "heads-encoder.npz", **{**table, "weights": weights})
    model = read_second_look(tmp_path)
    assert model.find(["Hush now", "hello now", ""]) == [("secrecy",), (), ()]


def test_what_cannot_be_read_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"model\.onnx: not in the folder"):
        OnnxEncoder(tmp_path)
    write_model(tmp_path, inputs="pixels")
    with pytest.raises(SettingsError, match=r"model\.onnx: asks for pixels"):
        OnnxEncoder(tmp_path)
    (tmp_path / "model.onnx").write_bytes(b"no model")
    with pytest.raises(SettingsError, match=r"model\.onnx: not a model"):
        OnnxEncoder(tmp_path)
    write_model(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(SettingsError, match=r"tokenizer\.json: not a tokenizer"):
        OnnxEncoder(tmp_path)
