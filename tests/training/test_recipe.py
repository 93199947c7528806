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
