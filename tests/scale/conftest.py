"""Clusters of several nodes on this machine."""

import os
from pathlib import Path

import pytest

from tests.making import tiny_model

# Nodes that share a machine must not each take a third of its memory.
NODE = {"object_store_memory": 100 << 20, "include_dashboard": False}
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    return tiny_model(tmp_path_factory.mktemp("model"))


@pytest.fixture
def cluster(monkeypatch):
    """A head that only leads; `add_node` adds workers. Ends with the test."""
    import ray
    from ray.cluster_utils import Cluster

    # What nodes inherit: this checkout's packages, for a node has no others.
    paths = [str(ROOT / "src"), str(ROOT), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    # A node counts as dead after half a second without a sign of it, not after half a minute.
    fast = {"health_check_initial_delay_ms": 0, "health_check_period_ms": 100, "health_check_failure_threshold": 5}
    cluster = Cluster(
        initialize_head=True, head_node_args={**NODE, "num_cpus": 0, "num_gpus": 0, "_system_config": fast}
    )
    yield cluster
    ray.shutdown()
    cluster.shutdown()


def add_workers(cluster, number: int, gpus: int = 0) -> None:
    for _ in range(number):
        cluster.add_node(num_cpus=1, num_gpus=gpus, **NODE)
    cluster.wait_for_nodes()
