"""The head learns from stored features, goes on where it stopped, and its model loads."""

import json

import lancedb
import numpy as np
import pytest
import torch

import hearsight
from hearsight.datasets.features import FeatureSet, as_rows
from hearsight.datasets.manifest import Example
from hearsight.errors import HearsightError
from hearsight.evaluation.retrieval import evaluate
from hearsight.models.avigate import AVIGATE
from hearsight.training import head
from hearsight.training.batches import batches
from hearsight.training.head import fresh_head, train_head
from hearsight.training.initialise import initialise
from hearsight.training.recipe import HeadRecipe, read_recipe
from hearsight.types import ClipFeatures
from tests.making import tiny_model

WORDS = ["doctor", "yellow", "bicycle", "bell"]


def made_up(model: AVIGATE, folder, count: int = 16) -> FeatureSet:
    """Clips whose picture, sound or words each say which of four captions is theirs."""
    generator = torch.Generator().manual_seed(0)
    kinds = torch.arange(count) % len(WORDS)
    F, D, Da = model.config.frames, model.width, model.ast.width
    tokens = torch.randn(len(WORDS), 1, Da, generator=generator)
    pictures = torch.randn(len(WORDS), 1, D, generator=generator)
    examples = [
        Example(f"clip{i}", f"clip{i}.mp4", (("sight", WORDS[k]), ("sound", WORDS[k])), f"g{i // 2}")
        for i, k in enumerate(kinds)
    ]
    features = ClipFeatures(
        frames=pictures[kinds] + 0.1 * torch.randn(count, F, D, generator=generator),
        frame_mask=torch.ones(count, F, dtype=torch.bool),
        has_audio=torch.ones(count, dtype=torch.bool),
        has_speech=torch.zeros(count, dtype=torch.bool),
        audio=tokens[kinds] + 0.1 * torch.randn(count, 9, Da, generator=generator),
    )
    rows = as_rows([example.id for example in examples], features)
    table = lancedb.connect(str(folder / "features")).create_table("made-up", rows, mode="overwrite")
    words = torch.zeros(count, model.config.words, dtype=torch.long)
    return FeatureSet(examples, table, np.arange(count), words, features.has_speech, Da)


@pytest.fixture
def recipe(tmp_path, monkeypatch):
    tiny_model(tmp_path / "towers", "avigate")
    monkeypatch.setattr(head, "extract", lambda folder, towers, progress=None: made_up(towers, tmp_path))
    return HeadRecipe(
        kind="head", towers=str(tmp_path / "towers"), data="unused", epochs=6, batch=8, layers=1, queries=4, heads=2,
        learning_rate=3e-3, text_learning_rate=3e-3, query_factor=1, audio_only=0.3,
    )  # fmt: skip


@pytest.mark.parametrize("method", ["save", "avigate", "blind", "clip4clip"])
def test_it_learns_and_its_model_loads(recipe, tmp_path, method):
    recipe = recipe.model_copy(update={"method": method, "epochs": 12})
    folder = train_head(recipe, tmp_path / "run")
    lines = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert lines[-1]["loss"] < lines[0]["loss"]
    model = hearsight.load(folder)
    assert model.config.method == method
    # Four clips share each caption, so a ranking that is right puts the asked one among the first four.
    assert evaluate(model, made_up(hearsight.load(recipe.towers), tmp_path))["all captions"].r5 == 100


def test_a_stopped_run_goes_on_as_if_it_had_not(recipe, tmp_path):
    straight = train_head(recipe, tmp_path / "straight")

    def stop(epoch: int, total: int, figures: dict) -> None:
        if epoch == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_head(recipe, tmp_path / "stopped", progress=stop)
    resumed = train_head(recipe, tmp_path / "stopped")
    assert hearsight.load(straight).fingerprint == hearsight.load(resumed).fingerprint
    assert (tmp_path / "straight/metrics.jsonl").read_text() == (tmp_path / "stopped/metrics.jsonl").read_text()


def test_a_folder_of_another_run_is_refused(recipe, tmp_path):
    train_head(recipe.model_copy(update={"epochs": 1}), tmp_path / "run")
    with pytest.raises(HearsightError, match="another recipe"):
        train_head(recipe, tmp_path / "run")


def test_a_loss_that_is_not_finite_names_the_clips(recipe, tmp_path, monkeypatch):
    monkeypatch.setattr(head, "head_loss", lambda model, batch, recipe, teacher: torch.tensor(torch.nan))
    with pytest.raises(HearsightError, match=r"epoch 1, clips clip\d+"):
        train_head(recipe, tmp_path / "run")


def test_frozen_towers_stay_as_they_are(recipe, tmp_path):
    towers = hearsight.load(recipe.towers)
    trained = hearsight.load(train_head(recipe, tmp_path / "run"))
    for name, tensor in towers.state_dict().items():
        if name.startswith(("clip.model.vision", "ast.")):
            assert torch.equal(tensor.half().float(), trained.state_dict()[name])


def test_twins_share_a_batch():
    examples = [Example(str(i), f"{i}.mp4", (), f"g{i // 2}") for i in range(32)]
    shown = batches(examples, 8, np.random.default_rng(0))
    assert sorted(place for batch in shown for place in batch) == list(range(32))
    for batch in shown:
        assert {place ^ 1 for place in batch} == set(batch)


def test_new_modules_start_from_the_text_transformer(recipe):
    model = fresh_head(recipe, hearsight.load(recipe.towers))
    layer = model.clip.model.text_model.encoder.layers[0]
    for stack in (model.resampler, model.audio_fusion, model.speech_fusion):
        assert torch.equal(stack.blocks[0].mlp.expand.weight, layer.mlp.fc1.weight)
        assert torch.equal(stack.blocks[0].self_attention.in_proj_weight[:32], layer.self_attn.q_proj.weight)
    assert model.audio_fusion.blocks[0].cross_attention.in_proj_weight.std().item() == pytest.approx(0.02, rel=0.1)
    initialise(model)


def test_recipes(tmp_path):
    assert read_recipe("demo", ["epochs=3"]).epochs == 3
    with pytest.raises(HearsightError, match="batch"):
        read_recipe("demo", ["batch=-1"])
    with pytest.raises(HearsightError, match="demo-towers"):
        read_recipe("no-such-recipe")
    with pytest.raises(HearsightError, match="key=value"):
        read_recipe("demo", ["epochs"])
    (tmp_path / "odd.yaml").write_text("kind: head\ntower: x\n")
    with pytest.raises(HearsightError, match="tower"):
        read_recipe(str(tmp_path / "odd.yaml"))
