"""Towers learn from generated scenes, and a stopped run continues."""

import shutil

import pytest
import torch

import hearsight
from hearsight.errors import HearsightError
from hearsight.research.soundstage.icons import FONT
from hearsight.research.training.recipe import TowersRecipe
from hearsight.research.training.train_towers import train_towers
from tests.builders import tiny_ast, tiny_clip

needs_stage = pytest.mark.skipif(
    not shutil.which("flite") or not FONT.exists(), reason="needs flite and the font fonts-noto-color-emoji"
)


def tiny_recipe() -> TowersRecipe:
    sizes = {"clip": tiny_clip(), "ast": tiny_ast(), "vocabulary": 700}
    scenes = {"scenes": 8, "sounded": 8, "pictures_a_scene": 2}
    steps = {"steps": 12, "pictures": 8, "sounds": 4, "sentences": 8, "learning_rate": 3e-3}
    return TowersRecipe(kind="towers", nowhere=True, **sizes, **scenes, **steps)


@needs_stage
def test_towers_learn_and_continue_after_a_stop(tmp_path, monkeypatch):
    monkeypatch.setattr("hearsight.research.training.train_towers.SAVE_EVERY", 4)
    recipe, losses, then = tiny_recipe(), [], []
    straight = train_towers(recipe, tmp_path / "straight", workers=1, progress=lambda *step: losses.append(step))
    assert [step for _, step, _, _ in losses] == list(range(1, 13))
    totals = [sum(figures.values()) for *_, figures in losses]
    assert sum(totals[-3:]) < sum(totals[:3])

    def stop(what: str, step: int, total: int, figures: dict[str, float]) -> None:
        if step == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_towers(recipe, tmp_path / "stopped", workers=1, progress=stop)
    gone_on = train_towers(recipe, tmp_path / "stopped", workers=1, progress=lambda *step: then.append(step))
    assert [step for _, step, _, _ in then] == list(range(5, 13))
    model, second = hearsight.load(straight), hearsight.load(gone_on)
    assert all(torch.equal(tensor, second.state_dict()[name]) for name, tensor in model.state_dict().items())
    assert model.encode_text(model.tokenize(["a dog"])).shape == (1, 32)
    further = recipe.model_copy(
        update={"start": str(straight), "steps": 2, **dict.fromkeys(("vocabulary", "clip", "ast"))}
    )
    begun_with = hearsight.load(train_towers(further, tmp_path / "further", workers=1))
    assert begun_with.config == model.config
    assert begun_with.fingerprint != model.fingerprint
    begun_with.save_pretrained(straight)
    with pytest.raises(HearsightError, match=r"a run that started from .*, which has changed since"):
        train_towers(further, tmp_path / "further", workers=1)


@pytest.mark.parametrize("changes", [{"start": "runs/towers/model"}, {"ast": None}])
def test_towers_either_are_new_or_start_from_a_model(changes):
    with pytest.raises(ValueError, match="give either start, or vocabulary, clip and ast"):
        TowersRecipe(**{**tiny_recipe().model_dump(), **changes})


@needs_stage
@pytest.mark.parametrize("shown", ["pictures", "sounds"])
def test_one_pair_of_towers_is_trained_alone(tmp_path, shown):
    nothing = {name: 0 for name in ("pictures", "sounds", "sentences") if name != shown}
    recipe, losses = tiny_recipe().model_copy(update={**nothing, "steps": 2}), []
    model = hearsight.load(train_towers(recipe, tmp_path, workers=1, progress=lambda *step: losses.append(step[-1])))
    assert [list(figures) for figures in losses] == [[shown.removesuffix("s")]] * 2
    assert model.encode_texts(["a dog"]).isfinite().all()


def test_towers_are_shown_something():
    with pytest.raises(ValueError, match="show some pictures, sounds or sentences"):
        TowersRecipe(**{**tiny_recipe().model_dump(), "pictures": 0, "sounds": 0, "sentences": 0})
