"""Tests of `Library.info` and `Library.failures`."""

import subprocess
import sys
from dataclasses import replace

import pytest

from hearsight.library import Library
from hearsight.models.catalog import SENSES
from hearsight.models.registry import METHODS, class_of

CODE = """
import sys
from hearsight.library import Library

library = Library.open(sys.argv[1])
assert library.info().videos == 3 and library.failures() == []
print([name for name in ("torch", "transformers") if name in sys.modules])
"""


def test_info_says_what_the_model_compares(library: Library, no_plugins):
    assert library.info().senses == ["seen", "heard", "said"]  # before there is a clip
    library.update(recogniser="none")
    library.identity = replace(library.identity, method="of-a-plugin")
    assert "seen" in library.info().senses  # by what its scores tell
    (library.location / "calibration.json").unlink()
    assert library.info().senses == []


@pytest.mark.parametrize("method", SENSES)
def test_the_senses_of_methods_are_those_of_their_branches(method):
    names = {"audio": "heard", "speech": "said"}
    senses = ("seen", *(names[branch] for branch in class_of(method).branches))
    assert SENSES[method] == (() if method == "words" else senses)
    assert METHODS.builtin.keys() == SENSES.keys()


def test_info_imports_neither_torch_nor_a_model(library: Library):
    library.update(recogniser="none")
    result = subprocess.run([sys.executable, "-c", CODE, str(library.folder)], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "[]"
