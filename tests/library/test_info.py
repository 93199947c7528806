"""Tests of `Library.info` and `Library.failures`."""

import subprocess
import sys

from hearsight.library import Library

CODE = """
import sys
from hearsight.library import Library

library = Library.open(sys.argv[1])
assert library.info().videos == 3 and library.failures() == []
print([name for name in ("torch", "transformers") if name in sys.modules])
"""


def test_info_imports_neither_torch_nor_a_model(library: Library):
    library.update(recogniser="none")
    result = subprocess.run([sys.executable, "-c", CODE, str(library.folder)], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "[]"
