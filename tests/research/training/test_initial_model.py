"""The towers of a recipe: a model with an audio tower, or a published CLIP and AST."""

import pytest
import torch
from torch import nn
from transformers import ASTConfig, ASTForAudioClassification, ASTModel

import hearsight
from hearsight.errors import HearsightError
from hearsight.models.base import VideoTextModel
from hearsight.models.layers import GatedFusion, Resampler
from hearsight.models.methods.clip4clip import CLIP4Clip
from hearsight.research.training.initial_model import fresh_model, load_towers
from hearsight.research.training.parameters import parameter_groups
from hearsight.research.training.recipe import MethodRecipe
from tests.builders import tiny_ast, tiny_model


@pytest.fixture
def clip(tmp_path):
    return tiny_model(tmp_path / "clip", "clip4clip")


def recipe(tmp_path, **changes) -> MethodRecipe:
    options = {} if changes.get("method") == "clip4clip" else {"heads": 2, "layers": 1}
    values = {"kind": "method", "data": "", "options": options, "towers": str(tmp_path / "clip"), **changes}
    return MethodRecipe(**values)


@pytest.mark.parametrize("kind", [ASTModel, ASTForAudioClassification])
def test_a_clip_and_an_ast_make_towers(kind, clip, tmp_path):
    torch.manual_seed(1)
    published = kind(ASTConfig(**tiny_ast()))
    published.save_pretrained(tmp_path / "ast")
    towers = load_towers(recipe(tmp_path, audio=str(tmp_path / "ast")))
    model = fresh_model(recipe(tmp_path, method="save"), towers)
    expected = getattr(published, "audio_spectrogram_transformer", published).state_dict()
    assert all(
        torch.equal(tensor, expected[name].half().float()) for name, tensor in model.ast.model.state_dict().items()
    )
    assert torch.equal(model.clip.logit_scale, clip.clip.logit_scale.half().float())
    assert model.audio_projection.weight.std().item() == pytest.approx(0.02, rel=0.1)
    again = load_towers(recipe(tmp_path, audio=str(tmp_path / "ast")))
    assert again.fingerprint == towers.fingerprint


def test_frames_words_and_temperature_are_the_recipes_or_the_towers_own(clip, tmp_path):
    tiny_model(tmp_path / "towers", "avigate")
    values = {"towers": str(tmp_path / "towers"), "method": "avigate"}
    default = fresh_model(recipe(tmp_path, **values), load_towers(recipe(tmp_path, **values))).config
    assert (default.frames, default.words, default.temperature) == (6, 32, 1.0)
    values |= {"frames": 3, "words": 16, "temperature": 0.5}
    changed = fresh_model(recipe(tmp_path, **values), load_towers(recipe(tmp_path, **values))).config
    assert (changed.frames, changed.words, changed.temperature) == (3, 16, 0.5)


@pytest.mark.parametrize("name", ["words", "frames"])
def test_there_are_positions_for_so_many_words_and_frames(clip, tmp_path, name):
    tiny_model(tmp_path / "towers", "avigate")
    values = {"towers": str(tmp_path / "towers"), "method": "avigate"}
    assert getattr(load_towers(recipe(tmp_path, **values, **{name: 77})).config, name) == 77
    with pytest.raises(HearsightError, match=rf"{name}: 78 .*; set {name} to .*77$"):
        load_towers(recipe(tmp_path, **values, **{name: 78}))


def test_frames_of_a_method_without_positions_may_be_many(clip, tmp_path):
    tiny_model(tmp_path / "towers", "avigate")
    many = recipe(tmp_path, towers=str(tmp_path / "towers"), method="clip4clip", frames=100)
    assert fresh_model(many, load_towers(many)).config.frames == 100


def test_a_text_has_room_for_a_word(clip, tmp_path):
    tiny_model(tmp_path / "towers", "avigate")
    with pytest.raises(HearsightError, match=r"words: 2 .*; set words to 3 to 77"):
        load_towers(recipe(tmp_path, towers=str(tmp_path / "towers"), words=2))


def test_towers_that_do_not_fit(clip, tmp_path):
    with pytest.raises(HearsightError, match="has no audio tower; give towers with one, or set audio to an AST"):
        load_towers(recipe(tmp_path))
    with pytest.raises(HearsightError, match="no audio tower 'nowhere'"):
        load_towers(recipe(tmp_path, audio="nowhere"))
    with pytest.raises(HearsightError, match=r"is a model of the type 'hearsight', no AST"):
        load_towers(recipe(tmp_path, audio=str(tmp_path / "clip")))
    tiny_model(tmp_path / "towers", "avigate")
    with pytest.raises(HearsightError, match="have an audio tower already"):
        load_towers(recipe(tmp_path, towers=str(tmp_path / "towers"), audio=str(tmp_path / "clip")))


def test_an_ast_that_lacks_weights(clip, tmp_path):
    from safetensors.torch import load_file, save_file

    ASTModel(ASTConfig(**tiny_ast())).save_pretrained(tmp_path / "ast")
    weights = load_file(tmp_path / "ast" / "model.safetensors")
    weights.pop(next(name for name in weights if "dist" in name))
    save_file(weights, tmp_path / "ast" / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(HearsightError, match="lacks weights"):
        load_towers(recipe(tmp_path, audio=str(tmp_path / "ast")))


class Nested(CLIP4Clip):
    """Has fusion transformers in a list and a resampler in another module, and no audio tower."""

    def __init__(self, config, tokenizer=None):
        super().__init__(config, tokenizer)
        self.fusions = nn.ModuleList([GatedFusion(self.width, 2, 1), GatedFusion(self.width, 2, 1)])
        self.words = nn.Sequential(Resampler(self.width, 2, 1, 4))
        self.narrow = GatedFusion(16, 2, 1)


def test_new_modules_are_initialised_wherever_they_are_in_a_model(clip, tmp_path, house_methods):
    hearsight.register("nested")(Nested)
    tiny_model(tmp_path / "towers", "avigate")
    nested = recipe(tmp_path, towers=str(tmp_path / "towers"), method="nested", options={})
    model = fresh_model(nested, load_towers(nested))
    assert isinstance(model, VideoTextModel)
    layer = model.clip.model.text_model.encoder.layers[0]
    for stack in (*model.fusions, model.words[0]):
        assert torch.equal(stack.blocks[0].mlp.expand.weight, layer.mlp.fc1.weight)
    assert model.narrow.blocks[0].mlp.expand.weight.std().item() == pytest.approx(0.02, rel=0.1)
    assert model.words[0].position.std().item() == pytest.approx(0.02, rel=0.3)
    rates = {id(parameter): rate for group, rate in parameter_groups(model, nested) for _, parameter in group}
    assert rates[id(model.words[0].queries)] == 100 * nested.learning_rate
    assert rates[id(model.words[0].position)] == nested.learning_rate
