"""Towers learn from generated scenes; a run that was stopped goes on."""

import shutil

import pytest

import hearsight
from hearsight.soundstage.icons import FONT
from hearsight.training.recipe import TowersRecipe
from hearsight.training.towers import train_towers
from tests.making import tiny_ast, tiny_clip

needs_stage = pytest.mark.skipif(
    not shutil.which("flite") or not FONT.exists(), reason="needs flite and the font fonts-noto-color-emoji"
)


@needs_stage
def test_towers_learn_and_resume(tmp_path):
    sizes = {
        "clip": tiny_clip(),
        "ast": tiny_ast(),
        "vocabulary": 700,
        "scenes": 8,
        "sounded": 8,
        "pictures_a_scene": 2,
    }
    steps = {"steps": 12, "pictures": 8, "sounds": 4, "sentences": 8, "learning_rate": 3e-3}
    recipe = TowersRecipe(kind="towers", nowhere=True, **sizes, **steps)
    losses: list[float] = []

    def stop(step: int, total: int, figures: dict[str, float]) -> None:
        losses.append(sum(figures.values()))
        if step == 12 and len(losses) == 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_towers(recipe, tmp_path / "run", workers=1, progress=stop)
    assert sum(losses[-3:]) < sum(losses[:3])
    model = hearsight.load(train_towers(recipe, tmp_path / "run", workers=1))
    assert model.encode_text(model.tokenize(["a dog"])).shape == (1, 32)
