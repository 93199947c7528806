"""A Python client of `hearsight serve`, with the methods and results of `hearsight.library`.

    from hearsight.client import Client

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
from typing import Any, BinaryIO, Self, TypeVar
from urllib.parse import quote

import httpx2
from pydantic import TypeAdapter, ValidationError

from hearsight.errors import HearsightError
from hearsight.library.results import Failure, Filters, Hit, Mode, SearchResult, Suggestion, Transcript
from hearsight.models.catalog import NamedModel
from hearsight.util.atomic import atomic_file
from hearsight.web.schemas import Format, LibraryState, PlayableClip, Status
from hearsight.web.updates import UpdateState

EVERYTHING = Filters()
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
    """A server, by its address. Usable in several threads; `close` it, or use it in a `with` block.

    library is the name of one as `libraries` tells it, and clip is `clip` of a hit. Times are seconds from the start
    of a file. Every method raises HearsightError: in the server's own words where it refuses, and where no server is
    reached. One that is busy is asked again a few times.
    """

    def __init__(self, address: str = "http://127.0.0.1:8765", token: str | None = None) -> None:
        """token: what the server was started with, if with any."""
        self.address = address.rstrip("/")
        if not self.address.startswith(("http://", "https://")):
            raise HearsightError(f"cannot ask {address!r}: it is no address; give one such as http://127.0.0.1:8765")
        known = {b"authorization": f"Bearer {token}".encode()} if token else {}
        try:
            self._http = httpx2.Client(base_url=f"{self.address}/api/v1/", headers=known, timeout=TIMEOUT)
        except httpx2.InvalidURL as error:
            raise HearsightError(f"cannot ask {address!r}: {error}; give one such as http://127.0.0.1:8765") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def status(self) -> Status:
        """Whether the server is ready to search."""
        return self._get(Status, "GET", "status")

    def models(self) -> list[NamedModel]:
        """The models that a folder can be indexed with, on the server's machine."""
        return self._get(list[NamedModel], "GET", "models")

    def examples(self) -> list[Suggestion]:
        """A few queries that these libraries answer."""
        return self._get(list[Suggestion], "GET", "examples")

    def search(
        self,
        query: str,
        mode: Mode = "hybrid",
        limit: int = 10,
        filters: Filters = EVERYTHING,
        library: str | None = None,
    ) -> SearchResult:
        """The best moment of each video, best first, in all libraries or the one that is named. limit: 100 at most."""
        asked = {"q": query, "mode": mode, "limit": limit, "library": library, **asdict(filters)}
        return self._get(SearchResult, "GET", "search", asked)

    def export(
        self,
        query: str,
        format: Format,
        mode: Mode = "hybrid",
        limit: int = 10,
        filters: Filters = EVERYTHING,
        library: str | None = None,
    ) -> bytes:
        """The same as the content of a file: a table, or a list of cuts that an editing program opens."""
        asked = {"q": query, "format": format, "mode": mode, "limit": limit, "library": library, **asdict(filters)}
        return self._read("GET", "search/export", asked)

    def search_by_example(
        self, path: str | Path, limit: int = 10, filters: Filters = EVERYTHING, library: str | None = None
    ) -> SearchResult:
        """The moments that are most like a picture, a sound or a short video, a file of this machine."""
        asked = {"limit": limit, "library": library, **asdict(filters)}
        try:
            with Path(path).open("rb") as file:
                return self._get(SearchResult, "POST", "search/example", asked, file)
        except OSError as error:
            raise HearsightError(f"cannot read {path}: {error.strerror}; give a file that can be read") from error

    def libraries(self) -> list[LibraryState]:
        """What is in each library, and how far its update is."""
        return self._get(list[LibraryState], "GET", "libraries")

    def library(self, library: str) -> LibraryState:
        """What is in a library, and how far its update is."""
        return self._get(LibraryState, "GET", _route(library))

    def failures(self, library: str) -> list[Failure]:
        """The files that could not be indexed, with the reasons."""
        return self._get(list[Failure], "GET", f"{_route(library)}/failures")

    def update(self, library: str) -> UpdateState:
        """Start an update: the server looks what changed in the folder, and indexes it. Fails while one runs."""
        return self._get(UpdateState, "POST", f"{_route(library)}/update")

    def stop_update(self, library: str) -> UpdateState:
        """Have an update end, if one runs. What it has done stays done."""
        return self._get(UpdateState, "DELETE", f"{_route(library)}/update")

    def follow_update(self, library: str) -> Iterator[UpdateState]:
        """The state of the latest update at once and at every change, until it is over."""
        with self._request("GET", f"{_route(library)}/update/events", timeout=NO_READ_TIMEOUT) as answer:
            for line in answer.iter_lines():
                if line.startswith("data:"):
                    yield self._parse(UpdateState, line.removeprefix("data:"))

    def clip(self, library: str, clip: str) -> PlayableClip:
        """What is known of a clip."""
        return self._get(PlayableClip, "GET", _route(library, clip))

    def thumbnail(self, library: str, clip: str) -> bytes:
        """A picture of a clip, as JPEG. Fails for one with nothing to see (`has_picture`)."""
        return self._read("GET", f"{_route(library, clip)}/thumbnail")

    def transcript(self, library: str, clip: str, query: str | None = None) -> Transcript:
        """What is said in a clip, and in the minute before and after it, with a query's words marked."""
        return self._get(Transcript, "GET", f"{_route(library, clip)}/transcript", {"q": query})

    def moments(self, library: str, clip: str, query: str, mode: Mode = "hybrid") -> list[Hit]:
        """All clips of a clip's video in order of time, ranked among themselves."""
        return self._get(list[Hit], "GET", f"{_route(library, clip)}/moments", {"q": query, "mode": mode})

    def similar(self, library: str, clip: str, limit: int = 10, filters: Filters = EVERYTHING) -> SearchResult:
        """The moments of other videos, in all libraries, that are most like a clip."""
        return self._get(SearchResult, "GET", f"{_route(library, clip)}/similar", {"limit": limit, **asdict(filters)})

    def download(self, library: str, clip: str, path: str | Path) -> Path:
        """Write the file that a clip is of to a path, and return that. It is there when it is whole."""
        path = Path(path)
        with self._request("GET", f"{_route(library, clip)}/media") as answer:
            try:
                with atomic_file(path) as part, part.open("wb") as file:
                    for block in answer.iter_bytes():
                        file.write(block)
            except OSError as error:
                raise HearsightError(
                    f"cannot write {path}: {error.strerror}; make room or get permission, or write elsewhere"
                ) from error
        return path

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
        """An answer that is no refusal. What breaks while it is read is told here, too."""
        given = {name: value for name, value in (parameters or {}).items() if value is not None}
        try:
            for left in reversed(range(MAX_ATTEMPTS)):
                if content is not None:
                    content.seek(0)
                with self._http.stream(method, route, params=given, content=content, timeout=timeout) as answer:
                    if answer.is_success:
                        yield answer
                        return
                    answer.read()
                if answer.status_code != 503 or not left:
                    raise HearsightError(_detail(answer))
                time.sleep(_seconds_to_wait(answer))
        except httpx2.ConnectError as error:
            raise HearsightError(
                f"no server answers at {self.address} ({error}); see whether `hearsight serve` runs there"
            ) from error
        except httpx2.TimeoutException as error:
            raise HearsightError(f"the server at {self.address} takes too long; try again later") from error
        except (httpx2.RequestError, httpx2.InvalidURL) as error:
            raise HearsightError(
                f"the connection to {self.address} failed: {error}; see whether `hearsight serve` still runs there"
            ) from error

    def _parse(self, kind: type[T], content: bytes | str) -> T:
        try:
            understood: T = _type_adapter(kind).validate_json(content)
            return understood
        except ValidationError as error:
            what = error.errors()[0]
            where = ".".join(map(str, what["loc"])) or "all of it"
            raise HearsightError(
                f"cannot read what {self.address} answers ({where}: {what['msg']}); see whether that is "
                "`hearsight serve`, of no other version"
            ) from error


def _route(library: str, clip: str | None = None) -> str:
    """The route of a library, or of a clip in it."""
    route = f"libraries/{quote(library, safe='')}"
    return route if clip is None else f"{route}/clips/{quote(clip, safe='')}"


def _detail(answer: httpx2.Response) -> str:
    """Why a server refuses, in its own words where it has any."""
    try:
        return str(json.loads(answer.content)["detail"])
    except (ValueError, TypeError, LookupError):
        told = f"{answer.status_code} {answer.reason_phrase}"
        return f"cannot use {answer.url}: it answers {told}; see whether that is `hearsight serve`"


def _seconds_to_wait(answer: httpx2.Response) -> float:
    try:
        return min(max(float(answer.headers["retry-after"]), 0.0), MAX_WAIT_SECONDS)
    except (KeyError, ValueError):
        return 1.0
