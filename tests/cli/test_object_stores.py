"""`hearsight index s3://BUCKET/FOLDER`."""

import json

import pytest

from tests.library.conftest import film, say

FOLDER = "s3://films/holiday"


@pytest.fixture
def films_in_store(tmp_path, bucket):
    film(tmp_path / "films" / "bell.mkv", 2)
    say(tmp_path / "films" / "bell.srt", "the doctor lost")
    bucket.upload(tmp_path / "films", "holiday/")
    return bucket


def test_a_folder_in_a_store_is_indexed_and_searched(run, films_in_store, model_folder, tmp_path):
    words = ["--model", model_folder, "--recogniser", "none", "-q"]
    assert "--library FOLDER" in run("index", FOLDER, *words).err
    ran = run("index", f"{FOLDER}/none", *words, "--library", tmp_path / "index")
    assert ran.code == 1 and "no folder s3://films/holiday/none" in ran.err
    ran = run("index", "s3://nobucket/x", *words, "--library", tmp_path / "index")
    assert ran.code == 1 and "s3://nobucket/x" in ran.err
    assert not (tmp_path / "index").exists()
    assert run("index", FOLDER, *words, "--library", tmp_path / "index") == (0, "", "")
    result = json.loads(run("search", "doctor", "--library", tmp_path / "index", "--mode", "speech", "--json").out)
    assert result["hits"][0]["video"] == f"{FOLDER}/bell.mkv"


def test_a_store_that_does_not_answer_is_reported(run, bucket, model_folder, tmp_path):
    bucket.stop()
    ran = run("index", FOLDER, "--model", model_folder, "--library", tmp_path / "index")
    assert ran.code == 1 and f"cannot list {FOLDER}" in ran.err and "AWS_ENDPOINT_URL" in ran.err


@pytest.mark.parametrize("words", [("index", "."), ("search", "doctor"), ("info",), ("serve",)])
def test_an_index_in_a_store_is_refused(run, films, monkeypatch, words):
    monkeypatch.chdir(films)
    ran = run(*words, "--library", "s3://films/index")
    assert ran.code == 1 and "no index can be kept in an object store (s3://films/index)" in ran.err
    assert not (films / "s3:").exists()


@pytest.mark.parametrize("words", [("search", "doctor", "--in"), ("info",), ("serve",)])
def test_a_folder_in_a_store_needs_library(run, words):
    ran = run(*words, FOLDER)
    assert ran.code == 1 and f"the index of {FOLDER} needs a place on a disk" in ran.err
