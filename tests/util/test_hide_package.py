"""A package is hidden for a while, and found afterwards."""

import sys
from importlib import import_module

import pytest

from hearsight.util.hide_package import hide_package


def test_a_package_is_hidden_until_the_block_ends(monkeypatch):
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    with hide_package("colorsys"), pytest.raises(ImportError):
        import_module("colorsys")
    assert import_module("colorsys").ONE_THIRD


def test_one_that_is_imported_stays():
    with hide_package("json"):
        assert import_module("json").loads("1") == 1
    assert "json" in sys.modules
