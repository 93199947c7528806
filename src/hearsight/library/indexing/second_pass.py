"""What a pass over files that are indexed already has in common, whether it hears them or reads their pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from hearsight.library.indexing.read import failure_reason
from hearsight.library.listeners import UpdateListener
from hearsight.library.reports import UpdateReport
from hearsight.library.results import Failure
from hearsight.library.tables.schema import Video
from hearsight.media.decode_clips import decoding_limits
from hearsight.util.child_process import Caller, ChildEndedError, ChildStartError

Item = TypeVar("Item")


class UnreadableError(Exception):
    """An error in a file, and not in what hears or reads it."""


def decode_items(
    call: Caller,
    function: Callable[..., Iterator[Item]],
    video: Video,
    file: Path,
    parts: Sequence[Any],
    *arguments: Any,
) -> Iterator[Item]:
    """Yield what a function decodes from the file of a video, an item for each part, in order.

    If a process ends that decodes it, another one goes on, once. Raises UnreadableError for any error in the file.
    """
    limits, count = decoding_limits(file, video.duration), 0
    try:
        try:
            for item in call(function, file, parts, *arguments, limits=limits):
                count += 1
                yield item
        except ChildEndedError as error:
            if not error.may_recover:
                raise
            yield from call(function, file, parts[count:], *arguments, limits=limits)
    except (MemoryError, ChildStartError):
        raise
    except Exception as error:  # a damaged file can make a decoder raise anything
        raise UnreadableError(failure_reason(error, file)) from error


@contextmanager
def report_file(video: Video, progress: UpdateListener, report: UpdateReport, problem: str) -> Iterator[None]:
    """Report the file of a video as done or, after an UnreadableError, as failed. problem: what then cannot be done."""
    path = Path(video.path)
    progress.file(path, video.size)
    try:
        yield
    except UnreadableError as error:
        failure = Failure(video.path, f"{problem}: {error}", datetime.now(UTC).isoformat(timespec="seconds"))
        report.failed.append(failure)
        progress.failed(path, failure.reason)
    else:
        progress.done(path)
