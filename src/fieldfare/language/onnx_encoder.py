"""An encoder in the ONNX format, from a folder of the operator's: ``model.onnx`` and
``tokenizer.json`` (as Hugging Face's `tokenizers` writes it). Nothing is fetched.

Needs the extra ``onnx`` (`onnxruntime`, MIT; `tokenizers`, Apache-2.0). Models that give a vector
for each token (texts × tokens × numbers) are averaged over the tokens of the text; those that
give one for the text (texts × numbers) are taken as they are. Vectors are put to length 1.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fieldfare.vocabulary import SettingsError

Floats = npt.NDArray[np.float32]

MOST_TOKENS: Final = 128
"""Tokens of a text that the model is given, from its beginning."""
AT_ONCE: Final = 32
"""Texts in one run of the model."""
KNOWN_INPUTS: Final = frozenset({"input_ids", "attention_mask", "token_type_ids"})


class OnnxEncoder:
    """Vectors of texts by the model of a folder, on the processor, in one thread.

    Raises SettingsError where the extra is not installed, a file cannot be read or the model
    asks for more than token ids, their mask and their types.
    """

    def __init__(self, folder: Path) -> None:
        try:
            import onnxruntime
            import tokenizers
        except ImportError as error:
            raise SettingsError(
                "an ONNX second look needs: pip install 'fieldfare[onnx]'"
            ) from error
        onnxruntime.disable_telemetry_events()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        for name in ("model.onnx", "tokenizer.json"):
            if not (folder / name).is_file():
                raise SettingsError(f"{name}: not in the folder {folder.name}")
        try:
            self._session: Any = onnxruntime.InferenceSession(
                str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime's own errors share no class
            raise SettingsError("model.onnx: not a model that onnxruntime can read") from error
        try:
            self._tokenizer: Any = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:  # tokenizers raises bare Exception
            raise SettingsError("tokenizer.json: not a tokenizer that can be read") from error
        self._tokenizer.enable_truncation(MOST_TOKENS)
        # Padding is told apart by the mask; the tokenizer's own choice of a token is kept.
        self._tokenizer.enable_padding(**(self._tokenizer.padding or {}) | {"length": None})
        self._inputs = [one.name for one in self._session.get_inputs()]
        if extra := sorted(set(self._inputs) - KNOWN_INPUTS):
            raise SettingsError(f"model.onnx: asks for {', '.join(extra)}, which is not known")

    def encode(self, texts: list[str]) -> Floats:
        """Texts × numbers. Raises SettingsError where the model's output is of another shape."""
        order = np.argsort([len(text) for text in texts], kind="stable")
        found = [
            self._vectors([texts[k] for k in order[at : at + AT_ONCE]])
            for at in range(0, len(texts), AT_ONCE)
        ]
        if not found:
            return np.empty((0, 0), np.float32)
        sorted_ = np.concatenate(found)
        vectors = np.empty_like(sorted_)
        vectors[order] = sorted_
        return vectors

    def _vectors(self, texts: list[str]) -> Floats:
        read = self._tokenizer.encode_batch(texts)
        columns = {
            "input_ids": [one.ids for one in read],
            "attention_mask": [one.attention_mask for one in read],
            "token_type_ids": [one.type_ids for one in read],
        }
        given = {name: np.array(columns[name], np.int64) for name in self._inputs}
        out = np.asarray(self._session.run(None, given)[0], np.float32)
        if out.ndim == 3:
            mask = np.array(columns["attention_mask"], np.float32)[:, :, None]
            out = (out * mask).sum(axis=1) / np.maximum(mask.sum(axis=1), 1)
        if out.ndim != 2 or len(out) != len(texts):
            raise SettingsError(f"model.onnx: gives {out.shape}, not a vector a text")
        length = np.linalg.norm(out, axis=1, keepdims=True)
        return np.asarray(out / np.maximum(length, 1e-9), np.float32)
