"""Recipes are read, changed and refused."""

import pytest

from hearsight.errors import HearsightError
from hearsight.training.recipe import read_recipe


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
