"""Published checkpoints: what they are is told by their names, nothing in them runs, and what is wrong is named."""

import os
import pickle
import re
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import pytest
import torch
from safetensors.torch import save_file

import hearsight
from hearsight.errors import HearsightError
from hearsight.models.convert.checkpoint_file import read_file
from hearsight.models.convert.contents import recognise
from hearsight.models.convert.convert import convert, read_checkpoint
from hearsight.models.convert.names import take
from tests.builders import vocabulary_of
from tests.models.conftest import agree
from tests.models.published_checkpoints import Tree, ast_names, openai_names, timm_forward

pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
IDS = {"start_id": 998, "end_id": 999}


@pytest.fixture(scope="module")
def openai(golden):
    return openai_names(golden.weights)


@pytest.fixture(scope="module")
def archive(openai, tmp_path_factory) -> Path:
    """TorchScript, as OpenAI publishes CLIP."""
    file = tmp_path_factory.mktemp("archive") / "ViT-B-32.pt"
    torch.jit.save(torch.jit.script(Tree(openai)), file)
    return file


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory) -> Path:
    return vocabulary_of(1000, tmp_path_factory.mktemp("tokenizer") / "of-1000")


# What it is


def test_the_method_is_found_out(golden, save_model, avigate_model):
    for weights, model in ((golden.weights, save_model), (golden.avigate_weights, avigate_model)):
        converted = hearsight.load_published(weights, fusion_heads=2, **IDS)
        assert converted.config.method == model.config.method
        assert converted.fingerprint == model.fingerprint


def test_from_files_of_any_name(golden, save_model, tmp_path):
    save_file(golden.weights, tmp_path / "weights.bin.4")
    torch.save({f"module.{name}": t for name, t in golden.weights.items()}, tmp_path / "pytorch_model.bin.4")
    torch.save(golden.weights, tmp_path / "older.pth", _use_new_zipfile_serialization=False)
    for file in ("weights.bin.4", "pytorch_model.bin.4", "older.pth"):
        model = hearsight.load_published(tmp_path / file, "save", fusion_heads=2, **IDS)
        assert model.fingerprint == save_model.fingerprint


def test_towers_alone_are_clip4clip(golden, openai, save_model):
    named = hearsight.load_published(golden.weights, "clip4clip", **IDS)
    recognised = hearsight.load_published({n: t for n, t in golden.weights.items() if n.startswith("clip.")}, **IDS)
    plain = hearsight.load_published(openai, **IDS)
    assert named.config.method == recognised.config.method == plain.config.method == "clip4clip"
    assert named.fingerprint == recognised.fingerprint == plain.fingerprint
    with torch.no_grad():
        video = named.encode_video(golden.inputs["pixel_values"], golden.inputs["frame_mask"])
    agree(video.vision, golden.outputs["frame_embeds"])


def test_an_archive_gives_what_its_state_dict_gives(openai, archive, golden):
    contents, model = read_checkpoint(archive), hearsight.load_published(archive, **IDS)
    assert contents.format == "a TorchScript archive"
    assert {"input_resolution", "attn_mask", "visual.attn_mask"} <= set(contents.left_out)
    plain = hearsight.load_published(openai, **IDS)
    inputs = golden.inputs["pixel_values"], golden.inputs["frame_mask"]
    with torch.no_grad():
        assert torch.equal(model.encode_video(*inputs).pooled, plain.encode_video(*inputs).pooled)
        ids = golden.inputs["text_ids"]
        assert torch.equal(model.encode_text(ids), plain.encode_text(ids))


def test_an_archive_of_a_traced_module_with_shared_storages(tmp_path):
    """Views of one storage, transposed and cut out, come out as they went in."""

    class Views(torch.nn.Module):
        def __init__(self):
            super().__init__()
            numbers = torch.arange(12.0)
            self.register_buffer("first", numbers[:4].view(2, 2).T)
            self.register_buffer("rest", numbers[4:])

        def forward(self, x):
            return x + self.first.sum() + self.rest.sum()

    torch.jit.save(torch.jit.trace(Views(), torch.zeros(1)), tmp_path / "views.pt")
    tensors = read_file(tmp_path / "views.pt")[1]
    assert torch.equal(tensors["first"], torch.tensor([[0.0, 2.0], [1.0, 3.0]]))
    assert torch.equal(tensors["rest"], torch.arange(4.0, 12.0))


@pytest.mark.parametrize(
    ("added", "head"),
    [
        (["frame_position_embeddings.weight", "transformerClip.resblocks.0.ln_1.weight"], "seqTransf"),
        (["frame_position_embeddings.weight", "lstm_visual.weight_ih_l0"], "seqLSTM"),
        (["cross.embeddings.position_embeddings.weight", "similarity_dense.weight"], "tightTransf"),
    ],
)
def test_other_heads_of_clip4clip_are_not_taken_for_mean_pooling(golden, added, head):
    weights = {n: t for n, t in golden.weights.items() if n.startswith("clip.") and not n.startswith("clip.audio")}
    weights |= {name: torch.zeros(2, 2) for name in added}
    for method in (None, "avigate", "save"):
        with pytest.raises(HearsightError, match=f"with the {head} head"):
            hearsight.load_published(weights, method, **IDS)
    assert hearsight.load_published(weights, "clip4clip", **IDS).config.method == "clip4clip"


@pytest.mark.parametrize(
    ("weights", "says"),
    [
        ({}, "holds no tensors"),
        ({"visual.conv1.weight": 1, "visual.layer1.0.conv1.weight": 1}, "a ResNet"),
        ({"text_model.final_layer_norm.weight": 1}, "need no conversion"),
        ({"bert.pooler.weight": 1}, r"like bert\.pooler\.weight"),
    ],
)
def test_what_is_none_of_them(weights, says):
    with pytest.raises(HearsightError, match=says):
        hearsight.load_published({name: torch.zeros(1) for name in weights})


def test_a_checkpoint_of_another_method_says_so(golden):
    with pytest.raises(HearsightError, match="a checkpoint of avigate, not of save"):
        hearsight.load_published(golden.avigate_weights, "save")
    with pytest.raises(HearsightError, match="a checkpoint of save, not of avigate"):
        hearsight.load_published(golden.weights, "avigate")
    towers = {name: t for name, t in golden.weights.items() if name.startswith("clip.")}
    with pytest.raises(HearsightError, match="a checkpoint of clip4clip, not of save"):
        hearsight.load_published(towers, "save")
    with pytest.raises(HearsightError, match="unknown published method 'chorus'"):
        hearsight.load_published(golden.weights, "chorus")


# Tensors that do not fit


def test_every_tensor_of_use_is_asked_for(golden, save_model):
    """None can be taken away unnoticed, and it is called by the name that it has in the file."""
    contents = recognise(golden.weights, "the file", "in memory")
    assert contents.left_out == ["asr_query_tokens"]
    for name in contents.weights:
        without = replace(contents, weights={n: t for n, t in contents.weights.items() if n != name})
        with pytest.raises(HearsightError, match=re.escape(f"(missing: {name});")):
            take(save_model.state_dict(), without)


def test_missing_unknown_and_misshapen_tensors_are_named(golden, openai):
    weights = dict(golden.weights)
    del weights["transformerClip.resblocks.1.ln_4.bias"]
    weights["of_nobody"] = torch.zeros(1)
    weights["clip.visual.proj"] = weights["clip.visual.proj"].T
    weights["clip.text_projection"] = torch.zeros(65, 64)
    with pytest.raises(HearsightError) as error:
        hearsight.load_published(weights, fusion_heads=2, **IDS)
    for part in ("missing: transformerClip.resblocks.1.ln_4.bias", "unknown: of_nobody", "is (65, 64), not (64, 64)"):
        assert part in str(error.value)
    with pytest.raises(HearsightError, match=r"unknown: visual\.conv2\.weight"):
        hearsight.load_published(openai | {"visual.conv2.weight": torch.zeros(1)}, **IDS)
    with pytest.raises(HearsightError, match=r"'visual\.conv1\.weight' has the shape \(3,\), and needs 4 dimensions"):
        hearsight.load_published(openai | {"visual.conv1.weight": torch.zeros(3)}, **IDS)
    with pytest.raises(HearsightError, match=r"attn\.in_proj_bias is \(\), not \(192,\)"):
        packed = "transformer.resblocks.0.attn.in_proj_bias"
        hearsight.load_published(openai | {packed: torch.tensor(0.0)}, **IDS)


@pytest.mark.parametrize("number", [float("nan"), float("-inf")])
def test_numbers_that_are_none_are_refused_by_the_name_of_their_tensor(golden, openai, number):
    for weights, name in ((golden.weights, "query_tokens"), (openai, "visual.ln_post.weight")):
        odd = weights[name].clone()
        odd.flatten()[-1] = number
        with pytest.raises(HearsightError, match=rf"infinite or not a number \(in {re.escape(name)}\)"):
            hearsight.load_published(
                weights | {name: odd}, fusion_heads=2 if weights is golden.weights else None, **IDS
            )


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"words": 78}, "78 words; give 3 to 77"),
        ({"words": 2}, "2 words"),
        ({"frames": 0}, "0 frames"),
        ({"frames": 78}, "takes 1 to 77"),
        ({"temperature": 0.0}, "above 0"),
        ({"temperature": float("nan")}, "temperature cannot be nan"),
        ({"temperature": float("inf")}, "temperature cannot be inf"),
        ({"fusion_heads": 3}, "64 cannot be divided among 3 heads"),
    ],
)
def test_settings_that_do_not_fit(golden, settings, says):
    with pytest.raises(HearsightError, match=says):
        hearsight.load_published(golden.weights, **IDS, **settings)


def test_settings_are_kept(golden):
    model = hearsight.load_published(golden.avigate_weights, frames=32, words=64, temperature=0.5, **IDS)
    assert (model.config.frames, model.config.words, model.config.temperature) == (32, 64, 0.5)
    assert model.options.heads is None and model.heads == 1


# Vocabularies


def test_special_ids_come_from_the_vocabulary(golden, save_model, vocabulary):
    model = hearsight.load_published(golden.weights, fusion_heads=2, vocabulary=vocabulary)
    assert model.fingerprint == save_model.fingerprint
    assert model.tokenize([""])[0, :3].tolist() == [998, 999, 0]


def test_a_vocabulary_of_another_size(golden, tmp_path):
    with pytest.raises(HearsightError, match=r"has 900 tokens, the given state dict has 1,000"):
        hearsight.load_published(golden.weights, vocabulary=vocabulary_of(900, tmp_path / "900"))
    with pytest.raises(HearsightError, match="no CLIP tokenizer"):
        hearsight.load_published(golden.weights, vocabulary=tmp_path)


# AST


@pytest.mark.parametrize(("patches", "grid"), [(12 * 101, (10, 1024)), (12 * 12, (10, 126)), (8 * 64, (16, 1024))])
def test_the_grid_of_an_ast_is_told_by_its_patches(tmp_path, patches, grid):
    torch.save(ast_names(patches, layers=1), tmp_path / "ast.pth")
    sizes = convert(tmp_path / "ast.pth", tmp_path / "out").ast
    assert (sizes["time_stride"], sizes["max_length"]) == grid
    assert sizes["frequency_stride"] == sizes["time_stride"]


def test_an_ast_computes_in_transformers_what_timm_computes(tmp_path):
    from transformers import ASTModel

    weights = ast_names()
    torch.save(weights, tmp_path / "audioset_10_10_0.4593.pth")
    convert(tmp_path / "audioset_10_10_0.4593.pth", tmp_path / "ast")
    model, info = ASTModel.from_pretrained(tmp_path / "ast", output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"]
    filterbank = torch.randn(2, 1024, 128)
    with torch.no_grad():
        agree(model.eval()(filterbank).last_hidden_state, timm_forward(weights, filterbank))


def test_what_is_wrong_with_an_ast(tmp_path):
    with pytest.raises(HearsightError, match="is an AST, an audio tower, and not a complete model"):
        hearsight.load_published(ast_names())
    with pytest.raises(HearsightError, match="not a checkpoint of save"):
        hearsight.load_published(ast_names(), "save")
    torch.save(ast_names(patches=1000), tmp_path / "odd.pth")
    with pytest.raises(HearsightError, match="1000 patches, which is no grid"):
        convert(tmp_path / "odd.pth", tmp_path / "out")
    weights = ast_names()
    del weights["module.v.blocks.1.attn.qkv.bias"]
    torch.save(weights, tmp_path / "part.pth")
    with pytest.raises(HearsightError, match=r"missing: v\.blocks\.1\.attn\.qkv\.bias\)"):
        convert(tmp_path / "part.pth", tmp_path / "out")
    assert not (tmp_path / "out").exists()


# Nothing runs


class Harmful:
    """Unpickled, it makes a folder."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self):
        return os.mkdir, (str(self.file),)


def test_what_the_payload_would_do(tmp_path):
    """Else the tests below could not fail."""
    pickle.loads(pickle.dumps(Harmful(tmp_path / "ran")))
    assert (tmp_path / "ran").exists()


@pytest.mark.parametrize("new", [True, False])
def test_a_checkpoint_with_code_is_refused_and_not_run(golden, tmp_path, new):
    weights = {**golden.weights, "clip.harm": Harmful(tmp_path / "ran")}
    torch.save(weights, tmp_path / "bad.pt", _use_new_zipfile_serialization=new)
    with pytest.raises(HearsightError, match=r"plain tensors: it holds pickled objects \(.*mkdir") as error:
        hearsight.load_published(tmp_path / "bad.pt")
    assert "torch.save(torch.load('bad.pt', weights_only=False).state_dict(), 'plain.pt')" in str(error.value)
    assert not (tmp_path / "ran").exists()


def with_pickle(archive: Path, pickled: bytes, to: Path) -> Path:
    """The same archive with another pickle of its module."""
    with ZipFile(archive) as old, ZipFile(to, "w") as new:
        for name in old.namelist():
            new.writestr(name, pickled if name.endswith("/data.pkl") else old.read(name))
    return to


@pytest.mark.parametrize("protocol", [2, 4])
def test_an_archive_with_a_harmful_pickle_is_refused_and_not_run(archive, tmp_path, protocol):
    bad = with_pickle(archive, pickle.dumps({"w": Harmful(tmp_path / "ran")}, protocol), tmp_path / "bad.pt")
    with pytest.raises(HearsightError, match=r"it holds pickled objects \(.*mkdir\).*torch\.jit\.load\('bad\.pt'\)"):
        hearsight.load_published(bad)
    assert not (tmp_path / "ran").exists()


def test_the_code_of_an_archive_is_not_looked_at(archive, tmp_path):
    """Read, though no compiler would take its code."""
    with ZipFile(archive) as old, ZipFile(tmp_path / "odd.pt", "w") as new:
        for name in old.namelist():
            new.writestr(name, b"raise SystemExit(" if "/code/" in name else old.read(name))
    with pytest.raises(RuntimeError):
        torch.jit.load(tmp_path / "odd.pt")
    odd = hearsight.load_published(tmp_path / "odd.pt", **IDS)
    assert odd.fingerprint == hearsight.load_published(archive, **IDS).fingerprint


def test_an_archive_cannot_reach_beyond_its_storages(archive, tmp_path):
    with ZipFile(archive) as old, ZipFile(tmp_path / "short.pt", "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name)[:8] if "/data/" in name else old.read(name))
    with pytest.raises(HearsightError, match=r"damaged, or incomplete \(.*out of bounds"):
        hearsight.load_published(tmp_path / "short.pt")


@pytest.mark.parametrize("pickled", [pickle.dumps([1, 2], 2), pickle.dumps({"a": 1}, 2), b"\x80\x02.", b""])
def test_an_archive_without_a_module(archive, tmp_path, pickled):
    with pytest.raises(HearsightError, match="not a checkpoint"):
        hearsight.load_published(with_pickle(archive, pickled, tmp_path / "bad.pt"))


# Files that are not a checkpoint


def test_a_training_state_tells_where_its_weights_are(golden, tmp_path):
    state = {"epoch": 4, "optimizer": {"state": {}, "param_groups": []}, "model": golden.weights}
    torch.save(state, tmp_path / "state.pt")
    with pytest.raises(HearsightError, match=r"torch\.save\(torch\.load\(FILE, weights_only=True\)\['model'\]"):
        hearsight.load_published(tmp_path / "state.pt")
    torch.save([torch.zeros(1)], tmp_path / "list.pt")
    with pytest.raises(HearsightError, match="no state dict but a list"):
        hearsight.load_published(tmp_path / "list.pt")


@pytest.mark.parametrize("kind", ["torch", "older", "safetensors", "archive"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.99])
def test_truncated_files(golden, archive, tmp_path, kind, part):
    file = tmp_path / "checkpoint"
    if kind == "safetensors":
        save_file(golden.weights, file)
    elif kind == "archive":
        file.write_bytes(archive.read_bytes())
    else:
        torch.save(golden.weights, file, _use_new_zipfile_serialization=kind == "torch")
    content = file.read_bytes()
    file.write_bytes(content[: int(part * len(content))])
    with pytest.raises(HearsightError, match="damaged, or incomplete"):
        hearsight.load_published(file)


def test_files_that_are_none(tmp_path):
    with pytest.raises(HearsightError, match="check the path"):
        hearsight.load_published(tmp_path / "nothing.bin")
    with pytest.raises(HearsightError, match="it is a folder"):
        hearsight.load_published(tmp_path)
    (tmp_path / "empty.pt").touch()
    with pytest.raises(HearsightError, match="it is empty"):
        hearsight.load_published(tmp_path / "empty.pt")
    (tmp_path / "page.pt").write_text("<html>you must log in")
    with pytest.raises(HearsightError, match="it is not a checkpoint"):
        hearsight.load_published(tmp_path / "page.pt")
    with ZipFile(tmp_path / "photos.pt", "w") as file:
        file.writestr("a.txt", "a")
    with pytest.raises(HearsightError, match="it is not a checkpoint"):
        hearsight.load_published(tmp_path / "photos.pt")
