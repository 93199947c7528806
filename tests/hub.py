"""A stand-in for the Hugging Face hub on this machine, which serves models from folders."""

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest
from huggingface_hub import constants

SHA = "0123456789abcdef0123456789abcdef01234567"


class Hub(ThreadingHTTPServer):
    """A hub with some models. Use `serve`.

    models: the folder of each, by hub id. requests: the method and path of each. status: of answers that are errors
    instead, by a part of their path. cut: the bytes after which the next download of a large file breaks off.
    """

    daemon_threads = True

    def __init__(self, models: dict[str, Path]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.models, self.requests = models, list[str]()
        self.status = dict[str, int]()
        self.cut: int | None = None
        self.text: str | None = None  # instead of JSON

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def downloads(self) -> list[str]:
        """The paths of the files that were downloaded."""
        return [request.removeprefix("GET ") for request in self.requests if re.match("GET .*/resolve/", request)]


class Handler(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self.answer(body=False)

    def do_GET(self) -> None:
        self.answer(body=True)

    def answer(self, body: bool) -> None:
        path = unquote(urlparse(self.path).path)
        self.server.requests.append(f"{self.command} {path}")
        for part, status in self.server.status.items():
            if part in path:
                return self.send(status, b'{"error": "broken"}', body)
        if match := re.fullmatch(r"/api/models/([^/]+/[^/]+)(/.*)?", path):
            return self.describe(match[1], match[2] or "", body)
        if match := re.fullmatch(r"/([^/]+/[^/]+)/resolve/[^/]+/(.+)", path):
            return self.send_file(match[1], match[2], body)
        return self.send(404, b"{}", body)

    def describe(self, name: str, rest: str, body: bool) -> None:
        if name not in self.server.models:
            return self.send(404, b'{"error": "Repository not found"}', body, {"X-Error-Code": "RepoNotFound"})
        if self.server.text is not None:
            return self.send(200, self.server.text.encode(), body)
        folder = self.server.models[name]
        files = {str(file.relative_to(folder)): file for file in sorted(folder.rglob("*")) if file.is_file()}
        if rest.startswith("/tree/"):
            answer: object = [
                {"type": "file", "path": path, "size": file.stat().st_size, "oid": etag(file)}
                for path, file in files.items()
            ]
        else:
            siblings = [
                {"rfilename": path, "size": file.stat().st_size, "blobId": etag(file)} for path, file in files.items()
            ]
            answer = {"_id": "1", "id": name, "sha": SHA, "siblings": siblings, "private": False, "tags": []}
        return self.send(200, json.dumps(answer).encode(), body)

    def send_file(self, name: str, file_name: str, body: bool) -> None:
        file = self.server.models.get(name, Path("/nowhere")) / file_name
        if not file.is_file():
            return self.send(404, b"", body, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": SHA})
        content, start = file.read_bytes(), 0
        if range_ := re.match(r"bytes=(\d+)-", self.headers.get("Range", "")):
            start = int(range_[1])
        headers = {"ETag": f'"{etag(file)}"', "X-Repo-Commit": SHA, "Accept-Ranges": "bytes"}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        self.send(206 if start else 200, content[start:], body, headers)

    def send(self, status: int, content: bytes, body: bool, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if not body:
            return
        cut, large = self.server.cut, "resolve" in self.path and self.path.endswith(".safetensors")
        if cut is not None and large:
            self.server.cut = None
            self.wfile.write(content[:cut])
            self.close_connection = True
            self.connection.close()
            return
        self.wfile.write(content)

    def log_message(self, *arguments: object) -> None:
        pass


def etag(file: Path) -> str:
    return hashlib.sha1(file.read_bytes()).hexdigest()


@contextmanager
def serve(models: dict[str, Path]) -> Iterator[Hub]:
    """Serve models until the block ends."""
    hub = Hub(models)
    thread = threading.Thread(target=hub.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        hub.shutdown()
        hub.server_close()


def use_cache(monkeypatch: pytest.MonkeyPatch, cache: Path) -> Path:
    """Let this process keep the hub's models in a folder, and reach no hub."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return cache


@contextmanager
def use_hub(monkeypatch: pytest.MonkeyPatch, cache: Path, models: dict[str, Path]) -> Iterator[Hub]:
    """Let this process reach a stand-in for the hub."""
    use_cache(monkeypatch, cache)
    with serve(models) as hub:
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "ENDPOINT", hub.address)
        url = hub.address + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url)
        yield hub


def put_into_cache(cache: Path, name: str, folder: Path) -> Path:
    """Move a checkpoint to where the hub's library keeps a download of this name. Return its folder there."""
    model = cache / f"models--{name.replace('/', '--')}"
    (model / "refs").mkdir(parents=True)
    (model / "refs" / "main").write_text(SHA)
    (model / "snapshots").mkdir()
    return folder.rename(model / "snapshots" / SHA)
