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
USE_NONE = "use --model none, which needs no network and finds what is said"
MARGIN = 1.05  # of the free disk: other programs write there, too

T = TypeVar("T")


class TemporaryError(HearsightError):
    """A download that may succeed another time: the network, the hub or the disk is at fault, and not the name."""


class UnreachableError(TemporaryError):
    """A model that is not on this machine, where the hub cannot be reached."""


@dataclass(frozen=True)
class Download:
    """What is missing of a model. name: its hub id. files: all of its files. bytes: of those that are missing."""

    name: str
    files: tuple[str, ...]
    bytes: int


def look_up(
    name: str,
    patterns: Sequence[str],
    otherwise: str = USE_NONE,
    patience: float = PATIENCE,
    again: bool = False,
) -> Download:
    """Ask the hub, in one request, which files of a model match patterns, and how large those are that are missing.

    Weights in the older format are left out where there are others. otherwise: what can be done without a network, for
    a message. patience: seconds until it has to answer; its own client tries for minutes. again: count all files.
    Raises HearsightError, with different messages for a misspelt name, a licence to accept, a missing network, and an
    answer that is not a hub's.
    """
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        raise unreachable(name, otherwise)
    from huggingface_hub import HfApi  # half a second

    try:
        info = call_with_timeout(patience, lambda: HfApi().model_info(name, timeout=patience, files_metadata=True))
        sizes = {file.rfilename: int(file.size or 0) for file in info.siblings or ()}
        files = [file for file in sizes if any(fnmatch(file, pattern) for pattern in patterns)]
        missing = [file for file in files if again or not _is_here(name, file)]
    except Exception as error:  # of the hub's client, and of its HTTP library
        raise _explain(error, name, otherwise) from error
    if any(file.endswith(".safetensors") for file in files):
        files = [file for file in files if file != OLDER_WEIGHTS]
    if not files:
        raise HearsightError(
            f"no model '{name}' on the hub{suggest_model(name)}: the repository has none of the files of a model that "
            "Hearsight can use; give another name"
        )
    return Download(name, tuple(files), sum(sizes[file] for file in missing if file in files))


def download(plan: Download, progress: Progress | None = None, otherwise: str = USE_NONE, again: bool = False) -> Path:
    """Download what is missing of a model, and return its folder in the hub's cache.

    progress: called with the model's name, and bytes. again: download the files that are there, too.
    An interrupted download is continued by the next one. Raises HearsightError as `look_up` does, and if the disk is
    too small.
    """
    from huggingface_hub import constants, snapshot_download

    cache = Path(constants.HF_HUB_CACHE)
    free = shutil.disk_usage(_nearest_folder(cache)).free
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
        raise _explain(error, plan.name, otherwise) from error


def unreachable(name: str, otherwise: str) -> UnreachableError:
    return UnreachableError(
        f"cannot fetch model '{name}'{suggest_model(name)}: there is no such folder, the hub cannot be reached, and it "
        f"was not downloaded before; connect to the network once, check the spelling, or {otherwise}"
    )


def call_with_timeout(seconds: float, call: Callable[[], T]) -> T:
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


def _explain(error: Exception, name: str, otherwise: str) -> HearsightError:
    """Return an error that says what is wrong with a model, the hub or the network, and what to do."""
    import httpx2  # a tenth of a second, which searches have no use for
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
        refused = cause.response is not None and cause.response.status_code in (401, 403)
        advice = "check your login (`hf auth whoami`)" if refused else "try again later"
        return TemporaryError(f"cannot fetch model '{name}': the hub answers with an error ({reason}); {advice}")
    if isinstance(cause, ValueError | KeyError | TypeError | AttributeError):
        return TemporaryError(
            f"cannot fetch model '{name}': what answers at {constants.ENDPOINT} is no hub ({reason}); log in to the "
            "network if it asks for that, and check HF_ENDPOINT"
        )
    if isinstance(cause, OSError) and cause.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return TemporaryError(
            f"cannot fetch model '{name}': {constants.HF_HUB_CACHE} cannot be written ({cause.strerror}); allow it, or "
            "set HF_HOME to another folder"
        )
    if isinstance(cause, OSError | httpx2.TransportError):  # a TimeoutError is an OSError
        return unreachable(name, otherwise)
    return TemporaryError(f"cannot fetch model '{name}': {reason}; run the command again, which continues")


def _reporting_bar(plan: Download, progress: Progress) -> type[Any]:
    """Return a bar that reports the bytes of a download, and draws nothing.

    The hub's client makes several, of what is received and of what is written, from several threads: the largest
    number counts.
    """
    from tqdm.auto import tqdm

    lock = threading.Lock()
    largest = 0

    class ReportingBar(tqdm):  # type: ignore[misc]
        def __init__(self, *arguments: Any, **options: Any) -> None:
            self.counts_bytes, self.count = options.get("unit") == "B", 0
            super().__init__(*arguments, **{**options, "disable": True})

        def update(self, n: float | None = 1) -> bool | None:
            nonlocal largest
            with lock:
                self.count += int(n or 0)
                if self.counts_bytes and self.count > largest:
                    largest = self.count
                    progress(plan.name, min(largest, plan.bytes), plan.bytes)
            return None

    return ReportingBar


def _is_here(name: str, file: str) -> bool:
    from huggingface_hub import try_to_load_from_cache

    return isinstance(try_to_load_from_cache(name, file), str)


def _nearest_folder(folder: Path) -> Path:
    """Return a folder, or the nearest above it that exists."""
    return next((each for each in (folder, *folder.parents) if each.is_dir()), Path())


def _is_disk_full(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        error = error.__cause__ or error.__context__
    return False


def _disk_full(name: str, cache: Path, reason: str) -> TemporaryError:
    return TemporaryError(
        f"cannot fetch model '{name}' to {cache}: {reason}; make room, or set HF_HOME to a folder on another disk. "
        "What is downloaded stays: run the command again"
    )


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.0f} MB"
