"""Public image-text models as the hub has them: CLIP, SigLIP (fixed-size SigLIP2, too) and MetaCLIP 2.

Each is a video model by mean pooling. What its files say of pictures and texts goes into the configuration, so that a
saved model has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hearsight.errors import HearsightError
from hearsight.models.base import VideoTextModel
from hearsight.models.config import ModelConfig
from hearsight.models.hub import has_vocabulary
from hearsight.models.padded_texts import longest
from hearsight.models.tokenizer import PUBLIC_SIZE, BlankTokenizer, PaddedTokenizer, Tokenizer
from hearsight.towers.config import BLANK, METACLIP, SIGLIP, image_text_config
from hearsight.towers.pixels import PictureSettings
from hearsight.util.json_files import read_json

METHOD = "clip4clip"
KINDS = ("clip", SIGLIP, METACLIP)  # model_type in config.json
PROBES = ("a dog barks", "two people talk about money")  # in a tower that works, far from each other
SAME = 1e-4  # distance of unit vectors


def public_config(folder: Path, kind: str, values: Mapping[str, Any]) -> ModelConfig:
    """Return the configuration of a checkpoint. values: its config.json without the model_type, which is `kind`.

    Raises HearsightError for what is not supported.
    """
    if kind == "clip":
        return ModelConfig(METHOD, clip=dict(values))
    clip = {**values, "model_type": kind}
    sizes = image_text_config(clip)
    clip["pictures"] = _read_pictures(folder, sizes.vision_config.image_size).to_dict()
    return ModelConfig(METHOD, clip=clip, words=longest(folder, sizes.text_config.max_position_embeddings))


def read_tokenizer_of(folder: Path, config: ModelConfig) -> Tokenizer:
    """Return the tokenizer of a model's folder, a public checkpoint or a saved model. Its files are read later."""
    kind = config.clip.get("model_type")
    if kind == BLANK:
        return BlankTokenizer(folder)
    if kind in (SIGLIP, METACLIP):
        return PaddedTokenizer(folder, config.words, lower_case=kind == SIGLIP)
    size = (config.clip.get("text_config") or {}).get("vocab_size", PUBLIC_SIZE)
    return Tokenizer(folder, public=size == PUBLIC_SIZE)


def check_texts(model: VideoTextModel, folder: Path) -> None:
    """Raises HearsightError for a checkpoint whose text tower tells no texts apart: some that are published cannot."""
    if not has_vocabulary(folder) and not isinstance(model.tokenizer, PaddedTokenizer):
        return  # a CLIP with OpenAI's vocabulary, which may have to be downloaded first
    rows = model.clip.config.text_config.vocab_size
    ids = model.tokenize(PROBES)
    if int(ids.max()) >= rows or model.tokenizer.size > rows:
        raise HearsightError(
            f"the tokenizer in {folder} has {model.tokenizer.size} tokens, and the model {rows}; download both again"
        )
    vectors = model.encode_texts(PROBES).float()
    if not vectors.isfinite().all():
        raise HearsightError(
            f"cannot use {folder}: its text tower computes no finite numbers, so its weights are damaged; download it "
            "again, or choose another model (hearsight models)"
        )
    if (vectors - vectors[:1]).norm(dim=-1).max() < SAME:
        raise HearsightError(
            f"cannot use {folder}: its text tower gives every text the same vector, so no query would find anything; "
            "the checkpoint is broken, choose another model (hearsight models)"
        )


def _read_pictures(folder: Path, size: int) -> PictureSettings:
    """Read how pictures are prepared, from the file of an image processor, or of a processor of texts, too."""
    for name, part in (("preprocessor_config.json", None), ("processor_config.json", "image_processor")):
        values = read_json(folder / name)
        settings = values.get(part) if part else values
        if settings:
            return PictureSettings.from_processor(settings, size, str(folder / name))
    raise HearsightError(
        f"no preprocessor_config.json in {folder}, which says how the model takes pictures; download the model again"
    )
