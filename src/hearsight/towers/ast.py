"""The Audio Spectrogram Transformer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import Tensor, nn
from transformers import ASTConfig, ASTModel

from hearsight.errors import HearsightError
from hearsight.towers.distinct import encode_distinct


class AudioTower(nn.Module):
    """AST by transformers, as AVIGATE reads it (docs/reference.md section 2).

    config: the dictionary of an `ASTConfig`.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()
        self.model = ASTModel(ASTConfig(**config))

    @classmethod
    def from_pretrained(cls, folder: Path) -> AudioTower:
        """Of a folder as transformers has it, of the tower alone or with a classifier, which is left out.

        Raises HearsightError for another model, and for one that lacks weights.
        """
        try:
            kind = json.loads((folder / "config.json").read_text()).get("model_type")
            if kind != "audio-spectrogram-transformer":
                raise HearsightError(f"{folder} is a model of the type '{kind}', no AST; give one of that type")
            model, found = ASTModel.from_pretrained(folder, output_loading_info=True, local_files_only=True)
        except (OSError, ValueError, RuntimeError, SafetensorError) as error:
            raise HearsightError(f"cannot load the AST of {folder} ({error}); fetch or save it again") from error
        if found["missing_keys"]:
            lacking = ", ".join(sorted(found["missing_keys"])[:3])
            raise HearsightError(f"the AST of {folder} lacks weights ({lacking}, ...); fetch or save it again")
        config = model.config.to_dict()
        config.pop("_name_or_path", None)  # where a tower stood makes it no other tower, and is nobody else's business
        tower = cls(config)
        tower.model.load_state_dict(model.state_dict())
        return tower

    @property
    def width(self) -> int:
        """Da, the width of an audio token."""
        return int(self.model.config.hidden_size)

    @property
    def rows(self) -> int:
        """Rows of the filterbank that the tower expects (1024 as published)."""
        return int(self.model.config.max_length)

    @property
    def grid(self) -> tuple[int, int]:
        """Patches across frequencies, and across time; 12 x 101 as published."""
        c = self.model.config
        across = (c.num_mel_bins - c.patch_size) // c.frequency_stride + 1
        return across, (c.max_length - c.patch_size) // c.time_stride + 1

    def average_frequencies(self, tokens: Tensor) -> Tensor:
        """(B, A, Da) -> (B, 1 + time, Da): the first token, then for each moment the mean over frequencies."""
        across, along = self.grid
        patches = tokens[:, 1:].reshape(len(tokens), across, along, -1)  # AST lists one frequency after the other
        return torch.cat([tokens[:, :1], patches.mean(dim=1)], dim=1)

    def forward(self, filterbank: Tensor) -> Tensor:
        """(B, T, 128) -> (B, A, Da): the average of class and distillation token, then the patches."""
        return encode_distinct(self._encode, filterbank)

    def _encode(self, filterbank: Tensor) -> Tensor:
        # transformers' own forward normalises before the two tokens could be averaged: its layers are called here.
        x = self.model.embeddings(filterbank.to(self.model.embeddings.cls_token.dtype))
        for layer in self.model.layers:
            x = layer(x, None)
        first = x[:, :2].mean(dim=1, keepdim=True)
        tokens: Tensor = self.model.layernorm(torch.cat([first, x[:, 2:]], dim=1))
        return tokens
