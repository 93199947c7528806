"""`hearsight repair`."""

import json
import shutil

import pytest


@pytest.fixture
def folder(indexed, tmp_path):
    return shutil.copytree(indexed, tmp_path / "films")


def test_a_damaged_index_is_repaired(run, folder):
    assert run("repair", folder).out == "all tables can be read; their search indexes are rebuilt\n"
    damaged = min((folder / ".hearsight" / "clips.lance" / "_versions").glob("*.manifest"))
    damaged.write_bytes(b"")
    failed = run("info", folder)
    assert failed.code == 1 and "hearsight repair" in failed.err
    repaired = run("repair", folder)
    message = f"clips.lance/_versions/{damaged.name}: cannot be read"
    assert repaired.code == 0 and repaired.out.replace("\n", "").startswith(message)
    assert run("info", folder).code == 0
    report = json.loads(run("repair", folder, "--json").out)
    assert (report["folder"], report["versions"], report["fragments"]) == (str(folder), [], [])
