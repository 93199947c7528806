"""Conversion of published checkpoints to models: AVIGATE's, SAVE's and CLIP4Clip's, OpenAI's CLIP, and AST.

checkpoint_file.py reads a file, contents.py recognises what is in it, sizes.py and names.py map it to a model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from hearsight.errors import HearsightError
from hearsight.models.ast_checkpoint import write_ast
from hearsight.models.base import VideoTextModel
from hearsight.models.config import ModelConfig
from hearsight.models.convert.checkpoint_file import read_file
from hearsight.models.convert.contents import Contents, Published, recognise
from hearsight.models.convert.names import take
from hearsight.models.convert.sizes import ast_sizes, model_config
from hearsight.models.hub import has_vocabulary
from hearsight.models.load import build
from hearsight.models.tokenizer import PUBLIC_SIZE, Tokenizer
from hearsight.towers.ast import AudioTower
from hearsight.towers.uninitialised import NoRandomNumbers
from hearsight.util.atomic import atomic_folder, check_empty


@dataclass(frozen=True)
class Converted:
    """A checkpoint that was converted.

    config: of the model; an AST has `ast`, a dictionary of ASTConfig, instead. vocabulary: whether the new folder has a
    tokenizer.
    """

    contents: Contents
    config: ModelConfig | None
    ast: dict[str, Any] | None
    out: Path
    vocabulary: bool


def load_published(
    state_dict_or_path: Mapping[str, Tensor] | str | Path,
    method: Published | None = None,
    fusion_heads: int | None = None,
    start_id: int = 49406,
    end_id: int = 49407,
    frames: int = 12,
    words: int = 32,
    temperature: float = 1.0,
    vocabulary: str | Path | None = None,
) -> VideoTextModel:
    """Load a model from a published checkpoint.

    state_dict_or_path: tensors by their published names, or a file of them: safetensors, a state dict saved by torch,
    or OpenAI's TorchScript archive, read without executing anything. method: recognised from the tensors by default;
    "clip4clip" takes the CLIP towers of any checkpoint. Sizes are those of the tensors; what tensors do not show:
    fusion_heads, of the resampler and the fusion transformers, by default width // 64; frames, words and temperature,
    which differ for Charades (docs/reference.md section 8); start_id, end_id: the special tokens of the vocabulary.
    vocabulary: a folder with a tokenizer, which has these ids, if it is not OpenAI's.
    Raises HearsightError for a file that cannot be read, and for tensors missing, unknown or of a wrong shape.
    """
    if isinstance(state_dict_or_path, (str, Path)):
        contents = read_checkpoint(Path(state_dict_or_path), method)
    else:
        contents = recognise(state_dict_or_path, "the given state dict", "in memory", method)
    tokenizer = _tokenizer(contents, vocabulary) if vocabulary else Tokenizer(start_id=start_id, end_id=end_id)
    return _model(contents, tokenizer, heads=fusion_heads, frames=frames, words=words, temperature=temperature)


def read_checkpoint(path: Path, method: str | None = None) -> Contents:
    """Read a checkpoint file and recognise it. method: what it has to be; None for any."""
    format, loaded = read_file(path)
    return recognise(loaded, str(path), format, method)


def convert(
    path: Path, out: Path, method: str | None = None, vocabulary: Path | None = None, **settings: Any
) -> Converted:
    """Write the folder of a published checkpoint: for `hearsight.load`, or, for an AST, for transformers.

    settings: heads, frames, words and temperature, as `ModelConfig` has them.
    Raises HearsightError as `load_published` does, and if `out` is not empty: nothing is overwritten.
    """
    check_empty(out)
    contents = read_checkpoint(path, method)
    if contents.kind == "ast":
        if vocabulary or settings:
            raise HearsightError(f"{path} is an AST, an audio tower; it takes no vocabulary, heads, frames or words")
        sizes = ast_sizes(contents)
        with atomic_folder(out) as folder:
            write_ast(folder, sizes, _ast_weights(contents, sizes))
        return Converted(contents, None, sizes, out, vocabulary=False)
    model = _model(contents, _tokenizer(contents, vocabulary), **settings)
    with atomic_folder(out) as folder:
        model.save_pretrained(folder)
    return Converted(contents, model.config, None, out, has_vocabulary(out))


def _model(contents: Contents, tokenizer: Tokenizer, **settings: Any) -> VideoTextModel:
    if contents.kind == "ast":
        raise HearsightError(
            f"{contents.source} is an AST, an audio tower, and not a complete model; "
            "`hearsight convert` writes a folder of it that transformers opens"
        )
    with NoRandomNumbers():  # the sizes may be a stranger's: memory is first touched when it is filled
        model = build(model_config(contents, tokenizer.start_id, tokenizer.end_id, **settings), tokenizer)
    model.load_state_dict(take(model.state_dict(), contents))
    return model.eval()


def _tokenizer(contents: Contents, vocabulary: str | Path | None) -> Tokenizer:
    """Return a tokenizer with as many tokens as the checkpoint has token embeddings."""
    embeddings = contents.weights.get("clip.token_embedding.weight")
    rows = PUBLIC_SIZE if embeddings is None else len(embeddings)  # `take` reports that it is missing
    if vocabulary is None:
        if rows != PUBLIC_SIZE:
            raise HearsightError(
                f"the vocabulary of {contents.source} has {rows:,} tokens and is not OpenAI's ({PUBLIC_SIZE:,}); "
                "give the folder of its tokenizer (--vocabulary)"
            )
        return Tokenizer(start_id=PUBLIC_SIZE - 2, end_id=PUBLIC_SIZE - 1)
    tokenizer = Tokenizer(vocabulary)
    if tokenizer.size != rows:
        raise HearsightError(
            f"the vocabulary in {vocabulary} has {tokenizer.size:,} tokens, {contents.source} has {rows:,}; "
            "give the tokenizer that it was trained with"
        )
    return tokenizer


def _ast_weights(contents: Contents, sizes: dict[str, Any]) -> dict[str, Tensor]:
    with NoRandomNumbers():
        tower = AudioTower(sizes)
    expected = {f"ast.{name}": tensor for name, tensor in tower.state_dict().items()}
    return {name.removeprefix("ast."): tensor for name, tensor in take(expected, contents).items()}
