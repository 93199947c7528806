"""A Python client of `hearsight serve`, with the methods and results of `hearsight.library`.

    from hearsight import Client

    with Client("http://127.0.0.1:8765") as client:
        for hit in client.search("a bell rings").hits:
            print(hit.path, hit.moment, hit.line)

The model and the libraries are on the server: this module imports neither torch, LanceDB nor FastAPI.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Self, TypeVar
from urllib.parse import quote

import httpx2
from pydantic import TypeAdapter, ValidationError

from hearsight.errors import HearsightError
from hearsight.library.reports import UpdateReport
from hearsight.library.results import (
    Failure,
    Filters,
    Hit,
    LibraryInfo,
    Mode,
    SearchResult,
    Sense,
    Suggestion,
    Transcript,
    check_confidence,
    check_limit,
    clip_id,
)
from hearsight.models.catalog import NamedModel
from hearsight.util.atomic import atomic_file
from hearsight.web.schemas import LibraryState, PlayableClip, Status
from hearsight.web.updates import UpdateState

if TYPE_CHECKING:
    from hearsight.library.cut_lists import Format

# The first answer may have to wait until the model is loaded.
TIMEOUT = httpx2.Timeout(180, connect=10)
# An update may send nothing for as long as it reads one file.
NO_READ_TIMEOUT = httpx2.Timeout(None, connect=10)
MAX_ATTEMPTS = 4
MAX_WAIT_SECONDS = 10.0

T = TypeVar("T")

# Converts JSON to objects and ignores unknown fields. It takes milliseconds to create one.
_type_adapter: Callable[[Any], TypeAdapter[Any]] = cache(TypeAdapter)


class Client:
    """A running `hearsight serve`, with the methods and results of `hearsight.library.Collection`.

    A clip is a hit, or the id of a clip (`Hit.clip`). `library` is the name of a library, as `libraries` returns it.
    It may be left out for a hit, which names its library, and where the server has only one library. Times are seconds
    from the start of a file.
    Every method raises HearsightError, with the server's message if it refuses. A busy server is asked again a few
    times. A client may be used in several threads; `close` it, or use it in a `with` block.
    """

    def __init__(self, address: str = "http://127.0.0.1:8765", token: str | None = None) -> None:
        """token: the one that the server was started with, if any."""
        self.address = address.rstrip("/")
        if not self.address.startswith(("http://", "https://")):
            raise HearsightError(f"{address!r} is not the address of a server; give one such as http://127.0.0.1:8765")
        headers = {b"authorization": f"Bearer {token}".encode()} if token else {}
        try:
            self._http = httpx2.Client(base_url=f"{self.address}/api/v1/", headers=headers, timeout=TIMEOUT)
        except httpx2.InvalidURL as error:
            raise HearsightError(
                f"{address!r} is not the address of a server: {error}; give one such as http://127.0.0.1:8765"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    # Searching

    def search(
        self,
        query: str,
        mode: Mode = "hybrid",
        limit: int = 10,
        filters: Filters | None = None,
        *,
        library: str | None = None,
        all_moments: bool = False,
        min_confidence: float | None = None,
    ) -> SearchResult:
        """Return the best moments of the best `limit` videos (at most 100), or the best moments of any; best first."""
        parameters = _search_parameters(query, mode, limit, filters, library, all_moments, min_confidence)
        return self._get(SearchResult, "GET", "search", parameters)

    def export(
        self,
        query: str,
        format: Format,
        mode: Mode = "hybrid",
        limit: int = 10,
        filters: Filters | None = None,
        *,
        library: str | None = None,
        all_moments: bool = False,
        min_confidence: float | None = None,
    ) -> bytes:
        """Return the matches of a search as a file: a table, or a cut list that an editing program opens.

        min_confidence: leave out moments of less confidence; None leaves out weak ones.
        """
        parameters = _search_parameters(query, mode, limit, filters, library, all_moments, min_confidence)
        return self._read("GET", "search/export", {"format": format, **parameters})

    def search_by_example(
        self,
        path: str | Path,
        limit: int = 10,
        filters: Filters | None = None,
        *,
        by: Sense | None = None,
        library: str | None = None,
    ) -> SearchResult:
        """Return the moments that are most similar to a picture, a sound or a short video: a file of this machine.

        by: compare what is "seen" or "heard"; None for both.
        """
        check_limit(limit)
        parameters = {"limit": limit, "by": by, "library": library, **asdict(filters or Filters())}
        try:
            with Path(path).open("rb") as file:
                return self._get(SearchResult, "POST", "search/example", parameters, file)
        except OSError as error:
            raise HearsightError(f"cannot read {path}: {error.strerror}; give a file that can be read") from error

    def similar(
        self,
        clip: Hit | str,
        limit: int = 10,
        filters: Filters | None = None,
        *,
        by: Sense | None = None,
        library: str | None = None,
    ) -> SearchResult:
        """Return the moments of other videos, in all libraries, that are most similar to a clip of `library`.

        by: compare what is "seen", "heard" or "said"; None for all.
        """
        check_limit(limit)
        parameters = {"limit": limit, "by": by, **asdict(filters or Filters())}
        return self._get(SearchResult, "GET", f"{self._clip_route(clip, library)}/similar", parameters)

    def moments(self, clip: Hit | str, query: str, mode: Mode = "hybrid", library: str | None = None) -> list[Hit]:
        """Return all clips of a clip's video in order of time, each with its rank among them."""
        parameters = {"q": query, "mode": mode}
        return self._get(list[Hit], "GET", f"{self._clip_route(clip, library)}/moments", parameters)

    def transcript(self, clip: Hit | str, query: str | None = None, library: str | None = None) -> Transcript:
        """Return what is said in a clip and in the minute before and after it, with the query's words marked."""
        return self._get(Transcript, "GET", f"{self._clip_route(clip, library)}/transcript", {"q": query})

    def suggestions(self) -> list[Suggestion]:
        """Return a few queries that have answers in these libraries."""
        return self._get(list[Suggestion], "GET", "examples")

    # One clip

    def clip(self, clip: Hit | str, library: str | None = None) -> PlayableClip:
        """Return a clip's details."""
        return self._get(PlayableClip, "GET", self._clip_route(clip, library))

    def thumbnail(self, clip: Hit | str, library: str | None = None) -> bytes:
        """Return a picture of a clip as JPEG. Fails for a clip without pictures (`PlayableClip.has_picture`)."""
        return self._read("GET", f"{self._clip_route(clip, library)}/thumbnail")

    def download(self, clip: Hit | str, path: str | Path, library: str | None = None) -> Path:
        """Write a clip's whole file to a path, and return the path. No incomplete file is left at the path."""
        path = Path(path)
        with self._request("GET", f"{self._clip_route(clip, library)}/media") as answer:
            try:
                with atomic_file(path) as part, part.open("wb") as file:
                    for block in answer.iter_bytes():
                        file.write(block)
            except OSError as error:
                raise HearsightError(
                    f"cannot write {path}: {error.strerror}; free disk space, check the permissions, or choose "
                    "another path"
                ) from error
        return path

    # The server and its libraries

    def status(self) -> Status:
        """Return whether the server is ready to search."""
        return self._get(Status, "GET", "status")

    def models(self) -> list[NamedModel]:
        """Return the models that a folder can be indexed with on the server's machine."""
        return self._get(list[NamedModel], "GET", "models")

    def libraries(self) -> list[LibraryState]:
        """Return the content of each library, and the progress of its update."""
        return self._get(list[LibraryState], "GET", "libraries")

    def info(self, library: str | None = None) -> LibraryInfo:
        """Return what is in a library."""
        return self._get(LibraryState, "GET", self._library_route(library)).info

    def failures(self, library: str | None = None) -> list[Failure]:
        """Return the files that could not be indexed, with the reasons."""
        return self._get(list[Failure], "GET", f"{self._library_route(library)}/failures")

    # Updates

    def update(self, library: str | None = None) -> UpdateReport:
        """Index what is new or has changed in the folder, and return a report when the update is over.

        Raises HearsightError if the update fails, is stopped, or runs already. See `start_update` to follow it.
        """
        self.start_update(library)
        *_, state = self.follow_update(library)
        if state.state != "done":
            raise HearsightError(state.error or "the update was stopped, and its finished work is kept; start it again")
        return self._parse(UpdateReport, json.dumps(state.report))

    def start_update(self, library: str | None = None) -> UpdateState:
        """Start an update, and return at once. Raises HearsightError if one runs already."""
        return self._get(UpdateState, "POST", f"{self._library_route(library)}/update")

    def stop_update(self, library: str | None = None) -> UpdateState:
        """Stop the update, if one runs. Its finished work is kept."""
        return self._get(UpdateState, "DELETE", f"{self._library_route(library)}/update")

    def follow_update(self, library: str | None = None) -> Iterator[UpdateState]:
        """Yield the state of the latest update at once and at every change, until the update is over."""
        route = f"{self._library_route(library)}/update/events"
        with self._request("GET", route, timeout=NO_READ_TIMEOUT) as answer:
            for line in answer.iter_lines():
                if line.startswith("data:"):
                    yield self._parse(UpdateState, line.removeprefix("data:"))

    # Requests

    def _library_route(self, library: str | None) -> str:
        return f"libraries/{quote(library or self._only_library(), safe='')}"

    def _clip_route(self, clip: Hit | str, library: str | None) -> str:
        if library is None and isinstance(clip, Hit):
            library = clip.library
        return f"{self._library_route(library)}/clips/{quote(clip_id(clip), safe='')}"

    def _only_library(self) -> str:
        """Return the name of the server's library. Raises HearsightError if it has several."""
        names = self.status().libraries
        if len(names) != 1:
            raise HearsightError(f"{self.address} has several libraries; name one of them: {', '.join(names)}")
        return names[0]

    def _get(
        self,
        kind: type[T],
        method: str,
        route: str,
        parameters: dict[str, Any] | None = None,
        content: BinaryIO | None = None,
    ) -> T:
        return self._parse(kind, self._read(method, route, parameters, content))

    def _read(
        self, method: str, route: str, parameters: dict[str, Any] | None = None, content: BinaryIO | None = None
    ) -> bytes:
        with self._request(method, route, parameters, content) as answer:
            return answer.read()

    @contextmanager
    def _request(
        self,
        method: str,
        route: str,
        parameters: dict[str, Any] | None = None,
        content: BinaryIO | None = None,
        timeout: httpx2.Timeout = TIMEOUT,
    ) -> Iterator[httpx2.Response]:
        """Return a successful answer. Raises HearsightError for refusals, and if the connection breaks meanwhile."""
        sent_parameters = {name: value for name, value in (parameters or {}).items() if value is not None}
        try:
            for retries in reversed(range(MAX_ATTEMPTS)):
                if content is not None:
                    content.seek(0)
                with self._http.stream(
                    method, route, params=sent_parameters, content=content, timeout=timeout
                ) as answer:
                    if answer.is_success:
                        yield answer
                        return
                    answer.read()
                if answer.status_code != 503 or not retries:
                    raise HearsightError(_detail(answer))
                time.sleep(_wait_seconds(answer))
        except httpx2.ConnectError as error:
            raise HearsightError(
                f"no server answers at {self.address} ({error}); check that `hearsight serve` runs there"
            ) from error
        except httpx2.TimeoutException as error:
            raise HearsightError(f"the server at {self.address} does not answer in time; try again later") from error
        except (httpx2.RequestError, httpx2.InvalidURL) as error:
            raise HearsightError(
                f"the connection to {self.address} failed: {error}; check that `hearsight serve` still runs there"
            ) from error

    def _parse(self, kind: type[T], content: bytes | str) -> T:
        try:
            parsed: T = _type_adapter(kind).validate_json(content)
            return parsed
        except ValidationError as error:
            problem = error.errors()[0]
            field = ".".join(map(str, problem["loc"])) or "the whole answer"
            raise HearsightError(
                f"cannot read the answer of {self.address} ({field}: {problem['msg']}); check that it is "
                "`hearsight serve` of the same version"
            ) from error


def _search_parameters(
    query: str,
    mode: Mode,
    limit: int,
    filters: Filters | None,
    library: str | None,
    all_moments: bool,
    min_confidence: float | None,
) -> dict[str, Any]:
    check_limit(limit)
    check_confidence(min_confidence)
    options = {"library": library, "all_moments": all_moments, "min_confidence": min_confidence}
    return {"q": query, "mode": mode, "limit": limit, **options, **asdict(filters or Filters())}


def _detail(answer: httpx2.Response) -> str:
    """Return the server's message, or the status of an answer without one."""
    try:
        return str(json.loads(answer.content)["detail"])
    except (ValueError, TypeError, LookupError):
        status = f"{answer.status_code} {answer.reason_phrase}"
        return f"{answer.url} answers {status}; check that it is `hearsight serve`"


def _wait_seconds(answer: httpx2.Response) -> float:
    try:
        return min(max(float(answer.headers["retry-after"]), 0.0), MAX_WAIT_SECONDS)
    except (KeyError, ValueError):
        return 1.0
