"""Recipes are read, changed and refused."""

import json

import pytest

from hearsight.errors import HearsightError
from hearsight.research.training.recipe import MethodRecipe, read_recipe, read_recorded_recipe


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
    "change",
    [
        "seed=-1",
        "weight_decay=-1",
        "losses.few_voices=-5",
        "few_voices=-5",
        "options.layers=0",
        "options.heads=-1",
        "heads=0",
        "learning_rate=.inf",
        "margin_weight=.nan",
    ],
)
def test_values_out_of_range_are_refused(change):
    with pytest.raises(HearsightError, match=change.partition("=")[0].rpartition(".")[2]):
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
    assert r.options == {
        "layers": 4, "queries": 12, "heads": None, "positions": 77, "gated": True, "mask_padding": False,
    }  # fmt: skip
    assert (r.query_factor, r.warmup, r.freeze_embeddings) == (100, 0.1, True)
    assert (r.frozen_towers, r.mixed, r.audio_only) == (True, 0, 0)
    assert r.method == ("avigate" if name.endswith("avigate") else "save")
    assert r.teacher == ("towers" if name.endswith("avigate") else f"{r.data}/ImageBind")


def test_clips_are_either_shown_as_published_or_mixed():
    with pytest.raises(HearsightError, match="every_caption shows clips as they are"):
        read_recipe("msrvtt", ["mixed=0.5"])


def test_options_and_losses_are_set_in_their_sections():
    recipe = read_recipe("demo", ["options.query_weights=false", "losses.few_voices=0", "options.layers=3"])
    assert recipe.options == {
        "layers": 3, "queries": 8, "heads": 4, "positions": 77,
        "query_weights": False, "query_projections": True, "learned_absence": True,
    }  # fmt: skip
    assert recipe.losses == {"few_voices": 0}
    assert read_recipe("demo").losses == {"few_voices": 0.6}


def test_former_spellings_mean_the_same(tmp_path):
    former = ["weighed=false", "questions=false", "absence=false", "few_voices=0.3", "heads=2"]
    present = [
        "options.query_weights=false", "options.query_projections=false", "options.learned_absence=false",
        "losses.few_voices=0.3", "options.heads=2",
    ]  # fmt: skip
    assert read_recipe("demo", former) == read_recipe("demo", present)
    assert read_recipe("demo", ["options.weighed=false"]) == read_recipe("demo", ["weighed=false"])
    (tmp_path / "former.yaml").write_text("kind: method\ntowers: a\ndata: b\nlayers: 2\ngated: false\nabsence: false\n")
    recipe = read_recipe(str(tmp_path / "former.yaml"))
    assert (recipe.options["layers"], recipe.options["gated"]) == (2, False)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            "options.quries=3",
            r"Chorus has no option 'quries' \(did you mean 'queries'\?\); its options are layers, quer",
        ),
        ("options.gated=false", "Chorus has no option 'gated'"),
        ("gated=false", "Chorus has no option 'gated'"),
        ("losses.few_voice=1", r"chorus has no loss of its own called 'few_voice' \(did you mean 'few_voices'\?\)"),
        ("option.layers=1", "write key=value, options.NAME=value or losses.NAME=value"),
        ("epoch=3", r"unknown key 'epoch' \(did you mean 'epochs'\?\)"),
        ("method=choru", r"unknown method 'choru' \(did you mean 'chorus'\?\)"),
    ],
)
def test_names_that_do_not_exist_are_refused_with_the_nearest(change, says):
    with pytest.raises(HearsightError, match=says):
        read_recipe("demo", [change])


def test_a_foreign_option_of_a_file_is_refused(tmp_path):
    (tmp_path / "odd.yaml").write_text("kind: method\nmethod: clip4clip\ntowers: a\ndata: b\noptions: {layers: 2}\n")
    with pytest.raises(HearsightError, match="CLIP4Clip has no option 'layers'; it has no options"):
        read_recipe(str(tmp_path / "odd.yaml"))


def test_another_method_leaves_out_the_options_of_the_file_that_it_lacks():
    assert read_recipe("soundstage", ["method=clip4clip"]).options == {}
    assert read_recipe("demo", ["method=save"]).losses == {}
    assert read_recipe("soundstage", ["method=chorus"]).options["queries"] == 8
    with pytest.raises(HearsightError, match="CLIP4Clip has no option 'heads'"):
        read_recipe("soundstage", ["method=clip4clip", "options.heads=2"])


def test_a_recipe_that_an_older_version_recorded_is_read():
    former = {"layers": 2, "queries": 8, "heads": 4, "gated": True, "mask_padding": False, "weighed": False}
    former |= {"questions": True, "absence": True, "few_voices": 0.6}
    values = {"kind": "method", "towers": "a", "data": "b", "method": "save", **former}
    recipe = read_recorded_recipe(json.dumps(values).encode())
    assert isinstance(recipe, MethodRecipe)
    assert recipe.options == {
        "layers": 2, "queries": 8, "heads": 4, "positions": 77, "gated": True, "mask_padding": False,
    }  # fmt: skip
    assert recipe.losses == {}
    assert read_recorded_recipe(json.dumps(recipe.model_dump()).encode()) == recipe
    with pytest.raises(ValueError, match="not a dictionary"):
        read_recorded_recipe(b"[]")
