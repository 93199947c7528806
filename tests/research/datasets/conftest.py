"""A small Soundstage, exported as each public data set."""

from pathlib import Path

import pytest

from hearsight.research.soundstage.export import export
from tests.rendered_splits import make_splits

TRAIN, VALIDATION, TEST = 10, 3, 5
LAYOUT = {"msrvtt-9k": "msrvtt", "msrvtt-7k": "msrvtt"}  # of a data set, where its name is another


@pytest.fixture(scope="session")
def stage(tmp_path_factory) -> Path:
    """Clips of two seconds: ten to train on, three to choose by, five to test with; every other one is spoken."""
    clips = {}
    for split, count in (("train", TRAIN), ("validation", VALIDATION), ("test", TEST)):
        for number in range(count):
            said = f"the doctor lost bicycle {number}" if number % 2 == 0 else None
            texts = [f"a dog and {number} bells"] if split == "test" else [f"a dog and {number} bells", "it rains"]
            clips[f"{split}-{number:05}"] = (2.0, said, texts)
    return make_splits(tmp_path_factory.mktemp("stage"), clips, seconds=2.0)


@pytest.fixture
def root(stage, tmp_path, request) -> Path:
    """The data set `request.param`, as the field has it on disk."""
    folder = tmp_path / "root"
    export(stage, folder, LAYOUT.get(request.param, request.param))
    return folder


@pytest.fixture
def msrvtt(stage, tmp_path) -> Path:
    export(stage, tmp_path / "root", "msrvtt")
    return tmp_path / "root"
