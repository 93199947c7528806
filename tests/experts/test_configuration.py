"""A configuration in a file: folders in it count from the file, wherever the command runs."""

import json

import pytest

from hearsight.experts.configuration import Configuration, find_configuration


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with two models in it, and a current folder with others of the same names."""
    for top in ("shared", "current"):
        for name in ("models/clap", "siglip", "clap", "demo", "wordllama"):
            (tmp_path / top / name).mkdir(parents=True)
            (tmp_path / top / name / "config.json").write_text("{}")
    (tmp_path / "shared" / "google" / "siglip2").mkdir(parents=True)  # which has no model
    monkeypatch.chdir(tmp_path / "current")
    return tmp_path / "shared"


@pytest.mark.parametrize("suffix", [".yaml", ".json"])
@pytest.mark.parametrize(
    ("sense", "name", "expected"),
    [
        ("seen", "siglip", "{folder}/siglip"),
        ("seen", "./siglip", "{folder}/siglip"),
        ("seen", "../current/siglip", "{folder}/../current/siglip"),
        ("seen", "./gone", "{folder}/gone"),
        ("seen", "/models/siglip", "/models/siglip"),
        ("seen", "google/siglip2", "google/siglip2"),
        ("seen", "demo", "demo"),
        ("seen", "none", "none"),
        ("seen", "~/siglip", "~/siglip"),
        ("seen", "a\0b", "a\0b"),
        ("heard", "clap", "clap"),
        ("heard", "clap:models/clap", "clap:{folder}/models/clap"),
        ("heard", "clap:..", "clap:{folder}/.."),
        ("heard", "clap:laion/clap-htsat-unfused", "clap:laion/clap-htsat-unfused"),
        ("heard", "bark:./clap", "bark:./clap"),  # what a plugin makes of it is its own affair
        ("said", "wordllama", "wordllama"),
        ("said", "sentences:./models/../clap", "sentences:{folder}/models/../clap"),
    ],
)
def test_folders_count_from_the_file(folder, suffix, sense, name, expected):
    file = folder / f"mine{suffix}"
    file.write_text(json.dumps({sense: name}))  # which is YAML, too
    expected = expected.format(folder=folder)
    assert getattr(Configuration.read(file), sense) == expected
    assert getattr(find_configuration(f"../shared/mine{suffix}"), sense) == expected


def test_what_show_prints_can_be_read_from_anywhere(folder, tmp_path):
    (folder / "mine.yaml").write_text("seen: ./siglip\nheard: clap:models/clap\n")
    configuration = Configuration.read(folder / "mine.yaml")
    (tmp_path / "other.yaml").write_text(configuration.to_yaml())
    assert Configuration.read(tmp_path / "other.yaml") == configuration
