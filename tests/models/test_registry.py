"""Methods by name: one's own can be registered, and a folder can name but not bring one."""

import json

import pytest
import torch

import hearsight
from hearsight.errors import HearsightError
from hearsight.models.config import ModelConfig
from hearsight.models.load import build
from hearsight.models.methods.avigate import AVIGATE
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


def mine(**attributes) -> type[AVIGATE]:
    return type("Mine", (AVIGATE,), {"__module__": "my_method", **attributes})


@pytest.mark.parametrize("attributes", [{"config": 1}, {"half": 0.5}, {"extract": lambda self, clips: None}])
def test_a_class_that_defines_a_reserved_name_is_refused(attributes):
    (name,) = attributes
    with pytest.raises(HearsightError, match=f"the class Mine defines '{name}', which Hearsight needs"):
        hearsight.register("mine")(mine(**attributes))


def test_a_class_may_define_what_a_method_defines():
    hearsight.register("mine")(mine(share=0.5, fuse=AVIGATE.fuse, train=lambda self, mode=True: self))


@pytest.mark.parametrize(("name", "value"), [("branches", "audio"), ("needs", ["pooled"])])
def test_branches_and_needs_are_tuples(name, value):
    with pytest.raises(HearsightError, match=f"declares {name} = .* is not a tuple"):
        hearsight.register("mine")(mine(**{name: value}))


@pytest.mark.parametrize("name", ["options", "clip", "config", "width", "vision", "half", "fingerprint"])
@pytest.mark.parametrize("value", [torch.nn.Linear(2, 2), 3], ids=["module", "number"])
def test_a_model_that_overwrites_a_reserved_name_is_refused(tmp_path, name, value):
    def initialise(self, config, tokenizer=None):
        AVIGATE.__init__(self, config, tokenizer)
        if isinstance(value, int):
            self._modules.pop(name, None)
        setattr(self, name, value)

    hearsight.register("mine")(mine(__init__=initialise))
    with pytest.raises(HearsightError, match=rf"the class Mine sets self\.{name}, which Hearsight needs"):
        tiny_model(tmp_path, "mine")
