"""A method declares its options; what it does not declare, or cannot use, is refused."""

from dataclasses import dataclass, replace
from typing import Literal

import pytest

import hearsight
from hearsight.errors import HearsightError
from hearsight.models.load import build
from hearsight.models.method_options import Count, Share, describe_options, option, read_options
from hearsight.models.methods.avigate import AVIGATE
from hearsight.models.methods.chorus import Chorus
from hearsight.models.methods.clip4clip import CLIP4Clip
from tests.builders import tiny_model


class Louder(AVIGATE):
    @dataclass(frozen=True)
    class Options(AVIGATE.Options):
        share: Share = option(0.5, "how much louder")
        curve: Literal["linear", "log"] = option("linear", "how it grows")
        steps: Count | None = option(None, "in how many steps")


def test_options_are_described():
    described = {each.name: each for each in describe_options(Louder)}
    assert list(described)[:2] == ["layers", "queries"]
    assert (described["share"].type, described["share"].default, described["share"].help) == (
        "float", 0.5, "how much louder",
    )  # fmt: skip
    assert described["curve"].type == "Literal['linear', 'log']"
    assert described["steps"].type == "int | None"
    assert describe_options(CLIP4Clip) == []


def test_options_are_read_with_defaults_for_the_rest():
    options = read_options(Louder, {"share": 1, "layers": 2})
    assert (options.share, options.layers, options.curve, options.gated) == (1.0, 2, "linear", True)


@pytest.mark.parametrize(
    ("method", "values", "says"),
    [
        (
            Louder,
            {"shar": 1},
            r"Louder has no option 'shar' \(did you mean 'share'\?\); its options are layers, queries,",
        ),
        (Louder, {"query_weights": True}, "Louder has no option 'query_weights'"),
        (CLIP4Clip, {"layers": 1}, "CLIP4Clip has no option 'layers'; it has no options"),
        (Louder, {"share": 1.5}, "share: Input should be less than or equal to 1"),
        (Louder, {"curve": "round"}, "curve: Input should be 'linear' or 'log'"),
        (Louder, {"layers": 0}, "layers: Input should be greater than 0"),
        (Louder, {"layers": "two"}, "layers: Input should be a valid integer"),
    ],
)
def test_what_cannot_be_used_is_refused(method, values, says):
    with pytest.raises(HearsightError, match=says):
        read_options(method, values)


def test_former_names_are_understood():
    assert read_options(Chorus, {"weighed": False}) == read_options(Chorus, {"query_weights": False})


def test_a_methods_own_option_is_saved_and_counts_for_the_fingerprint(tmp_path, house_methods):
    hearsight.register("louder")(Louder)
    model = tiny_model(tmp_path, "louder")
    loaded = hearsight.load(tmp_path)
    assert loaded.options == model.options and loaded.options.share == 0.5
    assert loaded.fingerprint == model.fingerprint
    changed = build(replace(model.config, options={**model.config.options, "share": 0.25}), model.tokenizer)
    changed.load_state_dict(model.state_dict())
    assert changed.fingerprint != model.fingerprint
    changed.save_pretrained(tmp_path / "changed")
    assert hearsight.load(tmp_path / "changed").options.share == 0.25


def test_options_that_are_not_declared_as_they_have_to_be(house_methods):
    class Undecorated(AVIGATE):
        class Options(AVIGATE.Options):
            share: float = 1.0

    with pytest.raises(HearsightError, match="Options of Undecorated is not a dataclass; write @dataclass"):
        hearsight.register("undecorated")(Undecorated)
