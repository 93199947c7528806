"""`hearsight index --engine ray` when no cluster can be used; tests/scale has the tests with a cluster."""

import time
from importlib.util import find_spec

import pytest

from hearsight.cli import index

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed (hearsight[ray])")


def test_without_ray_the_error_names_the_extra(run, films, model_folder, monkeypatch):
    monkeypatch.setattr(index, "find_spec", lambda name: None)
    ran = run("index", films, "--model", model_folder, "--engine", "ray")
    assert ran.code == 1 and "Ray is not installed" in ran.err and "'hearsight[ray]'" in ran.err
    assert not (films / ".hearsight").exists()


def test_an_address_without_engine_ray_is_a_usage_error(run, films):
    ran = run("index", films, "--ray-address", "127.0.0.1:6379")
    assert ran.code == 2 and "--engine ray" in ran.err


@needs_ray
@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("127.0.0.1:9", "no Ray cluster answers at 127.0.0.1:9"),
        ("nowhere.invalid:6379", "no Ray cluster answers at nowhere.invalid:6379"),
        ("head", "'head' is no address of a Ray cluster; give HOST:PORT"),
        ("head:99999", "'head:99999' is no address of a Ray cluster"),
    ],
)
def test_a_cluster_that_does_not_answer_is_reported_within_a_minute(
    run, films, model_folder, monkeypatch, address, message
):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    start = time.monotonic()
    ran = run("index", films, "--model", model_folder, "--engine", "ray", "--ray-address", address)
    assert ran.code == 1 and message in ran.err
    assert time.monotonic() - start < 60
