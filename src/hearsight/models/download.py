"""Download models from the Hugging Face hub."""

from __future__ import annotations

import errno
import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, TypeVar

from hearsight.errors import HearsightError
from hearsight.models.catalog import suggest_model
from hearsight.util.progress import Progress

OLDER_WEIGHTS = "pytorch_model.bin"  # of repositories that have no safetensors
PATIENCE = 10.0  # seconds that the hub has to answer
USE_DEMO = "use --model demo, which needs no network"
MARGIN = 1.05  # of the free disk: other programs write there, too

T = TypeVar("T")


class UnreachableError(HearsightError):
    """A model that is not on this machine, where there is no network."""


@dataclass(frozen=True)
class Download:
    """What is missing of a model. name: its hub id. files: all of its files. bytes: of those that are missing."""

    name: str
    files: tuple[str, ...]
    bytes: int


def look_up(name: str, patterns: Sequence[str], otherwise: str = USE_DEMO, patience: float = PATIENCE) -> Download:
    """Ask the hub, in one request, which files of a model match patterns, and how large those are that are missing.

    Weights in the older format are left out where there are others. otherwise: what can be done without a network, for
    a message. patience: seconds until it has to answer; its own client tries for minutes.
    Raises HearsightError, with different messages for a misspelt name, a licence to accept, a missing network, and an
    answer that is none.
    """
    from huggingface_hub import HfApi, constants

    if constants.HF_HUB_OFFLINE:
        raise unreachable(name, otherwise)
    try:
        info = within(patience, lambda: HfApi().model_info(name, timeout=patience, files_metadata=True))
        sizes = {file.rfilename: int(file.size or 0) for file in info.siblings or ()}
    except Exception as error:  # of the hub's client, and of its HTTP library
        raise _explained(error, name, otherwise) from error
    files = [file for file in sizes if any(fnmatch(file, pattern) for pattern in patterns)]
    if any(file.endswith(".safetensors") for file in files):
        files = [file for file in files if file != OLDER_WEIGHTS]
    if not files:
        raise HearsightError(
            f"no model '{name}' on the hub{suggest_model(name)}: the repository has none of the files of a model that "
            "Hearsight can use; give another name"
        )
    return Download(name, tuple(files), sum(sizes[file] for file in files if not _is_here(name, file)))


def download(plan: Download, progress: Progress | None = None, otherwise: str = USE_DEMO, again: bool = False) -> Path:
    """Download what is missing of a model, and return its folder in the hub's cache.

    progress: called with the model's name, and bytes. again: download the files that are there, too.
    An interrupted download is continued by the next one. Raises HearsightError as `look_up` does, and if the disk is
    too small.
    """
    from huggingface_hub import constants, snapshot_download

    cache = Path(constants.HF_HUB_CACHE)
    free = shutil.disk_usage(_existing(cache)).free
    if plan.bytes * MARGIN > free:
        raise _disk_full(plan.name, cache, f"it takes {_megabytes(plan.bytes)}, and {_megabytes(free)} are free")
    options: dict[str, Any] = {"allow_patterns": list(plan.files), "force_download": again}
    if progress is not None:
        options["tqdm_class"] = _reporting_bar(plan, progress)
    try:
        return Path(snapshot_download(plan.name, **options))
    except Exception as error:  # of the hub's client, and of its HTTP library
        if _is_disk_full(error):
            raise _disk_full(plan.name, cache, "the disk is full") from error
        raise _explained(error, plan.name, otherwise) from error


def unreachable(name: str, otherwise: str) -> UnreachableError:
    return UnreachableError(
        f"cannot fetch model '{name}'{suggest_model(name)}: there is no such folder, the hub cannot be reached, and it "
        f"was not downloaded before; connect to the network once, check the spelling, or {otherwise}"
    )


def within(seconds: float, call: Callable[[], T]) -> T:
    """Return what a call returns, or raise TimeoutError. A name that no server resolves can block for minutes."""
    results = list[T]()
    errors = list[Exception]()

    def work() -> None:
        try:
            results.append(call())
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        raise TimeoutError(f"no answer within {seconds:g} s")
    return results[0]


def _explained(error: Exception, name: str, otherwise: str) -> HearsightError:
    """Return an error that says what is wrong with a model, the hub or the network, and what to do."""
    from huggingface_hub import constants
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        RepositoryNotFoundError,
    )

    cause = error.__cause__ if isinstance(error.__cause__, HfHubHTTPError) else error
    if isinstance(cause, GatedRepoError):
        return HearsightError(
            f"cannot fetch model '{name}': its licence has to be accepted first; accept it on the model's page, then "
            "log in with `hf auth login`"
        )
    if isinstance(cause, RepositoryNotFoundError | HFValidationError):
        return HearsightError(
            f"no model '{name}' on the hub{suggest_model(name)}, and no such folder; check the spelling"
        )
    reason = (str(cause).strip() or type(cause).__name__).splitlines()[0]
    if isinstance(cause, HfHubHTTPError):
        return HearsightError(f"cannot fetch model '{name}': the hub answers with an error ({reason}); try again later")
    if isinstance(cause, ValueError | KeyError | TypeError | AttributeError):
        return HearsightError(
            f"cannot fetch model '{name}': what answers at {constants.ENDPOINT} is no hub ({reason}); log in to the "
            "network if it asks for that, and check HF_ENDPOINT"
        )
    if isinstance(cause, OSError) and cause.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return HearsightError(
            f"cannot fetch model '{name}': {constants.HF_HUB_CACHE} cannot be written ({cause.strerror}); allow it, or "
            "set HF_HOME to another folder"
        )
    return unreachable(name, otherwise)


def _reporting_bar(plan: Download, progress: Progress) -> type[Any]:
    """Return a bar that reports the bytes of a download, and draws nothing."""
    from tqdm.auto import tqdm

    class ReportingBar(tqdm):  # type: ignore[misc]
        def __init__(self, *arguments: Any, **options: Any) -> None:
            self.counts_bytes, self.count = options.get("unit") == "B", 0
            super().__init__(*arguments, **{**options, "disable": True})

        def update(self, n: float | None = 1) -> bool | None:
            self.count += int(n or 0)
            if self.counts_bytes:
                progress(plan.name, min(self.count, plan.bytes), plan.bytes)
            return None

    return ReportingBar


def _is_here(name: str, file: str) -> bool:
    from huggingface_hub import try_to_load_from_cache

    return isinstance(try_to_load_from_cache(name, file), str)


def _existing(folder: Path) -> Path:
    """Return a folder, or the nearest above it that exists."""
    return next((each for each in (folder, *folder.parents) if each.is_dir()), Path())


def _is_disk_full(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        error = error.__cause__ or error.__context__
    return False


def _disk_full(name: str, cache: Path, reason: str) -> HearsightError:
    return HearsightError(
        f"cannot fetch model '{name}' to {cache}: {reason}; make room, or set HF_HOME to a folder on another disk. "
        "What is downloaded stays: run the command again"
    )


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.0f} MB"
