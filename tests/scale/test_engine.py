"""Index on a cluster of several nodes, some of which are lost."""

import errno
import json
import os
import signal
import threading
import time
from contextlib import suppress
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
from hearsight.speech.load import load_recogniser
from hearsight.util.plugins import run_file
from tests.builders import tiny_model
from tests.library.conftest import assert_same, film, rows, say

pytest.importorskip("ray", reason="Ray is not installed (hearsight[ray])")

import ray

from hearsight.scale import engine as engines
from hearsight.scale import fragments
from hearsight.scale.cluster import check_nodes
from hearsight.scale.engine import RayEngine

FILMS = 8

# The tests share one cluster, which only one process can lead. They are in an order: those for which this process
# stays in the cluster come first.
pytestmark = [pytest.mark.ray, pytest.mark.slow]


@pytest.fixture(scope="module")
def two_films(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("two films")
    for name in ("bell", "sea"):
        film(folder / f"{name}.mkv", 3, seed=len(name))
    say(folder / "sea.srt", "a deadly tide")
    return folder


@pytest.fixture(scope="module")
def one_film(tmp_path_factory) -> Path:
    """Create a film, for which one worker is started."""
    folder = tmp_path_factory.mktemp("one film")
    film(folder / "sea.mkv", 3)
    return folder


@pytest.fixture(scope="module")
def films(tmp_path_factory) -> Path:
    """Create films for several tasks: short ones, one longer than a batch with subtitles, and a damaged one."""
    folder = tmp_path_factory.mktemp("films")
    for number in range(FILMS):
        film(folder / f"{number:02}.mkv", 2 + number % 3, seed=number)
    film(folder / "long.mkv", 20, seed=99)
    say(folder / "long.srt", "the doctor lost", "a yellow bicycle")
    (folder / "bad.mp4").write_text("this is no film")
    return folder


def index(folder: Path, model, location: Path, engine: RayEngine, keep_features: bool = False) -> Library:
    library = Library.create(folder, model, library=location, seconds=1, keep_features=keep_features)
    report = library.update(engine=engine, recogniser="none")
    assert (report.added, [failure.path for failure in report.failed]) == (FILMS + 1, ["bad.mp4"])
    assert report.clips == len(rows(library)[1])
    return library


@pytest.fixture(scope="module")
def one_worker(films, model, tmp_path_factory, cluster) -> Library:
    """Index on one worker without any disturbance."""
    assert len(cluster.nodes) == 1
    with RayEngine(cluster.address) as engine:
        return index(films, model, tmp_path_factory.mktemp("one worker"), engine)


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
    assert again.update(recogniser="none").unchanged == FILMS + 1


class Doomed(SAVE):
    """A model that kills the first worker that encodes, and blocks the second.

    deaths, nodes: files that are created then; the second names the node.
    """

    deaths: Path
    nodes: Path

    def extract(self, clips):
        for marker in (self.deaths, self.nodes):
            with suppress(FileExistsError), marker.open("x") as file:
                file.write(ray.get_runtime_context().get_node_id())
                break
        else:
            return super().extract(clips)
        if marker == self.deaths:
            os.kill(os.getpid(), signal.SIGKILL)
        while True:  # until its node is killed
            time.sleep(0.1)


def test_a_killed_worker_and_a_killed_node_change_no_row(
    films, model, one_worker, two_workers, tmp_path, cluster, engine
):
    doomed = tiny_model(tmp_path / "doomed")
    doomed.__class__ = Doomed
    doomed.deaths, doomed.nodes = tmp_path / "deaths", tmp_path / "nodes"
    assert doomed.fingerprint == model.fingerprint
    killed, done = [], threading.Event()

    def kill() -> None:
        while not (killed or done.wait(0.05)):
            id = doomed.nodes.read_text() if doomed.nodes.exists() else ""
            for node in [node for node in cluster.nodes if node.node_id == id]:
                cluster.kill(node)
                killed.append(id)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        library = index(films, doomed, tmp_path / "library", engine)
    finally:
        done.set()
        killer.join()
    assert doomed.deaths.exists() and killed and rows(library) == rows(one_worker)


class Deadly(SAVE):
    """A model that kills its worker at a text with the word "deadly"."""

    def tokenize(self, texts):
        if any("deadly" in text for text in texts):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().tokenize(texts)


def test_a_file_that_crashes_every_worker_is_given_up(two_films, tmp_path, two_workers, engine, house_methods):
    register("deadly")(Deadly)
    library = Library.create(two_films, tiny_model(tmp_path / "deadly", "deadly"), library=tmp_path / "at", seconds=1)
    report = library.update(engine=engine, recogniser="none")
    assert (report.added, report.clips) == (1, 3)
    [failure] = report.failed
    assert failure.path == "sea.mkv" and "3 workers ended while they read it" in failure.reason
    assert [video["path"] for video in rows(library)[0]] == ["bell.mkv"]
    # The next run may succeed, so the transcript stays for it.
    assert {path.suffix for path in (library.location / "transcripts").iterdir()} == {".json"}


class Strange:
    name = "strange"


RECOGNISER = """
import hearsight

@hearsight.register_recogniser("mine")
class Mine:
    def __init__(self, detail):
        self.name = f"mine:{detail}"
"""


def test_workers_load_a_recogniser_that_a_plugin_registered(one_film, model, tmp_path, two_workers, engine, no_plugins):
    (tmp_path / "mine.py").write_text(RECOGNISER)
    run_file(tmp_path / "mine.py")
    library = Library.create(one_film, model, library=tmp_path / "library", seconds=1)
    assert library.update(recogniser=load_recogniser("mine:small"), engine=engine).added == 1


class Full(SAVE):
    """A model whose worker's disk is full."""

    def extract(self, clips):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_errors_of_nodes_are_explained(one_film, model, tmp_path, two_workers, engine, monkeypatch):
    library = Library.create(one_film, model, library=tmp_path / "at", seconds=1)
    with pytest.raises(HearsightError, match=r"the node .* does not see .*gone.mkv; mount that disk on all nodes"):
        check_nodes(library.location, one_film / "gone.mkv")
    with pytest.raises(HearsightError, match=r"does not see .*nowhere; mount that disk"):
        engine.check(tmp_path / "nowhere", library.location)
    engine.check(one_film, library.location)
    with monkeypatch.context() as patch:
        patch.setattr(Identity, "read", lambda location: replace(library.identity, seconds=7.0))
        with pytest.raises(HearsightError, match=r"the node .* does not see the library at .*; keep it on a disk"):
            check_nodes(library.location, one_film / "sea.mkv")
    with monkeypatch.context() as patch:
        patch.setattr("hearsight.scale.cluster.VERSION", "99")
        with pytest.raises(HearsightError, match=r"has Hearsight .*, not 99; install the same on all"):
            check_nodes(library.location, one_film / "sea.mkv")
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
    assert library.update(recogniser="none").added == 1


class Stopping(NullListener):
    """Raise KeyboardInterrupt after some clips."""

    encoded = 0

    def clips(self, number, of):
        self.encoded += number
        if self.encoded == 12:
            raise KeyboardInterrupt


def test_an_interrupted_run_is_finished_with_the_same_rows(
    films, one_worker, two_workers, model, tmp_path, cluster, outside, monkeypatch
):
    monkeypatch.setattr(update, "COMMIT_SECONDS", 0.0)
    library = Library.create(films, model, library=tmp_path / "library", seconds=1)
    with RayEngine(cluster.address) as engine, pytest.raises(KeyboardInterrupt):
        library.update(Stopping(), engine=engine, recogniser="none")
    assert not ray.is_initialized()  # by a thread of the run that still ends
    assert 0 < len(rows(library)[1]) < len(rows(one_worker)[1])
    with RayEngine(cluster.address) as engine:
        library.update(engine=engine, recogniser="none")
    assert rows(library) == rows(one_worker)


def test_the_command_line_indexes_a_bucket_on_a_cluster(
    two_films, bucket, tmp_path, one_worker, cluster, outside, capfd
):
    cluster.renew()  # which knows where the bucket is
    bucket.upload(two_films, "tides/")
    tiny_model(tmp_path / "model")
    words = ["index", "s3://films/tides", "--library", str(tmp_path / "at"), "--model", str(tmp_path / "model")]
    words += ["--seconds", "1", "--recogniser", "none", "--engine", "ray", "--ray-address", cluster.address]
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


def test_cores_read_for_models_on_gpus(films, one_worker, tmp_path, cluster, outside, gpus):
    model = tiny_model(tmp_path / "model")
    model.__class__ = Anywhere
    with RayEngine(cluster.address, "cuda") as engine:
        library = index(films, model, tmp_path / "gpus", engine)
    assert_same(library, one_worker)
