"""Makers of small files that tests read: media, models, libraries."""

from pathlib import Path

import numpy as np
import torch
from tokenizers import pre_tokenizers

from hearsight.models.base import VideoTextModel
from hearsight.models.config import ModelConfig
from hearsight.models.load import build
from hearsight.models.tokenizer import Tokenizer
from hearsight.research.training.vocabulary import END, START, train_tokenizer, write_tokenizer


def tiny_clip(vocabulary: int = 600) -> dict:
    """The configuration of a CLIP so small that it encodes a clip in milliseconds."""
    sizes = {"intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2, "hidden_size": 32}
    ids = {"bos_token_id": vocabulary - 2, "eos_token_id": vocabulary - 1, "pad_token_id": 0}
    return {
        "projection_dim": 32,
        "text_config": {**sizes, **ids, "vocab_size": vocabulary, "max_position_embeddings": 77},
        "vision_config": {**sizes, "image_size": 32, "patch_size": 16},
    }


def tiny_ast() -> dict:
    sizes = {"intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2, "hidden_size": 32}
    return {**sizes, "max_length": 64, "time_stride": 16, "frequency_stride": 16}


def tiny_model(folder, method: str = "save", seed: int = 0) -> VideoTextModel:
    """A model with random weights and a real tokenizer, saved in `folder` for hearsight.load."""
    torch.manual_seed(seed)
    train_tokenizer(["the doctor lost a yellow bicycle while a bell rings"], 600, folder)
    tokenizer = Tokenizer(folder)
    clip = tiny_clip(tokenizer.end_id + 1)
    if method == "clip4clip":
        config = ModelConfig(method=method, clip=clip, frames=6)
    else:
        options = {"layers": 1, "heads": 2, "queries": 4}
        config = ModelConfig(method=method, clip=clip, ast=tiny_ast(), frames=6, options=options)
    model = build(config, tokenizer)
    model.save_pretrained(folder)
    return model.eval()


def tiny_inputs(model: VideoTextModel, clips: int = 3, seed: int = 0) -> dict[str, torch.Tensor]:
    """A batch of random clips as `encode_video` takes it."""
    from hearsight.models.preprocess import collate

    random = np.random.default_rng(seed)
    prepared = [
        model.prepare(
            [random.integers(0, 255, (48, 64, 3), dtype=np.uint8) for _ in range(3)],
            random.standard_normal(16_000).astype(np.float32),
            "the doctor lost a yellow bicycle",
        )
        for _ in range(clips)
    ]
    return {name: values for name, values in vars(collate(prepared)).items() if name != "sounds"}  # which are no tensor


def vocabulary_of(size: int, folder: Path) -> Path:
    """A tokenizer of exactly so many tokens, the last two of which are start and end. Of little use with texts."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens = [*letters, *(letter + "</w>" for letter in letters)]
    tokens += [f"{number:04}</w>" for number in range(size - 2 - len(tokens))]
    folder.mkdir()
    write_tokenizer({token: i for i, token in enumerate([*tokens, START, END])}, [], folder)
    return folder
