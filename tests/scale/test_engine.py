"""Indexing on clusters of several nodes, some of which are lost."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from hearsight.library import Library
from hearsight.models.save import SAVE
from tests.library.conftest import film, rows, say
from tests.making import tiny_model
from tests.scale.conftest import add_workers, ray

FILMS = 20


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


def index(folder: Path, model, at: Path, address: str, progress=None) -> Library:
    from hearsight.scale.engine import RayEngine

    library = Library.create(folder, model, at=at, seconds=1)
    with RayEngine(address) as engine:
        report = library.update(model, None, progress, engine)
    assert (report.added, [failure.path for failure in report.failed]) == (FILMS + 1, ["bad.mp4"])
    assert report.clips == len(rows(library)[1])
    return library


def test_rows_are_the_same_to_the_bit_whatever_the_number_of_workers(films, model, tmp_path, cluster):
    add_workers(cluster, 1)
    one = index(films, model, tmp_path / "one", cluster.address)
    add_workers(cluster, 1)
    two = index(films, model, tmp_path / "two", cluster.address)
    assert rows(one) == rows(two)
    assert [clip["id"] for clip in rows(one)[1]] == sorted({clip["id"] for clip in rows(one)[1]})
    [hit] = one.search("the doctor lost", model, mode="speech").hits
    assert hit.path == Path("long.mkv") and one.info().failures == 1
    again = Library.open(films, one.at)
    assert again.update(model, None).unchanged == FILMS + 1


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
