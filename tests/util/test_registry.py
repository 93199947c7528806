"""Registries: entries by name, and the message for a name that is missing."""

from functools import partial
from types import SimpleNamespace

import pytest

from hearsight.errors import HearsightError
from hearsight.util import plugins
from hearsight.util.registry import Registry
from hearsight.util.suggest import nearest


@pytest.fixture
def colours(monkeypatch):
    monkeypatch.setattr(plugins, "state", plugins.State())
    return Registry("colour", {"red": 1, "green": 2})


def test_builtin_entries_are_found_without_loading_plugins(colours, monkeypatch):
    monkeypatch.setattr(plugins, "load_installed", lambda: pytest.fail("plugins are loaded"))
    assert colours.get("red") == 1
    assert "green" in colours


def test_registered_entries_are_listed_after_the_builtin_ones(colours):
    colours.register("blue")(3)
    colours.register("blue")(4)
    assert colours.get("blue") == 4
    assert colours.names() == ["red", "green", "blue"]


def test_a_missing_name_is_refused_with_the_nearest_name_and_the_list(colours):
    message = r"unknown colour 'Grene' \(did you mean 'green'\?\); choose one of red, green, or install or import"
    with pytest.raises(HearsightError, match=message):
        colours.get("Grene")
    assert "xylophone" not in colours
    assert "did you mean" not in colours.unknown("xylophone")


def test_a_builtin_name_cannot_be_replaced(colours):
    with pytest.raises(HearsightError, match="cannot register the colour 'red': Hearsight has one of that name"):
        colours.register("red")(9)


def test_an_installed_plugin_cannot_replace_the_entry_of_another(colours, monkeypatch):
    def mine():
        pass

    theirs = SimpleNamespace(__module__="theirs.colours")
    colours.register("blue")(partial(mine))
    plugins.state.is_loading = True
    colours.register("blue")(mine)
    with pytest.raises(HearsightError, match=f"'blue': {__name__} has registered one of that name"):
        colours.register("blue")(theirs)


def test_the_nearest_name_is_found_whatever_its_case():
    assert nearest("whsiper", ["pocketsphinx", "Whisper"]) == " (did you mean 'Whisper'?)"
    assert nearest("nothing", []) == ""
