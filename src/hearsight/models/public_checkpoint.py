"""Public models as the hub has them: CLIP, SigLIP (fixed-size SigLIP2, too), MetaCLIP 2, and PE-AV.

The first three are video models by mean pooling. What a checkpoint's files say of pictures, sounds and texts goes into
the configuration, so that a saved model has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor
from torch.nn.functional import normalize

from hearsight.errors import HearsightError
from hearsight.models.base import VideoTextModel
from hearsight.models.config import ModelConfig
from hearsight.models.hub import has_vocabulary
from hearsight.models.padded_texts import longest
from hearsight.models.sound_settings import read_extractor
from hearsight.models.tokenizer import PUBLIC_SIZE, BlankTokenizer, PaddedTokenizer, Tokenizer, UnpaddedTokenizer
from hearsight.towers.config import BLANK, METACLIP, PE_AV, SIGLIP, image_text_config, pe_text_config
from hearsight.towers.pe_av_towers import BILINEAR, PeAvTowers, check_timm, read_video_settings, rename
from hearsight.towers.pixels import PictureSettings
from hearsight.util.json_files import read_json

METHOD = "clip4clip"
FRAMES = 16  # of a clip, for a PE-AV that takes any number: as many as it is measured with in public (MTEB)
KINDS = ("clip", SIGLIP, METACLIP, PE_AV)  # model_type in config.json
PROBES = ("a dog barks", "two people talk about money")  # in a tower that works, far from each other
SAME = 1e-4  # distance of unit vectors


def public_config(folder: Path, kind: str, values: Mapping[str, Any]) -> ModelConfig:
    """Return the configuration of a checkpoint. values: its config.json without the model_type, which is `kind`.

    Raises HearsightError for what is not supported.
    """
    if kind == "clip":
        return ModelConfig(METHOD, clip=dict(values))
    clip = {**values, "model_type": kind}
    if kind == PE_AV:
        return _pe_av_config(folder, clip)
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
    if kind == PE_AV:
        return UnpaddedTokenizer(folder, config.words)
    size = (config.clip.get("text_config") or {}).get("vocab_size", PUBLIC_SIZE)
    return Tokenizer(folder, public=size == PUBLIC_SIZE)


def weights_of_towers(model: VideoTextModel, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return those weights of a checkpoint that belong to a model's towers, by the names that they have there."""
    if isinstance(model.clip, PeAvTowers):
        return rename(weights, model.clip.model.state_dict().keys())
    # Older checkpoints have position ids, which are not weights.
    return {name: tensor for name, tensor in weights.items() if not name.endswith("position_ids")}


def check_texts(model: VideoTextModel, folder: Path) -> None:
    """Raises HearsightError for a checkpoint whose text tower tells no texts apart: some that are published cannot."""
    if not has_vocabulary(folder) and type(model.tokenizer) is Tokenizer:
        return  # a CLIP with OpenAI's vocabulary, which may have to be downloaded first
    rows = model.clip.config.text_config.vocab_size
    ids = model.tokenize(PROBES)
    if int(ids.max()) >= rows or model.tokenizer.size > rows:
        raise HearsightError(
            f"the tokenizer in {folder} has {model.tokenizer.size} tokens, and the model {rows}; download both again"
        )
    vectors = normalize(model.encode_texts(PROBES).float(), dim=-1)
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


def _pe_av_config(folder: Path, clip: dict[str, Any]) -> ModelConfig:
    """Return the configuration of a PE-AV. clip: its config.json."""
    check_timm()
    video, source = read_video_settings(folder), f"the settings of videos in {folder}"
    sides = video.get("size")
    size = sides.get("height") if isinstance(sides, dict) else None
    if type(size) is not int or type(frames := video.get("num_frames") or FRAMES) is not int or min(size, frames) < 1:
        raise HearsightError(f"{source} have no size or num_frames that can be used; download the model again")
    clip["pictures"] = PictureSettings.from_processor({"resample": BILINEAR, **video}, size, source).to_dict()
    clip["sound"] = read_extractor(folder)
    text = pe_text_config(clip.get("text_config") or {}, str(folder / "config.json"))
    return ModelConfig("pe-av", clip=clip, frames=frames, words=text.max_tokens)


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
