"""A bucket of an S3 that runs in this process."""

from pathlib import Path
from urllib.request import urlopen

import pytest

from hearsight.util import child_process, object_store


@pytest.fixture
def bucket(monkeypatch):
    """Puts files into s3://films, of a store that is this test's own. Skips without moto."""
    moto = pytest.importorskip("moto.server", reason="moto is not installed")
    boto3 = pytest.importorskip("boto3", reason="boto3 is not installed")
    server = moto.ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")

    clear = object_store._connected.cache_clear  # which a test may replace

    def forget():
        clear()
        child_process.close_idle()

    forget()
    urlopen(f"http://{host}:{port}/moto-api/reset", b"")  # all servers of a process hold the same
    bucket = Bucket(boto3.client("s3"), server)
    yield bucket
    bucket.stop()
    forget()


class Bucket:
    def __init__(self, client, server) -> None:
        self.client, self.server = client, server
        client.create_bucket(Bucket="films")

    def put(self, key: str, content: bytes) -> None:
        self.client.put_object(Bucket="films", Key=key, Body=content)

    def upload(self, folder: Path, prefix: str = "") -> None:
        """All files of a folder, by the same names."""
        for file in folder.rglob("*"):
            if file.is_file():
                self.put(f"{prefix}{file.relative_to(folder).as_posix()}", file.read_bytes())

    def delete(self, key: str) -> None:
        self.client.delete_object(Bucket="films", Key=key)

    def stop(self) -> None:
        """The store answers no more."""
        self.server.stop()
