"""Model folders from the Hugging Face hub, and from its cache when there is no network."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

from hearsight.errors import HearsightError
from hearsight.models.catalog import suggest_model
from hearsight.towers.config import METACLIP, SIGLIP
from hearsight.util.json_files import read_json

TOKENIZER_FILES = ["tokenizer*", "vocab.json", "merges.txt", "special_tokens*"]
PICTURE_FILES = ["preprocessor_config.json", "processor_config.json"]
MODEL_FILES = ["config.json", "model*.safetensors*", *PICTURE_FILES, *TOKENIZER_FILES]
PATIENCE = 10.0  # seconds
USE_DEMO = "use --model demo, which needs no network"
OLDER_WEIGHTS = "pytorch_model.bin"  # of repositories that have no safetensors


def has_vocabulary(folder: Path) -> bool:
    """Return whether a folder has the files of a tokenizer."""
    return (folder / "tokenizer.json").is_file() or (folder / "vocab.json").is_file()


def has_model(folder: Path) -> bool:
    """Return whether a folder has a complete model: configuration, vocabulary, and all of its weights."""
    if not has_tower(folder):
        return False
    if read_json(folder / "config.json").get("model_type") in (SIGLIP, METACLIP):
        return (folder / "tokenizer.json").is_file() and any((folder / name).is_file() for name in PICTURE_FILES)
    return has_vocabulary(folder)


def has_tower(folder: Path) -> bool:
    """Return whether a folder has a complete tower: a model without a vocabulary."""
    older = (folder / OLDER_WEIGHTS).is_file() and not any(folder.glob("*.safetensors*"))
    return (has_weights(folder) or older) and (folder / "config.json").is_file()


def has_weights(folder: Path) -> bool:
    """Return whether a folder has all safetensors of a model."""
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        parts = set(json.loads(index.read_text())["weight_map"].values())
        return all((folder / part).is_file() for part in parts)
    return any(folder.glob("*.safetensors"))


def is_on_hub(name: str) -> bool:
    """Return whether a name is the hub id of a downloaded model, and not a folder, which `load` would prefer."""
    from huggingface_hub import try_to_load_from_cache

    if name.count("/") != 1 or name.startswith((".", "/", "~")) or name.endswith("/") or Path(name).is_dir():
        return False
    try:
        return isinstance(try_to_load_from_cache(name, "config.json"), str)
    except ValueError:  # characters that no hub id has
        return False


def locate_tower(name: str) -> Path:
    """Return the folder of an audio tower: one on disk, or from the hub (and its cache).

    Raises HearsightError for a name that is neither.
    """
    path = Path(name).expanduser()
    if path.is_dir():
        return path
    if name.count("/") != 1 or name.startswith((".", "/", "~")):
        raise HearsightError(f"no audio tower '{name}': no such folder; give a folder, or a hub id like 'org/name'")
    folder = fetch(name, ["config.json", "model*.safetensors*"], has_tower)
    return folder if has_tower(folder) else fetch(name, ["config.json", OLDER_WEIGHTS], has_tower)


def cached_folder(name: str) -> Path | None:
    """Return the folder of a hub model in the cache, which may have a part of it; None if there is none.

    The hub's own library takes as long to import as a search takes, so this reads the cache itself. A name that is no
    hub id is in no cache: it may be a stranger's, and must not lead out of it.
    """
    from huggingface_hub import constants

    if not re.fullmatch(r"[\w.-]+(/[\w.-]+)?", name, re.ASCII):
        return None
    model = Path(constants.HF_HUB_CACHE) / f"models--{name.replace('/', '--')}"
    try:
        folder = model / "snapshots" / (model / "refs" / "main").read_text("utf-8").strip()
    except (OSError, ValueError):  # not there; characters that no file name has
        return None
    return folder if folder.is_dir() else None


def fetch(name: str, files: list[str], is_complete: Callable[[Path], bool], otherwise: str = USE_DEMO) -> Path:
    """Return the folder of a hub model that holds these of its files (patterns), downloading what is missing.

    The hub is contacted only if the cache is not complete: other programs may have downloaded a part of the model.
    otherwise: what can be done without a network, for a message.
    Raises HearsightError, with different messages for a misspelt name, a licence to accept, and a missing network.
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
        if is_complete(cached):
            return cached
    except (LocalEntryNotFoundError, HFValidationError):
        pass  # not downloaded yet
    _check_reachable(name, otherwise)
    try:
        return Path(snapshot_download(name, allow_patterns=files))
    except GatedRepoError as error:
        raise HearsightError(
            f"cannot fetch model '{name}': its licence has to be accepted first; accept it on the model's page, then "
            "log in with `hf auth login`"
        ) from error
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise HearsightError(
            f"no model '{name}' on the hub{suggest_model(name)}, and no such folder; check the spelling"
        ) from error
    except (LocalEntryNotFoundError, OSError) as error:
        raise _unreachable(name, otherwise) from error


def _check_reachable(name: str, otherwise: str) -> None:
    """Contact the hub once: its own client retries for minutes before it fails."""
    from huggingface_hub import constants, get_session

    try:
        if constants.HF_HUB_OFFLINE:
            raise OSError("HF_HUB_OFFLINE is set")
        get_session().head(constants.ENDPOINT, timeout=PATIENCE)
    except Exception as error:  # of the client's HTTP library: no name, no route, no answer
        raise _unreachable(name, otherwise) from error


def _unreachable(name: str, otherwise: str) -> HearsightError:
    return HearsightError(
        f"cannot fetch model '{name}'{suggest_model(name)}: there is no such folder, the hub cannot be reached, and it "
        f"was not downloaded before; connect to the network once, check the spelling, or {otherwise}"
    )
