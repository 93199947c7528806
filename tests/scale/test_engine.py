"""Index on a cluster of several nodes, some of which are lost."""

import errno
import json
import os
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from hearsight.cli.main import main
from hearsight.errors import HearsightError
from hearsight.library import Library
from hearsight.library.indexing import update
from hearsight.library.listeners import NullListener
from hearsight.library.tables.library_json import Identity
from hearsight.models.methods.save import SAVE
from hearsight.models.registry import register
from tests.builders import tiny_model
from tests.library.conftest import assert_same, film, rows, say

pytest.importorskip("hearsight.scale.cluster", reason="Ray is not installed (hearsight[ray])")

import ray

from hearsight.scale import engine as engines
from hearsight.scale import fragments
from hearsight.scale.cluster import check_nodes
from hearsight.scale.engine import RayEngine

FILMS = 9  # that can be read

# The tests share one cluster, which only one process can lead, and a run on it takes ten seconds of a core or more for
# each worker. So a run proves several things. The tests are in an order: first one worker, then two, and last those
# that change the nodes, for which this process joins the cluster anew.
pytestmark = [pytest.mark.ray, pytest.mark.slow]


@pytest.fixture(scope="module")
def two_films(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("two films")
    for name in ("bell", "sea"):
        film(folder / f"{name}.mkv", 3, seed=len(name))
    return folder


@pytest.fixture(scope="module")
def films(tmp_path_factory) -> Path:
    """Create films for several tasks: short ones, one longer than a batch with subtitles, and a damaged one."""
    folder = tmp_path_factory.mktemp("films")
    for number in range(FILMS - 2):
        film(folder / f"{number:02}.mkv", 2 + number % 3, seed=number)
    film(folder / "long.mkv", 20, seed=99)
    say(folder / "long.srt", "the doctor lost", "a yellow bicycle")
    film(folder / "sea.mkv", 2, seed=98)
    say(folder / "sea.srt", "a deadly tide")
    (folder / "bad.mp4").write_text("this is no film")
    return folder


def index(folder: Path, model, location: Path, engine: RayEngine, keep_features: bool = False) -> Library:
    library = Library.create(folder, model, library=location, seconds=1, keep_features=keep_features)
    report = library.update(engine=engine, recogniser="none")
    assert (report.added, [failure.path for failure in report.failed]) == (FILMS, ["bad.mp4"])
    assert report.clips == len(rows(library)[1])
    return library


def rows_without(library: Library, path: str) -> tuple[list[dict], list[dict]]:
    """Return the rows of a library but for those of one film."""
    videos, clips = rows(library)
    ids = {video["id"] for video in videos if video["path"] == path}
    return [video for video in videos if video["id"] not in ids], [clip for clip in clips if clip["video"] not in ids]


class Strange:
    name = "strange"


class Full(SAVE):
    """A model whose worker's disk is full."""

    def extract(self, clips):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_errors_of_nodes_are_explained(two_films, model, tmp_path, engine, monkeypatch):
    library = Library.create(two_films, model, library=tmp_path / "at", seconds=1)
    with pytest.raises(HearsightError, match=r"the node .* does not see .*gone.mkv; mount that disk on all nodes"):
        check_nodes(library.location, two_films / "gone.mkv")
    with pytest.raises(HearsightError, match=r"does not see .*nowhere; mount that disk"):
        engine.check(tmp_path / "nowhere", library.location)
    engine.check(two_films, library.location)
    with monkeypatch.context() as patch:
        patch.setattr(Identity, "read", lambda location: replace(library.identity, seconds=7.0))
        with pytest.raises(HearsightError, match=r"the node .* does not see the library at .*; keep it on a disk"):
            check_nodes(library.location, two_films / "sea.mkv")
    with monkeypatch.context() as patch:
        patch.setattr("hearsight.scale.cluster.VERSION", "99")
        with pytest.raises(HearsightError, match=r"has Hearsight .*, not 99; install the same on all"):
            check_nodes(library.location, two_films / "sea.mkv")
    with pytest.raises(HearsightError, match="unknown recogniser 'strange'"):
        library.update(recogniser=Strange(), engine=engine)
    with pytest.raises(HearsightError, match="a cluster has no mps; choose --device cpu or cuda"):
        RayEngine("127.0.0.1:1", "mps")
    full = tiny_model(tmp_path / "full")
    full.__class__ = Full
    library.use(full)
    with pytest.raises(HearsightError, match=r"cannot write the library at .*: No space left"):
        library.update(engine=engine, recogniser="none")
    library.use(model)
    assert library.update(recogniser="none").added == 2


@pytest.fixture(scope="module")
def one_worker(films, model, tmp_path_factory, cluster) -> Library:
    """Index on one worker without any disturbance."""
    assert len(cluster.nodes) == 1
    return index(films, model, tmp_path_factory.mktemp("one worker"), cluster.join())


@pytest.fixture
def two_workers(one_worker, cluster) -> None:
    cluster.ensure(2)


def test_rows_do_not_depend_on_the_number_of_workers(
    films, model, tmp_path, one_worker, two_workers, engine, monkeypatch
):
    compacted = []
    compact = fragments.compact
    monkeypatch.setattr(fragments, "compact", lambda table: compacted.append(compact(table)))
    monkeypatch.setattr(engines, "MAX_SMALL_FRAGMENTS", 4)
    monkeypatch.setattr(update, "COMMIT_SECONDS", 0.0)
    two = index(films, model, tmp_path / "two", engine, keep_features=True)
    assert len(compacted) > 1
    assert rows(one_worker) == rows(two)
    assert two._store.features.ids() == two._store.ids()
    assert [clip["id"] for clip in rows(two)[1]] == sorted({clip["id"] for clip in rows(two)[1]})
    [hit] = two.search("the doctor lost", mode="speech").hits
    assert hit.path == Path("long.mkv") and two.info().failures == 1
    again = Library.open(films, two.location)
    assert again.update(recogniser="none").unchanged == FILMS


class Doomed(SAVE):
    """A model that kills or blocks the first worker that encodes."""

    marker: Path
    kills = False

    def extract(self, clips):
        try:
            with self.marker.open("x") as file:
                file.write(ray.get_runtime_context().get_node_id())
        except FileExistsError:
            return super().extract(clips)
        if self.kills:
            os.kill(os.getpid(), signal.SIGKILL)
        while True:  # until its node is killed
            time.sleep(0.1)


class Deadly(SAVE):
    """A model that kills each worker that reads a text with the word "deadly"."""

    def tokenize(self, texts):
        if any("deadly" in text for text in texts):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().tokenize(texts)


class DoomedAndDeadly(Doomed, Deadly):
    """A model that also kills the first worker that encodes."""

    kills = True


def test_killed_workers_change_no_row_but_those_of_a_file_that_kills_all(
    films, one_worker, two_workers, tmp_path, engine, house_methods
):
    register("deadly")(Deadly)
    model = tiny_model(tmp_path / "deadly", "deadly")
    model.__class__ = DoomedAndDeadly  # a method that is registered may not have `extract`
    model.marker = tmp_path / "marker"
    library = Library.create(films, model, library=tmp_path / "library", seconds=1)
    report = library.update(engine=engine, recogniser="none")
    expected = rows_without(one_worker, "sea.mkv")
    assert model.marker.exists() and rows(library) == expected
    assert (report.added, report.clips) == (FILMS - 1, len(expected[1]))
    failures = {failure.path: failure.reason for failure in report.failed}
    assert failures.keys() == {"bad.mp4", "sea.mkv"}
    assert "3 workers ended while they read it" in failures["sea.mkv"]
    # The next run may succeed, so the transcript stays for it.
    assert {path.suffix for path in (library.location / "transcripts").iterdir()} == {".json"}


class Stopping(NullListener):
    """Raise KeyboardInterrupt after some clips."""

    encoded = 0

    def clips(self, number, of):
        self.encoded += number
        if self.encoded >= 12:
            raise KeyboardInterrupt


@pytest.fixture
def doomed(model, tmp_path) -> SAVE:
    doomed = tiny_model(tmp_path / "doomed")
    doomed.__class__ = Doomed
    doomed.marker = tmp_path / "marker"
    assert doomed.fingerprint == model.fingerprint
    return doomed


def test_an_interrupted_run_is_finished_with_the_same_rows_though_a_node_is_killed(
    films, one_worker, two_workers, model, doomed, tmp_path, cluster, engine, monkeypatch
):
    monkeypatch.setattr(update, "COMMIT_SECONDS", 0.0)
    library = Library.create(films, model, library=tmp_path / "library", seconds=1)
    with engine, pytest.raises(KeyboardInterrupt):
        library.update(Stopping(), engine=engine, recogniser="none")
    assert not ray.is_initialized()
    assert 0 < len(rows(library)[1]) < len(rows(one_worker)[1])

    killed, done = [], threading.Event()

    def kill() -> None:
        while not (killed or done.wait(0.05)):
            id = doomed.marker.read_text() if doomed.marker.exists() else ""
            for node in [node for node in cluster.nodes if node.node_id == id]:
                cluster.kill(node)
                killed.append(id)

    killer = threading.Thread(target=kill)
    library.use(doomed)
    with RayEngine(cluster.address) as engine:
        killer.start()
        try:
            library.update(engine=engine, recogniser="none")
        finally:
            done.set()
            killer.join()
    assert killed and rows(library) == rows(one_worker)


RECOGNISER = """
import hearsight

@hearsight.register_recogniser("mine")
class Mine:
    def __init__(self, detail):
        self.name = f"mine:{detail}"
"""


def test_the_command_line_indexes_a_bucket_on_a_cluster_with_a_recogniser_of_a_plugin(
    two_films, bucket, tmp_path, cluster, outside, no_plugins, capfd
):
    cluster.renew()  # which knows where the bucket is
    bucket.upload(two_films, "tides/")
    tiny_model(tmp_path / "model")
    (tmp_path / "mine.py").write_text(RECOGNISER)
    words = ["--plugin", str(tmp_path / "mine.py"), "index", "s3://films/tides", "--library", str(tmp_path / "at")]
    words += ["--model", str(tmp_path / "model"), "--seconds", "1", "--recogniser", "mine:small"]
    words += ["--engine", "ray", "--ray-address", cluster.address]
    capfd.readouterr()
    assert main([*words, "--device", "cuda"]) == 1
    assert "the cluster has no GPU" in capfd.readouterr().err
    assert main([*words, "--json"]) == 0
    printed = capfd.readouterr()
    assert json.loads(printed.out)["added"] == 2
    # A slow machine prints lines of progress besides; the bucket's server logs its requests there, too.
    assert {"bell.mkv  3 clips", "sea.mkv  3 clips"} <= {line.split("] ")[-1] for line in printed.err.splitlines()}


class Anywhere(SAVE):
    """A model that computes on the CPU, whatever the device: machines that run tests have no GPU."""

    def to(self, device):
        return self


def test_cores_read_for_models_on_gpus(films, one_worker, tmp_path, cluster, outside):
    cluster.renew(gpus=2)  # as it is declared to Ray
    model = tiny_model(tmp_path / "model")
    model.__class__ = Anywhere
    with RayEngine(cluster.address, "cuda") as engine:
        library = index(films, model, tmp_path / "gpus", engine)
    assert_same(library, one_worker)
