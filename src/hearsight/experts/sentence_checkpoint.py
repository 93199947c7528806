"""Checkpoints of sentence encoders: their files, and how their texts are prefixed, cut and pooled.

The format is that of the hub: a BERT or XLM-RoBERTa of transformers and, next to it, the files of sentence-transformers
(modules.json and so on), which say what its authors do with its output.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hearsight.errors import HearsightError
from hearsight.experts.hub_checkpoint import CheckpointKind
from hearsight.towers.numpy_bert import Pooling
from hearsight.util.json_files import read_json

POOLING = "1_Pooling/config.json"
CHECKPOINT = CheckpointKind(
    noun="sentence encoder",
    architecture="BERT or XLM-RoBERTa",
    needed=("config.json", "tokenizer.json"),
    optional=("modules.json", POOLING),
    other_files=("sentence_bert_config.json", "config_sentence_transformers.json"),
    older_weights=False,
    option="--meaning",
    prefix="sentences",
    without_network="use --meaning wordllama, which needs no network",
)
MODULES = ("Transformer", "Pooling", "Normalize")  # that are computed here
PASSAGES = ("passage", "document", "corpus")  # what prompts call them
# The authors of E5 want texts prefixed so, and say it on the model's page alone. Not in models that take instructions.
E5, E5_PREFIXES = re.compile(r"(^|[^a-z0-9])e5([^a-z0-9]|$)(?!.*instruct)"), ("query: ", "passage: ")


@dataclass(frozen=True)
class SentenceSettings:
    """How a checkpoint's texts are encoded. max_tokens: None for as many as the model has positions."""

    pooling: Pooling
    max_tokens: int | None
    query_prefix: str
    passage_prefix: str


def read_settings(folder: Path, name: str) -> SentenceSettings:
    """Read how a checkpoint's texts are encoded. Raises HearsightError for what this program cannot compute."""
    modules = read_json(folder / "modules.json", list)
    kinds = [str(module.get("type", "")).rpartition(".")[2] for module in modules if isinstance(module, dict)]
    if unknown := [kind for kind in kinds if kind not in MODULES]:
        raise HearsightError(
            f"cannot use the sentence encoder {name}: its modules.json has a module {unknown[0]!r}, and only "
            f"{', '.join(MODULES)} are supported; choose another"
        )
    max_tokens = read_json(folder / "sentence_bert_config.json").get("max_seq_length")
    return SentenceSettings(
        _pooling(read_json(folder / POOLING), name),
        max_tokens if type(max_tokens) is int else None,
        *_prefixes(folder, name),
    )


def _pooling(values: Mapping[str, Any], name: str) -> Pooling:
    """Return the pooling of a configuration; the mean if it says nothing."""
    modes = [mode for mode, value in values.items() if mode.startswith("pooling_mode_") and value is True]
    mode = str(values.get("pooling_mode") or (modes[0] if len(modes) == 1 else "several" if modes else "mean"))
    match mode.removeprefix("pooling_mode_"):
        case "mean" | "mean_tokens":
            return "mean"
        case "cls" | "cls_token":
            return "cls"
    raise HearsightError(
        f"cannot use the sentence encoder {name}: it pools by {', '.join(modes) or mode}, and only mean and cls are "
        "supported; choose another"
    )


def _prefixes(folder: Path, name: str) -> tuple[str, str]:
    """Return what stands before a query and before a passage."""
    prompts = read_json(folder / "config_sentence_transformers.json").get("prompts")
    if isinstance(prompts, dict) and any(prompts.get(kind) for kind in ("query", *PASSAGES)):
        passage = next((prompts[kind] for kind in PASSAGES if prompts.get(kind)), "")
        return str(prompts.get("query") or ""), str(passage)
    names = Path(name).name, Path(str(read_json(folder / "config.json").get("_name_or_path", ""))).name
    return E5_PREFIXES if any(E5.search(each.lower()) for each in names) else ("", "")
