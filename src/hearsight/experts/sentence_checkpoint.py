"""Checkpoints of sentence encoders: where they are, and how their texts are prefixed, cut and pooled.

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
from hearsight.models.hub import cached_folder, fetch, has_weights
from hearsight.towers.numpy_bert import Pooling
from hearsight.util.json_files import read_json

NEEDED = ("config.json", "tokenizer.json", "model.safetensors")
POOLING = "1_Pooling/config.json"
FILES = [
    "config.json", "tokenizer.json", "model*.safetensors*", "modules.json", POOLING, "sentence_bert_config.json",
    "config_sentence_transformers.json",
]  # fmt: skip
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


def absolute_name(name: str) -> str:
    """Return the name of a checkpoint, a folder or a hub id, in a form that is valid from any other folder."""
    folder = Path(name).expanduser()
    return str(folder.resolve()) if folder.is_dir() and ("/" in name or _lacks(folder) is None) else name


def download(name: str) -> None:
    """Make sure that a checkpoint that a person names is on this machine. Raises HearsightError if it cannot be."""
    folder = Path(name) if Path(name).is_absolute() else cached_folder(name)
    if folder and (_is_complete(folder) or Path(name).is_dir()):
        return
    if name.count("/") > 1 or name.startswith((".", "/", "~")):
        raise HearsightError(
            f"no sentence encoder '{name}': no such folder; give a folder, or a hub id like 'org/name'"
        )
    try:
        fetch(name, FILES, _is_complete, "use --meaning wordllama, which needs no network")
    except HearsightError:
        if folder is None or _lacks(folder):  # else it is one without the files of sentence-transformers
            raise


def locate(name: str) -> Path:
    """Return the folder of a checkpoint on this machine: nothing is downloaded, for the name may be a stranger's.

    Raises HearsightError for one that is missing or incomplete.
    """
    folder = Path(name) if Path(name).is_absolute() else cached_folder(name)
    if folder is None or not folder.is_dir():
        raise HearsightError(
            f"the sentence encoder {name} is not on this machine; download it, or name the folder that has it, with: "
            "hearsight index FOLDER --meaning sentences:NAME-OR-FOLDER, or choose another with --meaning"
        )
    if lacking := _lacks(folder):
        raise HearsightError(
            f"no sentence encoder in {folder}: {lacking} is missing; give the folder of a BERT or XLM-RoBERTa as the "
            "hub has it, or download it again"
        )
    return folder


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


def _lacks(folder: Path) -> str | None:
    """Return the name of a file that a folder lacks to be a checkpoint."""
    try:
        missing = [name for name in NEEDED[:2] if not (folder / name).is_file()]
        return missing[0] if missing else None if has_weights(folder) else NEEDED[2]
    except (OSError, ValueError, TypeError, KeyError, AttributeError):  # the list of the weights' files is damaged
        return NEEDED[2]


def _is_complete(folder: Path) -> bool:
    """Return whether nothing is left to download. Other programs leave out what sentence-transformers alone reads."""
    return _lacks(folder) is None and (folder / "modules.json").is_file() and (folder / POOLING).is_file()


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
