"""Model folders from the Hugging Face hub, and from its cache when there is no network."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from hearsight.errors import HearsightError
from hearsight.models.catalog import suggest_model

TOKENIZER_FILES = ["tokenizer*", "vocab.json", "merges.txt", "special_tokens*"]
MODEL_FILES = ["config.json", "model*.safetensors*", *TOKENIZER_FILES]
PATIENCE = 10.0  # seconds
OLDER_WEIGHTS = "pytorch_model.bin"  # of repositories that have no safetensors


def has_vocabulary(folder: Path) -> bool:
    """Whether a tokenizer can be made of what is in a folder."""
    return (folder / "tokenizer.json").is_file() or (folder / "vocab.json").is_file()


def has_model(folder: Path) -> bool:
    """Whether a model can be: configuration, vocabulary, and all of its weights."""
    return has_tower(folder) and has_vocabulary(folder)


def has_tower(folder: Path) -> bool:
    """The same of a model that reads no words."""
    older = (folder / OLDER_WEIGHTS).is_file() and not any(folder.glob("*.safetensors*"))
    return (has_weights(folder) or older) and (folder / "config.json").is_file()


def has_weights(folder: Path) -> bool:
    """Whether all of a model's safetensors are there."""
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        parts = set(json.loads(index.read_text())["weight_map"].values())
        return all((folder / part).is_file() for part in parts)
    return any(folder.glob("*.safetensors"))


def is_on_hub(name: str) -> bool:
    """Whether a name is the hub id of a model that this machine has got, and no folder: `load` looks for that first."""
    from huggingface_hub import try_to_load_from_cache

    if name.count("/") != 1 or name.startswith((".", "/", "~")) or name.endswith("/") or Path(name).is_dir():
        return False
    try:
        return isinstance(try_to_load_from_cache(name, "config.json"), str)
    except ValueError:  # of letters that no hub id has
        return False


def locate_tower(name: str) -> Path:
    """The folder of such a model: one on disk, or from the hub (and its cache)."""
    path = Path(name).expanduser()
    if path.is_dir():
        return path
    if name.count("/") != 1 or name.startswith((".", "/", "~")):
        raise HearsightError(f"no audio tower '{name}': no such folder; give a folder, or a hub id like 'org/name'")
    folder = fetch(name, ["config.json", "model*.safetensors*"], has_tower)
    return folder if has_tower(folder) else fetch(name, ["config.json", OLDER_WEIGHTS], has_tower)


def fetch(name: str, files: list[str], enough: Callable[[Path], bool]) -> Path:
    """The folder of a hub model with these of its files (patterns). The hub is only asked where what is in the cache is
    not enough: other programs may have left a part of it there.

    Raises HearsightError that tells a misspelt name, a missing agreement and a missing network apart.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
    )

    try:
        cached = Path(snapshot_download(name, allow_patterns=files, local_files_only=True))
        if enough(cached):
            return cached
    except (LocalEntryNotFoundError, HFValidationError):
        pass  # not here yet
    _check_reachable(name)
    try:
        return Path(snapshot_download(name, allow_patterns=files))
    except GatedRepoError as error:
        raise HearsightError(
            f"model '{name}' asks for an agreement; accept it on its page, then log in with `hf auth login`"
        ) from error
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise HearsightError(
            f"no model '{name}' on the hub{suggest_model(name)}, and no such folder here; check the spelling"
        ) from error
    except (LocalEntryNotFoundError, OSError) as error:
        raise _unreachable(name) from error


def _check_reachable(name: str) -> None:
    """Ask the hub for anything at all: its own client tries for minutes before it gives up."""
    from huggingface_hub import constants, get_session

    try:
        if constants.HF_HUB_OFFLINE:
            raise OSError("HF_HUB_OFFLINE is set")
        get_session().head(constants.ENDPOINT, timeout=PATIENCE)
    except Exception as error:  # whatever the client's own library raises: no name, no route, no answer
        raise _unreachable(name) from error


def _unreachable(name: str) -> HearsightError:
    return HearsightError(
        f"cannot fetch model '{name}'{suggest_model(name)}: it is no folder here, the hub cannot be reached, and it "
        "was not fetched whole before; go online once, check the spelling, or use --model demo, which needs no network"
    )
