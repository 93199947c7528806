"""Clusters of several nodes on this machine."""

import os
import signal
from pathlib import Path

import pytest

from tests.builders import tiny_model

# Nodes that share a machine must not each take a third of its memory.
NODE = {"object_store_memory": 100 << 20, "include_dashboard": False}
# Seconds; a test takes some twenty. A cluster that waits for ever is to fail, not to hang.
LONGEST = 240
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
    # A node counts as dead after five seconds without a sign of it, not after half a minute.
    fast = {"health_check_initial_delay_ms": 0, "health_check_period_ms": 500, "health_check_failure_threshold": 10}
    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(LONGEST)
    head = {**NODE, "num_cpus": 0, "num_gpus": 0, "_system_config": fast}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    yield cluster
    signal.alarm(0)
    ray.shutdown()
    cluster.shutdown()


def give_up(*_) -> None:
    raise TimeoutError(f"a cluster has not done its work in {LONGEST} s: it waits for something that never comes")


def add_workers(cluster, number: int, gpus: int = 0) -> None:
    for _ in range(number):
        cluster.add_node(num_cpus=1, num_gpus=gpus, **NODE)
    cluster.wait_for_nodes()
