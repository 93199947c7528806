"""`hearsight optimise`."""

import json
import shutil

import pytest

from hearsight.library import Library


@pytest.fixture
def folder(indexed, tmp_path):
    return shutil.copytree(indexed, tmp_path / "films")


def test_the_summary_names_what_was_done(run, folder):
    store = Library.open(folder)._store
    for index in store.clips.list_indices():
        if index.columns != ["transcript"]:
            store.clips.drop_index(index.name)
    ran = run("optimise", folder)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("indexed ") and "id" in ran.out and "video" in ran.out
    again = run("optimise", folder)
    assert again.out.startswith("nothing to do; ")


def test_json_has_the_report(run, folder, monkeypatch):
    monkeypatch.chdir(folder)
    report = json.loads(run("optimise", "--json").out)
    assert report["folder"] == str(folder)
    assert set(report) == {"folder", "made", "indexed", "merged", "into", "freed", "seconds"}


def test_searches_give_the_same_results_afterwards(run, folder):
    before = json.loads(run("search", "a bell", "--in", folder, "--json").out)
    run("optimise", folder)
    after = json.loads(run("search", "a bell", "--in", folder, "--json").out)
    assert [hit["clip"] for hit in after["hits"]] == [hit["clip"] for hit in before["hits"]]


def test_a_folder_that_is_not_indexed_is_refused(run, tmp_path):
    ran = run("optimise", tmp_path)
    assert ran.code == 1 and "is not indexed" in ran.err
