"""What a person waits for first: `hearsight index` says what it goes without before it imports what takes seconds."""

import json
import os
import subprocess
import sys

import pytest

HEAVY = ("torch", "transformers", "lancedb", "pyarrow", "av")
# Runs a command line until it says what it goes without, and then tells which modules are loaded.
PROGRAM = """
import json, os, sys
from hearsight.cli import console
from hearsight.cli.main import main
def note(message):
    if "indexing goes on without" in message:
        print(json.dumps(list(sys.modules)), flush=True)
        os._exit(0)
console.note = note
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("is_offline", ["1", "0"])
def test_what_is_missing_is_said_before_heavy_imports(tmp_path, is_offline):
    (tmp_path / "talk.mp4").write_bytes(b"no film")
    environment = {
        **os.environ,
        "HF_HUB_OFFLINE": is_offline,
        "HF_ENDPOINT": "http://127.0.0.1:9",  # where nothing answers
        "NO_PROXY": "*",
        "HF_HOME": str(tmp_path / "hub"),
    }
    command = [sys.executable, "-c", PROGRAM, "index", str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert set(HEAVY) & set(json.loads(done.stdout)) == set()
