"""Methods by name: one's own can be registered, and a folder can name but not bring one."""

import json

import pytest
import torch

import hearsight
from hearsight.errors import HearsightError
from hearsight.models.avigate import AVIGATE
from hearsight.models.config import ModelConfig
from hearsight.models.load import build
from tests.builders import tiny_clip, tiny_inputs, tiny_model

pytestmark = pytest.mark.usefixtures("house_methods")


def test_a_registered_method_is_built_saved_and_loaded(tmp_path):
    @hearsight.register("louder")
    class Louder(AVIGATE):
        pass

    model = tiny_model(tmp_path, "louder")
    again = hearsight.load(tmp_path)
    assert type(model) is type(again) is Louder
    assert again.fingerprint == model.fingerprint
    batch = tiny_inputs(model)
    with torch.no_grad():
        assert torch.equal(model.encode_video(**batch).pooled, again.encode_video(**batch).pooled)


def test_a_name_stands_for_the_class_that_was_registered_last(tmp_path):
    hearsight.register("louder")(AVIGATE)
    newer = hearsight.register("louder")(type("Newer", (AVIGATE,), {}))
    assert type(tiny_model(tmp_path, "louder")) is newer


def test_what_cannot_be_registered():
    with pytest.raises(HearsightError, match="cannot register the method 'save': Hearsight has one of that name"):
        hearsight.register("save")(AVIGATE)
    with pytest.raises(HearsightError, match="not a subclass of VideoTextModel"):
        hearsight.register("mine")(torch.nn.Linear)


def test_a_folder_does_not_bring_the_code_that_it_names(tmp_path, monkeypatch):
    folder = tmp_path / "stranger"
    tiny_model(folder)
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)
    (folder / "evil.py").write_text("import pathlib\npathlib.Path('ran').touch()\nclass Evil: pass\n")
    config = json.loads((folder / "config.json").read_text())
    for name in ("evil", "evil:Evil", "evil.Evil", "evil.py"):
        (folder / "config.json").write_text(json.dumps({**config, "method": name}))
        with pytest.raises(HearsightError, match=f"unknown method '{name}'.*--plugin"):
            hearsight.load(folder)
    assert not (folder / "ran").exists()


def test_a_method_that_listens_needs_an_audio_tower():
    with pytest.raises(HearsightError, match="a 'chorus' model lacks 'ast'"):
        build(ModelConfig(method="chorus", clip=tiny_clip()))


def test_blind_fusion_has_every_gate_at_one(tmp_path):
    model = tiny_model(tmp_path, "blind")
    assert (model.encode_video(**tiny_inputs(model)).gates["audio"] == 1).all()
