"""Keeps query encoders in the user's cache: a search that finds its model's there starts without loading the model.

    ~/.cache/hearsight/queries/FINGERPRINT-1/    encoder.json, weights.npy, tokenizer.json or .npz

What can be mapped from the model's own file, such as a table of a quarter of a million tokens, is not copied:
encoder.json names that file, with its size and time of change.

Only this machine writes there, of models that it has loaded and whose fingerprint it has computed. A library is often a
stranger's: its library.json names a fingerprint, which can do no more than choose among those, and nothing is read from
its own folder. No code is stored: JSON, one array of numbers, and a vocabulary.

An encoder is of the model's files as they were: if these have changed since, or if it cannot be read for whatever
reason, it is not there. The model is then loaded, checked as ever, and the encoder written anew.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from itertools import accumulate
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import tokenizers
from numpy.typing import NDArray

from hearsight.errors import HearsightError
from hearsight.models.catalog import BUNDLED, DEMO
from hearsight.models.methods.chorus_queries import ChorusQueryEncoder
from hearsight.models.methods.perception_encoder_queries import PerceptionEncoderQueries
from hearsight.models.methods.words_queries import FINGERPRINT as WITHOUT_WEIGHTS
from hearsight.models.methods.words_queries import WordsQueryEncoder
from hearsight.models.query_encoder import NumpyQueryEncoder, QueryConfig, QueryEncoder, Vocabulary
from hearsight.models.tokenizer_tables import TokenizerTables
from hearsight.towers.mapped_weights import MappedTensor, map_file
from hearsight.util.atomic import atomic_folder, write_atomic
from hearsight.util.user_cache import user_cache

FORMAT = 1
ENCODERS: dict[str, type[NumpyQueryEncoder]] = {
    "multi-grained": NumpyQueryEncoder,
    "chorus": ChorusQueryEncoder,
    "pe-av": PerceptionEncoderQueries,
}


def read_queries(model: str, fingerprint: str) -> QueryEncoder | None:
    """Return the query encoder of a model; None if the cache has none that can be read. model: its name, for `load`.

    That of a model without weights needs no cache.
    """
    if fingerprint == WITHOUT_WEIGHTS:
        return WordsQueryEncoder()
    try:
        folder = _folder(fingerprint)
        description = json.loads((folder / "encoder.json").read_text(encoding="utf-8"))
        if (description["fingerprint"], description["files"]) != (fingerprint, _files(model)):
            return None
        values, encoder = description["config"], ENCODERS[description["encoder"]]
        config = QueryConfig(**{**values, "text": encoder.text_config(**values["text"])})
        shapes = {name: tuple(shape) for name, shape in description["shapes"].items()}
        tensors = _map_tensors(description.get("mapped", {}))
        if shapes:
            numbers = np.load(folder / "weights.npy", mmap_mode="r", allow_pickle=False)
            tensors |= {name: MappedTensor(values) for name, values in _cut(numbers, shapes).items()}
        vocabulary = _read_vocabulary(folder)
        return encoder(config, tensors, vocabulary)
    except Exception:  # a damaged file can raise nearly anything, and the tokenizers library raises plain Exception
        return None


def write_queries(model: str, fingerprint: str, queries: NumpyQueryEncoder) -> None:
    """Keep a model's query encoder. If it cannot be written, the next search loads the model again, and works."""
    try:
        folder = _folder(fingerprint)
        shutil.rmtree(folder, ignore_errors=True)  # one that cannot be read
        with atomic_folder(folder) as part:
            copied = {name: tensor.values for name, tensor in queries.tensors.items() if tensor.file is None}
            _write_weights(part / "weights.npy", copied)
            _write_vocabulary(part, queries.bpe)
            description = {
                "fingerprint": fingerprint,
                "files": _files(model),
                "encoder": next(name for name, kind in ENCODERS.items() if kind is type(queries)),
                "config": asdict(queries.config),
                "shapes": {name: values.shape for name, values in copied.items()},
                "mapped": _describe_mapped(queries.tensors),
            }
            write_atomic(part / "encoder.json", json.dumps(description) + "\n")
    except (HearsightError, OSError, RuntimeError):  # no home folder is a RuntimeError
        return


def _write_vocabulary(folder: Path, vocabulary: Vocabulary) -> None:
    tables = vocabulary if isinstance(vocabulary, TokenizerTables) else TokenizerTables.of(vocabulary)
    if tables is not None:
        tables.write(folder / "tokenizer.npz")
    elif isinstance(vocabulary, tokenizers.Tokenizer):
        (folder / "tokenizer.json").write_text(vocabulary.to_str(), encoding="utf-8")


def _read_vocabulary(folder: Path) -> Vocabulary:
    tables = folder / "tokenizer.npz"
    if tables.is_file():
        return TokenizerTables.read(tables)
    bpe = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    bpe.encode_special_tokens = True
    return bpe


def _write_weights(file: Path, weights: Mapping[str, NDArray[np.float32]]) -> None:
    """Write arrays one after the other, as one array that can be mapped into memory."""
    header = {"descr": "<f4", "fortran_order": False, "shape": (sum(values.size for values in weights.values()),)}
    with file.open("wb") as out:
        np.lib.format.write_array_header_1_0(out, header)
        for values in weights.values():
            out.write(np.ascontiguousarray(values, "<f4").data)
        out.flush()
        os.fsync(out.fileno())  # else a power cut might leave zeros


def _cut(numbers: NDArray[np.float32], shapes: Mapping[str, tuple[int, ...]]) -> dict[str, NDArray[np.float32]]:
    """Return the arrays that `_write_weights` wrote. Raises ValueError if they are not as many numbers."""
    *inner, end = accumulate(map(prod, shapes.values()))
    if numbers.shape != (end,) or numbers.dtype != np.float32:
        raise ValueError(f"{numbers.shape} numbers, not {end}")
    parts = np.split(numbers.view(np.ndarray), inner)
    return {name: part.reshape(shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)}


def _describe_mapped(tensors: Mapping[str, MappedTensor]) -> dict[str, Any]:
    """Return, for each file that tensors are mapped from, its state and the names of the tensors, here and there."""
    files: dict[str, Any] = {}
    for name, tensor in tensors.items():
        if tensor.file is not None:
            file = tensor.file.resolve()  # the cache of the hub has links
            described = files.setdefault(str(file), {"state": _state(file), "tensors": {}})
            described["tensors"][name] = tensor.name
    return files


def _map_tensors(files: Mapping[str, Any]) -> dict[str, MappedTensor]:
    """Map the tensors that `_describe_mapped` describes. Raises ValueError if a file has changed, or OSError."""
    tensors: dict[str, MappedTensor] = {}
    for file, described in files.items():
        if _state(Path(file)) != described["state"]:
            raise ValueError(f"{file} has changed")
        mapped = map_file(Path(file))
        tensors |= {name: mapped[inner] for name, inner in described["tensors"].items()}
    return tensors


def _state(file: Path) -> list[int]:
    """Return size and time of change of a file."""
    status = file.stat()
    return [status.st_size, status.st_mtime_ns]


def _folder(fingerprint: str) -> Path:
    """Return the folder of a model's encoder. Raises ValueError for a fingerprint that is none, such as "../..".

    A new FORMAT has folders of its own, so that several versions of Hearsight can be used in turns.
    """
    if not re.fullmatch(r"[0-9a-f]{12}", fingerprint):
        raise ValueError(f"'{fingerprint}' is not a fingerprint")
    return user_cache("queries") / f"{fingerprint}-{FORMAT}"


def _files(model: str) -> list[list[Any]]:
    """Return name, size and time of change of each file of a model's folder; none for a model of the hub.

    To find those of the hub takes its library, and they do not change: an id stands for a folder of each commit.
    """
    folder = DEMO if model == BUNDLED else Path(model).expanduser()
    if not folder.is_dir():
        return []
    files = ((file.name, file.stat()) for file in sorted(folder.iterdir()) if file.is_file())
    return [[name, status.st_size, status.st_mtime_ns] for name, status in files]
