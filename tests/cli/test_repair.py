"""`hearsight repair`, as a person types it."""

import json
import shutil

import pytest


@pytest.fixture
def folder(indexed, tmp_path):
    return shutil.copytree(indexed, tmp_path / "films")


def test_a_damaged_index_tells_how_to_mend_it(run, folder):
    assert run("repair", folder).out == "all tables can be read; their indexes are made anew\n"
    spoilt = min((folder / ".hearsight" / "clips.lance" / "_versions").glob("*.manifest"))
    spoilt.write_bytes(b"")
    failed = run("info", folder)
    assert failed.code == 1 and "hearsight repair" in failed.err
    mended = run("repair", folder)
    told = f"clips.lance/_versions/{spoilt.name}: cannot be read"
    assert mended.code == 0 and mended.out.replace("\n", "").startswith(told)
    assert run("info", folder).code == 0
    told = json.loads(run("repair", folder, "--json").out)
    assert (told["folder"], told["versions"], told["fragments"]) == (str(folder), [], [])
