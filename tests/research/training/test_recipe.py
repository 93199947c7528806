"""Recipes are read, changed and refused."""

import pytest

from hearsight.errors import HearsightError
from hearsight.research.training.recipe import read_recipe


def test_recipes(tmp_path):
    assert read_recipe("demo", ["epochs=3"]).epochs == 3
    with pytest.raises(HearsightError, match="batch"):
        read_recipe("demo", ["batch=-1"])
    with pytest.raises(HearsightError, match="demo-towers"):
        read_recipe("no-such-recipe")
    with pytest.raises(HearsightError, match="key=value"):
        read_recipe("demo", ["epochs"])
    (tmp_path / "odd.yaml").write_text("kind: method\ntower: x\n")
    with pytest.raises(HearsightError, match="tower"):
        read_recipe(str(tmp_path / "odd.yaml"))


@pytest.mark.parametrize(
    "change", ["seed=-1", "weight_decay=-1", "few_voices=-5", "learning_rate=.inf", "margin_weight=.nan"]
)
def test_values_out_of_range_are_refused(change):
    with pytest.raises(HearsightError, match=change.partition("=")[0]):
        read_recipe("demo", [change])


@pytest.mark.parametrize("content", [b"", b"- kind: method\n", b"kind: \xff\n"])
def test_a_file_that_is_no_recipe(tmp_path, content):
    (tmp_path / "odd.yaml").write_bytes(content)
    with pytest.raises(HearsightError, match=r"odd\.yaml"):
        read_recipe(str(tmp_path / "odd.yaml"), ["epochs=3"])


# docs/reference.md section 8: batch, parts of it, learning rate, delta, tau, words, frames, and the patches of CLIP.
PUBLISHED = {
    "msrvtt": ("msrvtt-9k", 128, 1, 1e-4, 0.1, 1.0, 32, 12, 32),
    "vatex": ("vatex", 128, 1, 1e-4, 0.05, 1.0, 32, 12, 32),
    "charades": ("charades", 64, 1, 1e-4, 0.1, 1.0, 64, 32, 32),
    "charades-avigate": ("charades", 128, 8, 5e-4, 0.1, 0.5, 64, 32, 16),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_settings(name):
    r = read_recipe(name)
    dataset, *settings, patch = PUBLISHED[name]
    assert (r.dataset, r.towers) == (dataset, f"openai/clip-vit-base-patch{patch}")
    assert settings == [
        r.batch, r.accumulation, r.learning_rate, r.margin_limit, r.temperature, r.words, r.frames,
    ]  # fmt: skip
    assert (r.epochs, r.every_caption, r.clip_learning_rate, r.weight_decay, r.margin_weight) == (
        5,
        True,
        1e-7,
        0.2,
        0.2,
    )
    assert (r.layers, r.queries, r.query_factor, r.warmup, r.freeze_embeddings) == (4, 12, 100, 0.1, True)
    assert (r.frozen_towers, r.gated, r.mask_padding, r.mixed, r.audio_only) == (True, True, False, 0, 0)
    assert r.method == ("avigate" if name.endswith("avigate") else "save")
    assert r.teacher == ("towers" if name.endswith("avigate") else f"{r.data}/ImageBind")


def test_clips_are_either_shown_as_published_or_mixed():
    with pytest.raises(HearsightError, match="every_caption shows clips as they are"):
        read_recipe("msrvtt", ["mixed=0.5"])
