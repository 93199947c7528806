"""`hearsight models`."""

import json

import pytest

from hearsight.models import catalog, load
from tests.builders import tiny_model
from tests.hub import put_into_cache, use_cache


def test_public_models_are_listed(run):
    out = run("models").out
    assert "openai/clip-vit-base-patch32" in out and "the default" in out
    [line] = [line for line in out.splitlines() if line.startswith("  everyday ")]
    assert "2.2 GB" in line
    [line] = [line for line in out.splitlines() if "siglip2-base-patch32-256" in line]
    assert "1.5 GB" in line and "Apache-2.0" in line
    [line] = [line for line in out.splitlines() if "pe-audio:facebook/pe-a-frame-small" in line]
    assert "1.8 GB" in line and "Apache-2.0" in line
    assert "understands many languages" in out
    assert all(len(line) <= 80 for line in out.splitlines())


def test_json_says_which_models_are_on_this_machine(run, monkeypatch, tmp_path):
    cache = use_cache(monkeypatch, tmp_path / "cache")
    tiny_model(tmp_path / "model")
    put_into_cache(cache, "openai/clip-vit-base-patch16", tmp_path / "model")
    listed = {model["name"]: model["here"] for model in json.loads(run("models", "--json").out)}
    assert listed["openai/clip-vit-base-patch16"] and not listed["openai/clip-vit-base-patch32"]


@pytest.mark.parametrize("option", [["--json"], ["--method", "save"]])
@pytest.mark.parametrize("command", [["pull", "everyday"], ["show", "everyday"]])
def test_what_describes_models_is_refused_for_other_commands(run, option, command):
    ran = run("models", *option, *command)
    assert ran.code == 2 and ran.out == "" and f"cannot be used with {command[0]}" in " ".join(ran.err.split())


def test_the_bundled_model_is_listed_if_its_folder_exists(run, monkeypatch, tmp_path):
    monkeypatch.setattr(catalog, "DEMO", tmp_path)
    assert "demo" in [model["name"] for model in json.loads(run("models", "--json").out)]
    monkeypatch.setattr(catalog, "DEMO", tmp_path / "none")
    assert "demo" not in [model["name"] for model in json.loads(run("models", "--json").out)]


def test_the_bundled_model_is_in_the_folder_that_load_reads():
    assert catalog.DEMO.resolve() == load.DEMO
