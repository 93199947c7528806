"""Share one Ray cluster of several nodes on this machine among all tests, as starting one is slow."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import hearsight.scale  # noqa: F401  (sets the environment that Ray reads when it is imported)
from tests.builders import tiny_model
from tests.waiting import wait_until

# Nodes that share a machine must not each take a third of its memory.
NODE = {"object_store_memory": 100 << 20, "include_dashboard": False}
# Seconds. A test takes some ten on a quiet machine; a cluster that waits forever must fail the test, not hang it.
TIME_LIMIT = 1200
ROOT = Path(__file__).resolve().parents[2]
CONFIG = {
    # A node that was killed refuses connections and counts as dead after two seconds. A node that is only slow to
    # answer is given ten times as long as by default: the machine may have much else to do.
    "health_check_initial_delay_ms": 0,
    "health_check_period_ms": 200,
    "health_check_failure_threshold": 10,
    "health_check_timeout_ms": 100_000,
    "worker_register_timeout_seconds": 600,
    # A worker takes seconds to start: none is started before it is needed, and none that a test waits for has a low
    # priority.
    "enable_worker_prestart": False,
    "prestart_worker_first_driver": False,
    "worker_niceness": 0,
    # One that has done its task is kept for the next.
    "idle_worker_killing_time_threshold_ms": 600_000,
}


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    return tiny_model(tmp_path_factory.mktemp("model"))


def _patient(get_node: Callable) -> Callable:
    """Wait for a node that starts slowly: Ray gives up after 30 seconds, which is too early on a busy machine."""

    def patient(*arguments):
        end = time.monotonic() + TIME_LIMIT / 2
        while True:
            try:
                return get_node(*arguments)
            except RuntimeError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.5)

    return patient


class Workers:
    """The worker nodes of a cluster, each with one core."""

    def __init__(self, cluster) -> None:
        self.cluster = cluster
        self.address = cluster.address

    @property
    def nodes(self) -> list:
        return list(self.cluster.worker_nodes)

    def add(self, gpus: int = 0):
        node = self.cluster.add_node(wait=False, num_cpus=1, num_gpus=gpus, **NODE)
        self.cluster._wait_for_node(node, timeout=TIME_LIMIT / 2)
        return node

    def kill(self, node) -> None:
        self.cluster.remove_node(node, allow_graceful=False)
        self.cluster.wait_for_nodes(timeout=TIME_LIMIT / 2)

    def renew(self) -> None:
        """Replace all nodes by one with the current environment of this process."""
        for node in self.nodes:
            self.kill(node)
        self.add()

    def ensure(self, number: int) -> None:
        """Add nodes until there are this many; some may have been killed by a test."""
        while len(self.nodes) < number:
            self.add()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Workers]:
    """Start a cluster whose head does no work, with one worker node; tests add others."""
    ray = pytest.importorskip("ray", reason="Ray is not installed (hearsight[ray])")
    from ray._private import services
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        # Nodes inherit the environment: they import this checkout, whether or not it is installed.
        paths = [str(ROOT / "src"), str(ROOT), os.environ.get("PYTHONPATH", "")]
        patch.setenv("PYTHONPATH", os.pathsep.join(paths))
        patch.setenv("RAY_gcs_server_port_wait_time_s", "600")
        patch.setattr(services, "get_node", _patient(services.get_node))
        head = {**NODE, "num_cpus": 0, "num_gpus": 0, "_system_config": CONFIG}
        cluster = Cluster(initialize_head=True, head_node_args=head)
        workers = Workers(cluster)
        workers.add()
        yield workers
        ray.shutdown()
        cluster.shutdown()


@pytest.fixture
def patience(monkeypatch) -> Iterator[None]:
    """Fail a test that waits forever; give nodes as long to answer as a busy machine needs."""
    from hearsight.scale import cluster as joining

    monkeypatch.setattr(joining, "CHECK_SECONDS", float(TIME_LIMIT))
    signal.signal(signal.SIGALRM, _give_up)
    signal.alarm(TIME_LIMIT)
    yield
    signal.alarm(0)


def _give_up(*_) -> None:
    raise TimeoutError(f"the cluster has not done its work in {TIME_LIMIT} s")


@pytest.fixture
def engine(cluster, patience):
    """Return the engine, one for all tests: this process stays in the cluster, and Ray's helpers are started once."""
    import ray

    from hearsight.scale.engine import RayEngine

    if not ray.is_initialized():
        cluster.engine = RayEngine(cluster.address)
    return cluster.engine


@pytest.fixture
def outside(cluster, patience) -> None:
    """Leave the cluster for a test that joins it itself."""
    import ray

    ray.shutdown()


@pytest.fixture
def gpus(cluster, patience) -> Iterator[None]:
    """Declare two GPUs to Ray."""
    node = cluster.add(gpus=2)
    yield
    import ray

    cluster.kill(node)
    assert wait_until(lambda: not ray.is_initialized() or not ray.cluster_resources().get("GPU"))
