"""`hearsight convert`: published checkpoints of every kind and format, and errors."""

import json

import pytest
import torch
from safetensors.torch import save_file
from torch.nn.functional import normalize

import hearsight
from tests.builders import vocabulary_of
from tests.models.conftest import agree, read_golden
from tests.models.published_checkpoints import Tree, ast_names, openai_names

pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")


@pytest.fixture(scope="module")
def golden():
    return read_golden()


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory):
    return vocabulary_of(1000, tmp_path_factory.mktemp("tokenizer") / "of-1000")


@pytest.fixture
def checkpoint(golden, tmp_path):
    """Return a checkpoint of SAVE, as its program writes it."""
    torch.save(golden.weights, tmp_path / "pytorch_model.bin.4")
    return tmp_path / "pytorch_model.bin.4"


@pytest.fixture
def public(golden, tmp_path):
    """Return a checkpoint of CLIP4Clip, with as many tokens as OpenAI's vocabulary has."""
    weights = {n: t for n, t in golden.weights.items() if n.startswith("clip.") and not n.startswith("clip.audio")}
    weights["clip.token_embedding.weight"] = torch.zeros(49_408, 64, dtype=torch.float16)
    torch.save(weights, tmp_path / "public.bin")
    return tmp_path / "public.bin"


@pytest.mark.parametrize(
    ("method", "form"),
    [("save", "half"), ("save", "module"), ("avigate", "float"), ("avigate", "safetensors")],
)
def test_a_converted_model_computes_the_published_results(run, golden, vocabulary, tmp_path, method, form):
    weights = golden.weights if method == "save" else golden.avigate_weights
    file, out = tmp_path / "checkpoint.bin.4", tmp_path / "models" / method
    if form == "float":
        weights = {name: tensor.float() for name, tensor in weights.items()}
    if form == "module":
        weights = {f"module.{name}": tensor for name, tensor in weights.items()}
    (save_file if form == "safetensors" else torch.save)(weights, file)
    ran = run("convert", file, out, "--heads", 2, "--vocabulary", vocabulary)
    assert (ran.code, ran.err) == (0, "")
    assert f"hearsight index FOLDER --model {out}" in ran.out
    assert ("to float32:" in ran.out) == (form != "float")
    assert ("'module.' taken off" in ran.out) == (form == "module")
    assert ("asr_query_tokens" in ran.out) == (method == "save")
    model = hearsight.load(out)
    assert model.config.method == method
    assert (model.tokenizer.start_id, model.tokenizer.end_id) == (998, 999)
    with torch.no_grad():
        video = model.encode_video(**golden.video_inputs)
        text = model.encode_text(golden.inputs["text_ids"])
        agree(video.audio, golden.outputs["audio_resampled"])
        agree(text, normalize(golden.outputs["text_embeds"], dim=-1))
        agree(video.frames, normalize(golden.outputs[f"{method}.fused_frames"], dim=-1))
        agree(model.similarity(text, video), golden.outputs[f"{method}.logits"])


def test_charades_settings(run, golden, checkpoint, vocabulary, tmp_path):
    torch.save(golden.avigate_weights, checkpoint)
    settings = ["--frames", 32, "--words", 64, "--temperature", 0.5, "--heads", 2]
    ran = run("convert", checkpoint, tmp_path / "out", *settings, "--vocabulary", vocabulary)
    assert "32 frames, 64 words" in ran.out and "temperature 0.5" in ran.out and "2 heads" in ran.out
    model = hearsight.load(tmp_path / "out")
    assert (model.config.frames, model.config.words) == (32, 64)
    with torch.no_grad():
        video = model.encode_video(**golden.video_inputs)
        logits = model.similarity(model.encode_text(golden.inputs["text_ids"]), video)
    agree(logits, golden.outputs["avigate.logits_temperature_0.5"])


def test_openais_clip_as_an_archive_and_as_a_state_dict(run, golden, vocabulary, tmp_path):
    weights = openai_names(golden.weights)
    torch.jit.save(torch.jit.script(Tree(weights)), tmp_path / "archive.pt")
    torch.save(weights | {"input_resolution": 64}, tmp_path / "plain.pt")
    models = []
    for name, form in (("archive", "a TorchScript archive"), ("plain", "saved by torch")):
        ran = run("convert", tmp_path / f"{name}.pt", tmp_path / name, "--vocabulary", vocabulary)
        assert ran.code == 0 and f"OpenAI's CLIP, {form}" in ran.out and "input_resolution" in ran.out
        models.append(hearsight.load(tmp_path / name))
    assert models[0].fingerprint == models[1].fingerprint
    with torch.no_grad():
        video = models[0].encode_video(golden.inputs["pixel_values"], golden.inputs["frame_mask"])
    agree(video.vision, golden.outputs["frame_embeds"])


def test_towers_of_another_method_and_of_another_head(run, golden, checkpoint, vocabulary, tmp_path):
    ran = run("convert", checkpoint, tmp_path / "towers", "--method", "clip4clip", "--vocabulary", vocabulary)
    assert ran.code == 0 and "SAVE's training output" in ran.out and "clip4clip: " in ran.out
    towers = {n: t for n, t in golden.weights.items() if n.startswith("clip.") and not n.startswith("clip.audio")}
    torch.save(towers | {"transformerClip.resblocks.0.ln_1.weight": torch.ones(64)}, checkpoint)
    ran = run("convert", checkpoint, tmp_path / "out", "--vocabulary", vocabulary)
    assert ran.code == 1 and "seqTransf" in ran.err
    words = ["--method", "clip4clip", "--vocabulary", vocabulary]
    ran = run("convert", checkpoint, tmp_path / "out", *words)
    assert ran.code == 0 and "seqTransf head" in ran.out
    assert "left out   1: transformerClip.resblocks.0.ln_1.weight" in ran.out


def test_json_has_everything(run, golden, checkpoint, vocabulary, tmp_path):
    words = ["--method", "clip4clip", "--vocabulary", vocabulary, "--json"]
    printed = json.loads(run("convert", checkpoint, tmp_path / "out", *words).out)
    assert printed["kind"] == "save" and printed["config"]["method"] == "clip4clip"
    assert printed["vocabulary"] is True
    assert printed["tensors"] + len(printed["left_out"]) == len(golden.weights)
    assert printed["converted"] == {"float16": printed["tensors"]}


def test_ast_becomes_a_folder_for_transformers(run, tmp_path):
    from transformers import AutoModel

    torch.save(ast_names(), tmp_path / "ast.pth")
    ran = run("convert", tmp_path / "ast.pth", tmp_path / "ast")
    assert (ran.code, ran.err) == (0, "")
    assert "1024 x 128" in ran.out and "ASTModel.from_pretrained" in ran.out
    assert "module.mlp_head.0.weight, module.mlp_head.1.weight, module.v.head.weight" in ran.out
    assert json.loads((tmp_path / "ast" / "config.json").read_text())["model_type"] == "audio-spectrogram-transformer"
    assert type(AutoModel.from_pretrained(tmp_path / "ast")).__name__ == "ASTModel"
    assert len({file.stat().st_mode for file in (tmp_path / "ast").iterdir()}) == 1
    for option in (["--frames", 12], ["--vocabulary", tmp_path]):
        assert "it takes no vocabulary" in run("convert", tmp_path / "ast.pth", tmp_path / "other", *option).err


def test_without_the_hub_a_model_lacks_a_vocabulary(run, public, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    ran = run("convert", public, tmp_path / "out")
    assert ran.code == 0 and "downloaded when first used" in ran.out and "--vocabulary" in ran.out
    model = hearsight.load(tmp_path / "out")
    with pytest.raises(hearsight.HearsightError, match="cannot fetch"):
        model.tokenize(["a bell"])


def test_a_vocabulary_that_is_not_openais_must_be_given(run, checkpoint, tmp_path):
    ran = run("convert", checkpoint, tmp_path / "out")
    assert ran.code == 1 and "1,000 tokens and is not OpenAI's" in ran.err and "--vocabulary" in ran.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["missing.bin", "out"], "no checkpoint missing.bin"),
        (["folder", "out"], "it is a folder"),
        (["empty.bin", "out"], "it is empty"),
        (["cut.bin", "out"], "damaged, or incomplete"),
        (["state.pt", "out"], "['model'], 'plain.pt')"),
        (["pytorch_model.bin.4", "out", "--method", "avigate"], "a checkpoint of save, not of avigate"),
        (["pytorch_model.bin.4", "full"], "nothing is overwritten"),
        (["pytorch_model.bin.4", "empty.bin"], "nothing is overwritten"),
        (["pytorch_model.bin.4", "empty.bin/out", "--vocabulary", "of-1000"], "cannot write"),
        (["pytorch_model.bin.4", "out", "--vocabulary", "folder"], "no CLIP tokenizer"),
        (["pytorch_model.bin.4", "out", "--vocabulary", "broken"], "cannot read the tokenizer in broken"),
    ],
)
def test_an_error_leaves_no_files(run, golden, checkpoint, tmp_path, monkeypatch, words, says):
    monkeypatch.chdir(tmp_path)
    for name in ("folder", "full", "broken"):
        (tmp_path / name).mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    (tmp_path / "broken" / "tokenizer.json").write_text("{")
    (tmp_path / "empty.bin").touch()
    (tmp_path / "cut.bin").write_bytes(checkpoint.read_bytes()[:100_000])
    torch.save({"epoch": 1, "model": golden.weights}, tmp_path / "state.pt")
    vocabulary_of(1000, tmp_path / "of-1000")
    before = sorted(tmp_path.rglob("*"))
    ran = run("convert", *words)
    assert (ran.code, ran.out) == (1, "")
    assert says in ran.err and ran.err.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_an_interruption_leaves_no_files(run, checkpoint, vocabulary, tmp_path, monkeypatch, error):
    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr("hearsight.models.weights.save_file", fail)
    before = sorted(tmp_path.rglob("*"))
    ran = run("convert", checkpoint, tmp_path / "out", "--vocabulary", vocabulary)
    assert ran.code == (130 if isinstance(error, KeyboardInterrupt) else 1)
    assert "stopped" in ran.err or "No space left on device; make room" in ran.err
    assert sorted(tmp_path.rglob("*")) == before
    monkeypatch.undo()
    (tmp_path / "out").mkdir()  # an empty folder is as good as none
    assert run("convert", checkpoint, tmp_path / "out", "--vocabulary", vocabulary).code == 0
    assert hearsight.load(tmp_path / "out").config.method == "save"
