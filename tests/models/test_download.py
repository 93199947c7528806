"""Downloads from a stand-in for the hub: what is asked of it, and what can go wrong."""

import errno
import shutil
import time

import huggingface_hub
import pytest

import hearsight
from hearsight.errors import HearsightError
from hearsight.models.download import UnreachableError, call_with_timeout, look_up
from hearsight.models.hub import video_model
from tests.builders import tiny_model
from tests.hub import use_cache, use_hub

NAME = "some/model"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hub") / "model"
    tiny_model(folder)
    return folder


@pytest.fixture
def hub(folder, tmp_path, monkeypatch):
    with use_hub(monkeypatch, tmp_path / "cache", {NAME: folder}) as hub:
        yield hub


def test_a_model_is_downloaded_once_with_its_progress(hub, folder):
    steps = []
    model = video_model(NAME)
    assert model.cached() is None
    path = model.fetch(lambda *step: steps.append(step))
    assert {file.name for file in path.iterdir()} == {file.name for file in folder.iterdir()}
    name, done, total = steps[-1]
    assert (name, done) == (NAME, total) and total == sum(file.stat().st_size for file in folder.iterdir())
    assert [step[1] for step in steps] == sorted(step[1] for step in steps)
    requests = len(hub.requests)
    assert model.fetch() == model.cached() == path and len(hub.requests) == requests
    assert hearsight.load(NAME).config.method == "save"


def test_nothing_is_asked_of_the_hub_but_the_models(hub):
    video_model(NAME).fetch()
    assert all(NAME in request for request in hub.requests)


def test_other_files_of_a_repository_are_not_downloaded(hub, folder, tmp_path, monkeypatch):
    copy = shutil.copytree(folder, tmp_path / "copy")
    for name in ("flax_model.msgpack", "model.onnx", "pytorch_model.bin", "README.md"):
        (copy / name).write_bytes(b"large")
    hub.models[NAME] = copy
    video_model(NAME).fetch()
    assert not any(path.endswith((".msgpack", ".onnx", ".bin", ".md")) for path in hub.downloads)


def test_a_download_that_broke_off_is_continued(hub, folder):
    weights = folder / "model.safetensors"
    hub.cut = weights.stat().st_size // 2
    path = video_model(NAME).fetch()  # the hub's library itself tries again
    assert (path / weights.name).read_bytes() == weights.read_bytes()


def test_a_half_downloaded_model_is_completed(hub):
    path = video_model(NAME).fetch()
    (path / "model.safetensors").unlink()
    assert video_model(NAME).cached() is None
    with pytest.raises(HearsightError, match="not on this machine; download it with: hearsight models pull some/model"):
        hearsight.models.load.load(NAME, download=False)
    hub.requests.clear()
    video_model(NAME).fetch()
    assert [path.rpartition("/")[2] for path in hub.downloads] in ([], ["model.safetensors"])
    assert video_model(NAME).cached()


def test_damaged_files_are_downloaded_again_if_one_says_so(hub, folder):
    path = video_model(NAME).fetch()
    blob = (path / "model.safetensors").resolve()
    blob.write_bytes(b"damaged")
    assert video_model(NAME).fetch() == path and blob.read_bytes() == b"damaged"
    again = video_model(NAME).fetch(again=True)
    assert (again / "model.safetensors").read_bytes() == (folder / "model.safetensors").read_bytes()


@pytest.mark.parametrize(
    ("name", "message"),
    [("some/other", "no model 'some/other' on the hub"), ("openai/clip-vit-base-patch23", "did you mean 'openai/clip")],
)
def test_a_name_that_the_hub_does_not_have(hub, name, message):
    with pytest.raises(HearsightError, match=message):
        video_model(name).fetch()


@pytest.mark.parametrize(("status", "message"), [(500, "the hub answers with an error"), (503, "try again later")])
def test_an_error_of_the_hub_is_told(hub, status, message):
    hub.status["/api/models"] = status
    with pytest.raises(HearsightError, match=message):
        video_model(NAME).fetch()


@pytest.mark.parametrize("text", ["<html>Please log in</html>", "[]", "7", '{"id": 1}', '{"siblings": [{}]}', ""])
def test_what_is_no_hub_is_told(hub, text):
    hub.text = text
    with pytest.raises(HearsightError, match=r"is no hub|has none of the files"):
        video_model(NAME).fetch()


def test_a_repository_without_a_model_is_refused(hub, tmp_path):
    (tmp_path / "empty").mkdir()
    hub.models[NAME] = tmp_path / "empty"
    with pytest.raises(HearsightError, match="has none of the files of a model"):
        video_model(NAME).fetch()
    (tmp_path / "empty" / "config.json").write_text("{}")
    with pytest.raises(HearsightError, match="the hub lacks some of its files"):
        video_model(NAME).fetch()


def test_without_a_network(tmp_path, monkeypatch):
    use_cache(monkeypatch, tmp_path)
    with pytest.raises(UnreachableError, match="the hub cannot be reached"):
        video_model(NAME).fetch()


def test_a_hub_that_is_gone(hub):
    hub.shutdown()
    hub.server_close()
    with pytest.raises(UnreachableError, match="the hub cannot be reached"):
        video_model(NAME).fetch()


def test_a_disk_that_is_too_small(hub, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(10, 10, 1000))
    with pytest.raises(HearsightError, match=r"it takes .* MB, and 0 MB are free; make room, or set HF_HOME"):
        video_model(NAME).fetch()


def test_a_disk_that_fills_during_a_download(hub, monkeypatch):
    def full(*arguments, **options):
        raise RuntimeError("Data processing error") from OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", full)
    with pytest.raises(HearsightError, match="the disk is full; make room"):
        video_model(NAME).fetch()


def test_a_cache_that_cannot_be_written(hub, monkeypatch):
    def denied(*arguments, **options):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", denied)
    with pytest.raises(HearsightError, match="cannot be written"):
        video_model(NAME).fetch()


def test_a_call_that_blocks_is_given_up():
    with pytest.raises(TimeoutError):
        call_with_timeout(0.05, lambda: time.sleep(5))
    assert call_with_timeout(60, lambda: 7) == 7
    with pytest.raises(KeyError):
        call_with_timeout(60, lambda: {}["x"])


def test_the_size_is_that_of_what_is_missing(hub, folder):
    everything = look_up(NAME, ["*"]).bytes
    assert everything == sum(file.stat().st_size for file in folder.iterdir())
    path = video_model(NAME).fetch()
    (path / "config.json").unlink()
    assert look_up(NAME, ["*"]).bytes == (folder / "config.json").stat().st_size
