"""Indexing on clusters of several nodes, some of which are lost."""

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
from hearsight.library.results import Unwatched
from hearsight.library.tables.identity import Identity
from hearsight.models.registry import register
from hearsight.models.save import SAVE
from hearsight.speech.load import load_recogniser
from hearsight.util.plugins import run_file
from tests.builders import tiny_model
from tests.library.conftest import assert_same, film, rows, say
from tests.scale.conftest import add_workers

pytest.importorskip("ray", reason="Ray is not installed (hearsight[ray])")

import ray

from hearsight.scale import engine, fragments
from hearsight.scale.cluster import check_nodes
from hearsight.scale.engine import RayEngine

FILMS = 20


@pytest.fixture
def two_films(tmp_path) -> Path:
    folder = tmp_path / "two films"
    for name in ("bell", "sea"):
        film(folder / f"{name}.mkv", 3, seed=len(name))
    say(folder / "sea.srt", "a deadly tide")
    return folder


@pytest.fixture
def films(tmp_path) -> Path:
    """Enough for several handfuls: films of a few clips, one longer than a batch, one with words and one damaged."""
    folder = tmp_path / "films"
    for number in range(FILMS):
        film(folder / f"{number:02}.mkv", 2 + number % 3, seed=number)
    film(folder / "long.mkv", 20, seed=99)
    say(folder / "long.srt", "the doctor lost", "a yellow bicycle")
    (folder / "bad.mp4").write_text("this is no film")
    return folder


def index(folder: Path, model, at: Path, address: str, device: str = "cpu", keep_features: bool = False) -> Library:
    library = Library.create(folder, model, library=at, seconds=1, keep_features=keep_features)
    with RayEngine(address, device) as engine:
        report = library.update(engine=engine, recogniser="none")
    assert (report.added, [failure.path for failure in report.failed]) == (FILMS + 1, ["bad.mp4"])
    assert report.clips == len(rows(library)[1])
    return library


def test_rows_are_the_same_to_the_bit_whatever_the_number_of_workers(films, model, tmp_path, cluster, monkeypatch):
    add_workers(cluster, 1)
    one = index(films, model, tmp_path / "one", cluster.address)
    add_workers(cluster, 1)
    compacted = []
    real = fragments.compact
    monkeypatch.setattr(fragments, "compact", lambda table: compacted.append(real(table)))
    monkeypatch.setattr(engine, "MOST_SMALL", 4)
    monkeypatch.setattr(update, "COMMIT_SECONDS", 0.0)
    two = index(films, model, tmp_path / "two", cluster.address, keep_features=True)
    assert len(compacted) > 1
    assert rows(one) == rows(two)
    assert two.place.store.features.ids() == two.place.store.ids()
    assert [clip["id"] for clip in rows(one)[1]] == sorted({clip["id"] for clip in rows(one)[1]})
    [hit] = one.search("the doctor lost", mode="speech").hits
    assert hit.path == Path("long.mkv") and one.info().failures == 1
    again = Library.open(films, one.location)
    assert again.update(recogniser="none").unchanged == FILMS + 1


class Anywhere(SAVE):
    """A model that computes here, whatever is asked: machines that run tests have no GPU."""

    def to(self, device):
        return self


def test_where_models_are_on_gpus_cores_read_for_them(films, model, tmp_path, cluster):
    add_workers(cluster, 1, gpus=2)
    here = tiny_model(tmp_path / "model")
    here.__class__ = Anywhere
    library = index(films, here, tmp_path / "gpus", cluster.address, device="cuda")
    alone = Library.create(films, model, library=tmp_path / "alone", seconds=1)
    alone.update(recogniser="none")
    assert_same(library, alone)


class Doomed(SAVE):
    """A model whose worker, the first that encodes anything, meets its end while it does."""

    marker: Path
    dies = False

    def extract(self, clips):
        try:
            with self.marker.open("x") as file:
                file.write(ray.get_runtime_context().get_node_id())
        except FileExistsError:
            return super().extract(clips)
        if self.dies:
            os.kill(os.getpid(), signal.SIGKILL)
        while True:  # until its node is killed
            time.sleep(0.1)


@pytest.fixture
def doomed(model, tmp_path) -> SAVE:
    twin = tiny_model(tmp_path / "twin")
    twin.__class__ = Doomed
    twin.marker = tmp_path / "marker"
    assert twin.fingerprint == model.fingerprint
    return twin


@pytest.fixture
def whole(films, model, tmp_path, cluster) -> Library:
    """What an undisturbed run makes."""
    add_workers(cluster, 1)
    return index(films, model, tmp_path / "whole", cluster.address)


def test_a_worker_that_is_killed_costs_nothing(films, whole, doomed, tmp_path, cluster):
    doomed.dies = True
    library = index(films, doomed, tmp_path / "library", cluster.address)
    assert doomed.marker.exists() and rows(library) == rows(whole)


def test_a_node_that_is_killed_costs_nothing(films, whole, doomed, tmp_path, cluster):
    add_workers(cluster, 1)
    killed, over = [], threading.Event()

    def kill() -> None:
        while not (killed or over.wait(0.05)):
            id = doomed.marker.read_text() if doomed.marker.exists() else ""
            for node in [node for node in cluster.worker_nodes if node.node_id == id]:
                cluster.remove_node(node, allow_graceful=False)
                killed.append(id)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        library = index(films, doomed, tmp_path / "library", cluster.address)
    finally:
        over.set()
        killer.join()
    assert killed and rows(library) == rows(whole)


class Stopping(Unwatched):
    """Ctrl-C after some clips."""

    encoded = 0

    def clips(self, number, of):
        self.encoded += number
        if self.encoded == 12:
            raise KeyboardInterrupt


def test_an_interrupted_run_is_finished_with_the_same_rows(films, whole, model, tmp_path, cluster, monkeypatch):
    monkeypatch.setattr(update, "COMMIT_SECONDS", 0.0)
    library = Library.create(films, model, library=tmp_path / "library", seconds=1)
    with RayEngine(cluster.address) as engine, pytest.raises(KeyboardInterrupt):
        library.update(Stopping(), engine=engine, recogniser="none")
    assert 0 < len(rows(library)[1]) < len(rows(whole)[1])
    with RayEngine(cluster.address) as engine:
        library.update(engine=engine, recogniser="none")
    assert rows(library) == rows(whole)


class Deadly(SAVE):
    """A model for which nobody survives reading of something deadly."""

    def tokenize(self, texts):
        if any("deadly" in text for text in texts):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().tokenize(texts)


def test_a_file_that_kills_whoever_reads_it_is_given_up(two_films, tmp_path, cluster, house_methods):
    register("deadly")(Deadly)
    add_workers(cluster, 1)
    library = Library.create(two_films, tiny_model(tmp_path / "deadly", "deadly"), library=tmp_path / "at", seconds=1)
    with RayEngine(cluster.address) as engine:
        report = library.update(recogniser="none", engine=engine)
    assert (report.added, report.clips) == (1, 3)
    [failure] = report.failed
    assert failure.path == "sea.mkv" and "3 workers ended while they read it" in failure.reason
    assert [video["path"] for video in rows(library)[0]] == ["bell.mkv"]
    # The next run may have more luck: what was heard is kept for it.
    assert {path.suffix for path in (library.location / "transcripts").iterdir()} == {".json"}


def test_the_command_line_indexes_a_bucket_on_a_cluster(two_films, bucket, tmp_path, cluster, capfd):
    add_workers(cluster, 1)
    bucket.upload(two_films, "tides/")
    tiny_model(tmp_path / "model")
    words = ["index", "s3://films/tides", "--library", str(tmp_path / "at"), "--model", str(tmp_path / "model")]
    words += ["--seconds", "1", "--recogniser", "none", "--engine", "ray", "--ray-address", cluster.address]
    capfd.readouterr()
    assert main([*words, "--device", "cuda"]) == 1
    assert "the cluster has no GPU" in capfd.readouterr().err
    assert main([*words, "--json"]) == 0
    said = capfd.readouterr()
    assert json.loads(said.out)["added"] == 2
    told = [line for line in said.err.splitlines() if " - - [" not in line]  # but for what the store says
    assert sorted(line.split("] ")[1] for line in told) == ["bell.mkv  3 clips", "sea.mkv  3 clips"]


class Strange:
    name = "strange"


RECOGNISER = """
import hearsight

@hearsight.register_recogniser("mine")
class Mine:
    def __init__(self, detail):
        self.name = f"mine:{detail}"
"""


def test_workers_load_a_recogniser_that_a_plugin_registered(two_films, model, tmp_path, cluster, no_plugins):
    add_workers(cluster, 1)
    (tmp_path / "mine.py").write_text(RECOGNISER)
    run_file(tmp_path / "mine.py")
    library = Library.create(two_films, model, library=tmp_path / "at", seconds=1)
    with RayEngine(cluster.address) as engine:
        assert library.update(recogniser=load_recogniser("mine:small"), engine=engine).added == 2


class Full(SAVE):
    """A model whose worker cannot write what it makes."""

    def extract(self, clips):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_what_keeps_a_cluster_from_the_work_is_told(two_films, model, tmp_path, cluster, monkeypatch):
    add_workers(cluster, 1)
    library = Library.create(two_films, model, library=tmp_path / "at", seconds=1)
    with RayEngine(cluster.address) as engine:
        with pytest.raises(HearsightError, match=r"the node .* does not see .*gone.mkv; mount that disk on all nodes"):
            check_nodes(library.location, two_films / "gone.mkv")
        with pytest.raises(HearsightError, match=r"does not see .*nowhere; mount that disk"):
            engine.check(tmp_path / "nowhere", library.location)
        engine.check(two_films, library.location)
        with pytest.raises(HearsightError, match=r"the node .* does not see the library at .*; keep it on a disk"):
            monkeypatch.setattr(Identity, "read", lambda at: replace(library.identity, seconds=7.0))
            check_nodes(library.location, two_films / "sea.mkv")
        monkeypatch.undo()
        with pytest.raises(HearsightError, match=r"has Hearsight .*, not 99; install the same on all"):
            monkeypatch.setattr("hearsight.scale.cluster.VERSION", "99")
            check_nodes(library.location, two_films / "sea.mkv")
        monkeypatch.undo()
        with pytest.raises(HearsightError, match="unknown recogniser 'strange'"):
            library.update(recogniser=Strange(), engine=engine)
    with pytest.raises(HearsightError, match="a cluster has no mps; choose --device cpu or cuda"):
        RayEngine(cluster.address, "mps")
    full = tiny_model(tmp_path / "full")
    full.__class__ = Full
    with (
        RayEngine(cluster.address) as engine,
        pytest.raises(HearsightError, match=r"cannot write the library at .*: No space left"),
    ):
        library.update(engine=engine, recogniser="none")
    assert library.update(recogniser="none").added == 2
