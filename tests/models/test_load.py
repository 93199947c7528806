"""Models come from folders, in the formats of Hugging Face and of Hearsight; what is wrong is said."""

import json
import pickle
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import CLIPConfig, CLIPModel

import hearsight
from hearsight.errors import HearsightError
from hearsight.models.base import VideoTextModel
from hearsight.models.methods.clip4clip import CLIP4Clip
from hearsight.research.training.vocabulary import train_tokenizer
from tests.builders import tiny_clip, tiny_inputs, tiny_model


@pytest.fixture
def clip_folder(tmp_path):
    """A CLIP as the hub has them: written by transformers, with its tokenizer."""
    folder = tmp_path / "clip"
    train_tokenizer(["a photo of a cat"], 600, folder)
    torch.manual_seed(0)
    size = len(json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"])
    CLIPModel(CLIPConfig(**tiny_clip(size))).save_pretrained(folder)
    return folder


def test_a_plain_clip_is_mean_pooling(clip_folder):
    model = hearsight.load(clip_folder)
    assert type(model) is CLIP4Clip
    reference = CLIPModel.from_pretrained(clip_folder).eval()
    batch = tiny_inputs(model)
    with torch.no_grad():
        video = model.encode_video(**batch)
        frames = reference.get_image_features(batch["pixel_values"][:, 0]).pooler_output
        ids = model.tokenize(["a photo of a cat"])
        text = reference.get_text_features(ids).pooler_output
    unit = torch.nn.functional.normalize
    assert torch.allclose(video.frames[:, 0], unit(frames, dim=-1), atol=1e-5)
    assert torch.allclose(model.encode_text(ids), unit(text, dim=-1), atol=1e-5)
    expected = unit((video.frames * batch["frame_mask"][..., None]).sum(dim=1), dim=-1)
    assert torch.allclose(video.pooled, expected, atol=1e-5)


def test_an_older_checkpoint_is_read_without_running_it(clip_folder):
    expected = hearsight.load(clip_folder)
    weights = load_file(clip_folder / "model.safetensors")
    (clip_folder / "model.safetensors").unlink()
    weights["text_model.embeddings.position_ids"] = torch.arange(77)[None]
    torch.save(weights, clip_folder / "pytorch_model.bin")
    assert hearsight.load(clip_folder).fingerprint == expected.fingerprint


class Harmful:
    def __reduce__(self):
        return (pytest.fail, ("pickled code was executed",))


def test_pickled_code_is_never_executed(clip_folder):
    (clip_folder / "model.safetensors").unlink()
    (clip_folder / "pytorch_model.bin").write_bytes(pickle.dumps({"weight": Harmful()}))
    with pytest.raises(HearsightError, match=r"not plain tensors|damaged"):
        hearsight.load(clip_folder)


@pytest.mark.parametrize("method", ["clip4clip", "blind", "avigate", "save"])
def test_saved_and_loaded_it_computes_the_same(tmp_path, method):
    model = tiny_model(tmp_path, method)
    again = hearsight.load(tmp_path)
    batch = tiny_inputs(model)
    text = model.tokenize(["a bell rings"])
    with torch.no_grad():
        ours = model.similarity(model.encode_text(text), model.encode_video(**batch))
        theirs = again.similarity(again.encode_text(text), again.encode_video(**batch))
    assert torch.equal(ours, theirs)
    assert again.fingerprint == model.fingerprint


# Saves a model, with other weights, into each folder in a fork, which dies when the file of the name that is given with
# the folder (or a part of it) has been written by half. Prints how each fork ended.
CUT = """
import json, os, pathlib, signal, sys
import torch, hearsight
from hearsight.models import weights

model = hearsight.load(sys.argv[1])
torch.nn.init.zeros_(model.clip.logit_scale)
save_file, write_bytes = weights.save_file, pathlib.Path.write_bytes

def die(path):
    if path.name.startswith(cut):
        os.truncate(path, path.stat().st_size // 2)
        os.kill(os.getpid(), signal.SIGKILL)

def cut_weights(weights, path, metadata):
    save_file(weights, path, metadata)
    die(path)

def cut_file(path, content):
    write_bytes(path, content)
    die(path)

weights.save_file, pathlib.Path.write_bytes = cut_weights, cut_file
for folder, cut in json.loads(sys.argv[2]):
    child = os.fork()
    if not child:
        try:
            model.save_pretrained(folder)
        finally:
            os._exit(1)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
WRITTEN = ["tokenizer.json", "config.json", "model.safetensors"]


@pytest.fixture(scope="module")
def killed(tmp_path_factory) -> Path:
    """Holds the folder of a model; copies of it, by the file that was being written as another save was killed; and
    `first`, where there was none before."""
    folder = tmp_path_factory.mktemp("killed")
    tiny_model(folder / "model")
    for name in WRITTEN:
        shutil.copytree(folder / "model", folder / name)
    (folder / "first").mkdir()
    cuts = [(str(folder / name), name) for name in WRITTEN] + [(str(folder / "first"), "model.safetensors")]
    command = [sys.executable, "-c", CUT, str(folder / "model"), json.dumps(cuts)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout.split() == [str(-signal.SIGKILL.value)] * 4, done.stderr
    return folder


@pytest.mark.parametrize("cut", WRITTEN)
def test_a_kill_while_saving_leaves_the_model_before(killed, cut):
    """As the second of two epochs is saved: the file being written is cut short, and nothing is tidied up."""
    before, again = hearsight.load(killed / "model").fingerprint, hearsight.load(killed / cut)
    assert again.fingerprint == before
    assert again.tokenize(["a bell rings"]).any()
    torch.nn.init.ones_(again.clip.logit_scale)
    again.save_pretrained(killed / cut)
    assert hearsight.load(killed / cut).fingerprint == again.fingerprint != before
    assert not list((killed / cut).glob("*.part"))


def test_a_kill_in_the_first_save_leaves_no_model(killed):
    with pytest.raises(HearsightError, match=r"no model\.safetensors"):
        hearsight.load(killed / "first")


def test_weights_in_half_are_computed_with_in_float32(tmp_path):
    model = tiny_model(tmp_path).half()
    model.save_pretrained(tmp_path)
    loaded = hearsight.load(tmp_path)
    assert {weight.dtype for weight in loaded.state_dict().values()} == {torch.float32}
    assert loaded.fingerprint == model.float().fingerprint


def test_half_the_bytes_where_nothing_is_lost(tmp_path):
    """As towers learn at 1e-7: a step of float16 is five hundred times as far."""
    model = tiny_model(tmp_path).half().float()
    with torch.no_grad():
        model.clip.logit_scale.add_(1e-6)
    model.save_pretrained(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    assert [name for name, tensor in weights.items() if tensor.dtype != torch.float16] == ["clip.model.logit_scale"]
    loaded = hearsight.load(tmp_path).state_dict()
    assert all(torch.equal(tensor, loaded[name]) for name, tensor in model.state_dict().items())


def test_what_a_method_keeps_beside_its_weights(tmp_path, house_methods):
    @hearsight.register("counting")
    class Counting(VideoTextModel):
        def __init__(self, config, tokenizer=None):
            super().__init__(config, tokenizer)
            self.register_buffer("counts", torch.arange(3), persistent=False)

    tiny_model(tmp_path, "clip4clip")
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "method": "counting"}))
    assert hearsight.load(tmp_path).counts.tolist() == [0, 1, 2]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_what_a_method_computes_when_it_is_made(tmp_path, house_methods, dtype):
    @hearsight.register("stepping")
    class Stepping(VideoTextModel):
        def __init__(self, config, tokenizer=None):
            super().__init__(config, tokenizer)
            self.steps = torch.linspace(0, 1, 3).to(torch.float64)

    tiny_model(tmp_path, "clip4clip")
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "method": "stepping"}))
    assert hearsight.load(tmp_path, dtype=dtype).steps.tolist() == [0, 0.5, 1]


def test_the_file_may_change_once_a_model_is_loaded(tmp_path):
    model = tiny_model(tmp_path)
    loaded = hearsight.load(tmp_path)
    file = tmp_path / "model.safetensors"
    file.write_bytes(bytes(file.stat().st_size))
    for name, weight in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], weight)


def test_bfloat16_is_the_same_model(tmp_path):
    model = tiny_model(tmp_path)
    assert hearsight.load(tmp_path, dtype="bfloat16").fingerprint == model.fingerprint


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("no/such/folder", "no such folder"),
        ("dmeo", "did you mean 'demo'"),
        ("openai/clip-vit-base-patch61", "did you mean 'openai/clip-vit-base-patch"),
        ("./missing", "no such folder"),
        ("org/name-that-is-not-here", r"cannot fetch|on the hub"),
    ],
)
def test_what_is_not_there(name, says, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(HearsightError, match=says):
        hearsight.load(name)


def test_damaged_and_foreign_folders(tmp_path, clip_folder):
    with pytest.raises(HearsightError, match=r"config\.json"):
        hearsight.load(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(HearsightError, match="bert"):
        hearsight.load(tmp_path)
    (clip_folder / "model.safetensors").write_bytes(b"no tensors")
    with pytest.raises(HearsightError, match="damaged"):
        hearsight.load(clip_folder)
    (clip_folder / "model.safetensors").unlink()
    with pytest.raises(HearsightError, match=r"no model\.safetensors"):
        hearsight.load(clip_folder)
    with pytest.raises(HearsightError, match="it is a file"):
        hearsight.load(clip_folder / "config.json")


def test_weights_that_do_not_fit_are_named(tmp_path):
    tiny_model(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    del weights["resampler.queries"]
    weights["of_nobody"] = torch.zeros(1)
    weights["audio_projection.weight"] = torch.zeros(2, 2)
    save_file(weights, tmp_path / "model.safetensors")
    with pytest.raises(HearsightError) as error:
        hearsight.load(tmp_path)
    for part in ("missing: resampler.queries", "unknown: of_nobody", "audio_projection.weight is (2, 2)"):
        assert part in str(error.value)


def test_wrong_arguments(tmp_path):
    tiny_model(tmp_path)
    with pytest.raises(HearsightError, match="float16"):
        hearsight.load(tmp_path, dtype="float16")
    with pytest.raises(HearsightError, match="choose one of cpu"):
        hearsight.load(tmp_path, device="tpu")


def test_a_model_moves_as_a_folder(tmp_path):
    tiny_model(tmp_path / "here")
    shutil.move(tmp_path / "here", tmp_path / "there")
    assert hearsight.load(tmp_path / "there").tokenize(["a bell"]).shape == (1, 32)


def test_others_may_read_the_weights_as_they_may_read_the_rest(tmp_path):
    (tmp_path / "usual").touch()
    tiny_model(tmp_path / "model")
    modes = {file.stat().st_mode for file in (tmp_path / "model").iterdir()}
    assert modes == {(tmp_path / "usual").stat().st_mode}
