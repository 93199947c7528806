"""What is wrong with a public checkpoint is said in one line when it is loaded."""

import json
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import CLIPConfig, CLIPModel

import hearsight
from hearsight.errors import HearsightError
from hearsight.models.load import build
from hearsight.research.training.vocabulary import train_tokenizer
from tests.builders import tiny_ast, tiny_clip
from tests.public_checkpoints import tiny_siglip, write_gemma_tokenizer, write_pictures, write_t5_tokenizer


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "siglip"


def without(name):
    return lambda folder: (folder / name).unlink()


def with_pictures(**settings):
    return lambda folder: write_pictures(folder, **{"size": {"height": 40, "width": 40}, **settings})


def with_config(part, **settings):
    def change(folder):
        config = json.loads((folder / "config.json").read_text())
        (config[part] if part else config).update(settings)
        (folder / "config.json").write_text(json.dumps(config))

    return change


def with_weights(change):
    def rewrite(folder):
        weights = load_file(folder / "model.safetensors")
        change(weights)
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})

    return rewrite


def make_constant(weights):
    weights["text_model.head.weight"].zero_()


def make_infinite(weights):
    weights["text_model.final_layer_norm.weight"].fill_(float("nan"))


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (without("tokenizer.json"), r"no tokenizer\.json in"),
        (without("preprocessor_config.json"), r"no preprocessor_config\.json in"),
        (without("model.safetensors"), r"no model\.safetensors"),
        (lambda folder: (folder / "tokenizer.json").write_text("{"), r"cannot read .*tokenizer\.json"),
        (
            lambda folder: (folder / "tokenizer_config.json").write_text("[]"),
            r"tokenizer_config\.json: it is not a dict",
        ),
        (without("tokenizer_config.json"), "names no pad_token"),
        (lambda folder: (folder / "preprocessor_config.json").write_text("{"), "cannot read"),
        (with_pictures(size={"height": 20, "width": 20}), "the model takes 40 x 40 pixels"),
        (with_pictures(size={"longest_edge": 40}), "the model takes 40 x 40 pixels"),
        (with_pictures(image_std=[0.5]), r"cannot use .*1 numbers for 3 channels"),
        (with_pictures(image_std=0), "have to be above 0"),
        (with_pictures(resample=17), "cannot use"),
        (with_config("vision_config", vision_use_head=False), "vision_use_head False"),
        (with_config("vision_config", image_size=[40, 80]), "needs a value like 224"),
        (with_config("text_config", projection_size=8), "projection_size 8, and its pictures"),
        (with_config("text_config", hidden_act="relu"), "hidden_act 'relu'"),
        (with_config(None, model_type="siglip2"), "any size"),
        (with_config("text_config", vocab_size=300), r"is \(\d+, 24\), not \(300, 24\)"),
        (with_weights(lambda weights: weights.pop("text_model.head.bias")), "missing: .*head.bias.*download it again"),
        (with_weights(make_constant), "gives every text the same vector"),
        (with_weights(make_infinite), "no finite numbers"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(folder, damage, says):
    tiny_siglip(folder)
    damage(folder)
    with pytest.raises(HearsightError, match=says) as error:
        hearsight.load(folder)
    assert "\n" not in str(error.value)


def test_a_tokenizer_of_more_tokens_than_the_model(folder, tmp_path):
    size = write_gemma_tokenizer(tmp_path / "other")
    tiny_siglip(folder, tokenizer=write_t5_tokenizer)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (tmp_path / "other" / name).replace(folder / name)
    with pytest.raises(HearsightError, match=f"has {size} tokens, and the model"):
        hearsight.load(folder)


def test_no_method_reads_speech_by_siglip(folder):
    tiny_siglip(folder)
    config = hearsight.load(folder).config
    with pytest.raises(HearsightError, match="reads speech by CLIP's vectors of tokens"):
        build(replace(config, method="save", ast=tiny_ast()))


def test_a_plain_clip_whose_text_tower_is_constant(tmp_path):
    train_tokenizer(["a photo of a cat"], 600, tmp_path)
    size = len(json.loads((tmp_path / "tokenizer.json").read_text())["model"]["vocab"])
    model = CLIPModel(CLIPConfig(**tiny_clip(size)))
    model.save_pretrained(tmp_path)
    hearsight.load(tmp_path)
    with torch.no_grad():
        model.text_projection.weight.zero_()
    model.save_pretrained(tmp_path)
    with pytest.raises(HearsightError, match="gives every text the same vector"):
        hearsight.load(tmp_path)
