"""Model folders from the Hugging Face hub, and from its cache when there is no network."""

from __future__ import annotations

from pathlib import Path

from hearsight.errors import HearsightError

TOKENIZER_FILES = ["tokenizer*", "vocab.json", "merges.txt", "special_tokens*"]
MODEL_FILES = ["config.json", "model*.safetensors", *TOKENIZER_FILES]
PATIENCE = 10.0  # seconds
OLDER_WEIGHTS = "pytorch_model.bin"  # of repositories that have no safetensors


def fetch(name: str, files: list[str]) -> Path:
    """The folder of a hub model with these of its files (patterns); the hub is only asked for what is not in the cache.

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
        return Path(snapshot_download(name, allow_patterns=files, local_files_only=True))
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
        raise HearsightError(f"no model '{name}' on the hub, and no such folder here; check the spelling") from error
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
        f"cannot fetch model '{name}': the hub cannot be reached and no copy was downloaded before; "
        "go online once, check the spelling, or use --model demo, which needs no network"
    )
