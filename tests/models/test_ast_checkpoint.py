"""An AST's folder goes from transformers to Hearsight and back, and both hear the same."""

import json
from dataclasses import asdict

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import ASTConfig, ASTForAudioClassification, ASTModel

from hearsight.errors import HearsightError
from hearsight.models.ast_checkpoint import read_ast, write_ast
from hearsight.towers.ast import AudioTower
from tests.builders import tiny_ast


def hears_as(tower: AudioTower, model: ASTModel) -> bool:
    filterbank = torch.randn(2, 64, 128)
    with torch.no_grad():
        return torch.allclose(tower(filterbank)[:, 1:], model.eval()(filterbank).last_hidden_state[:, 2:], atol=1e-5)


@pytest.mark.parametrize("kind", [ASTModel, ASTForAudioClassification])
@pytest.mark.parametrize("largest", ["5GB", "40KB"])  # in one file, and in many
def test_from_transformers(kind, largest, tmp_path):
    model = kind(ASTConfig(**tiny_ast()))
    model.save_pretrained(tmp_path, max_shard_size=largest)
    assert (len(list(tmp_path.glob("*.safetensors"))) > 1) == (largest == "40KB")
    assert hears_as(read_ast(tmp_path), getattr(model, "audio_spectrogram_transformer", model))


def test_by_the_names_that_transformers_has_for_them_now(tmp_path):
    model = ASTModel(ASTConfig(**tiny_ast()))
    save_file(model.state_dict(), tmp_path / "model.safetensors")
    model.config.save_pretrained(tmp_path)
    assert hears_as(read_ast(tmp_path), model)


def test_to_transformers(tmp_path):
    tower = AudioTower(tiny_ast())
    write_ast(tmp_path, tiny_ast(), tower.state_dict())
    model, info = ASTModel.from_pretrained(tmp_path, output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"]
    assert hears_as(tower, model)
    assert hears_as(read_ast(tmp_path), model)


def test_where_a_tower_stood_and_what_wrote_it_are_no_part_of_it(tmp_path):
    tower = AudioTower(tiny_ast())
    write_ast(tmp_path, tiny_ast(), tower.state_dict())
    ASTModel.from_pretrained(tmp_path).save_pretrained(tmp_path / "again")
    assert asdict(read_ast(tmp_path / "again").config) == asdict(read_ast(tmp_path).config) == asdict(tower.config)


def test_weights_that_are_missing_or_of_another_shape_are_named(tmp_path):
    ASTModel(ASTConfig(**tiny_ast())).save_pretrained(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    del weights["encoder.layer.1.output.dense.bias"]
    weights["layernorm.bias"] = torch.zeros(2)
    save_file(weights, tmp_path / "model.safetensors")
    with pytest.raises(HearsightError, match=r"missing: encoder\.layer\.1\.output\.dense\.bias; .*: layernorm\.bias\)"):
        read_ast(tmp_path)


def test_what_is_no_ast(tmp_path):
    with pytest.raises(HearsightError, match="cannot load the AST of"):
        read_ast(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "wav2vec2"}))
    with pytest.raises(HearsightError, match="is a model of the type 'wav2vec2', no AST"):
        read_ast(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "audio-spectrogram-transformer", **tiny_ast()}))
    (tmp_path / "model.safetensors").write_bytes(b"no tensors")
    with pytest.raises(HearsightError, match="damaged"):
        read_ast(tmp_path)
