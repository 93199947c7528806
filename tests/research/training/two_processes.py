"""Run commands of Hearsight in two processes each, by the elastic agent that accelerate's launcher calls.

The launcher itself is a process of its own that imports torch, and starts two more that do. Here all commands share a
server of processes that has imported what takes long.
"""

import json
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

from hearsight.cli.main import main

ROOT = Path(__file__).parents[3]
# lancedb must not be among their imports: it starts a thread, which a fork does not copy. What it imports itself may.
IMPORTS = [
    "accelerate", "hearsight.models.methods.save", "hearsight.research.training.losses", "pandas",
    "pyarrow.dataset", "tensorboardX", "tests.research.training.two_processes", "torch._dynamo",
    "torch.distributed.elastic.multiprocessing.api",
]  # fmt: skip


def run_pairs(commands: dict[str, list[str]], folder: Path) -> dict[str, bool]:
    """Run each command in two processes, and return whether they ended without an error.

    "{rank}" in a command is the process's number. What the processes print is in `folder/NAME.log`.
    """
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
        "OMP_NUM_THREADS": "1",
        "ACCELERATE_USE_CPU": "true",
        "CUDA_VISIBLE_DEVICES": "",
    }
    program = [sys.executable, "-m", __name__, json.dumps(commands), str(folder)]
    process = subprocess.run(program, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(process.stdout)


def run_pair(name: str, words: list[str], folder: Path) -> bool:
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    config = LaunchConfig(
        min_nodes=1, max_nodes=1, nproc_per_node=2, rdzv_backend="c10d", rdzv_endpoint="localhost:0", run_id=name,
        start_method="forkserver", monitor_interval=0.1, max_restarts=0,
    )  # fmt: skip
    try:
        elastic_launch(config, run_process)(words, folder / f"{name}.log")
    except ChildFailedError:
        return False
    return True


def run_process(words: list[str], log: Path) -> None:
    with log.open("a") as file:
        os.dup2(file.fileno(), sys.stdout.fileno())
        os.dup2(file.fileno(), sys.stderr.fileno())
    code = main([word.replace("{rank}", os.environ["RANK"]) for word in words])
    if code:
        sys.exit(code)


if __name__ == "__main__":
    multiprocessing.set_forkserver_preload(IMPORTS)
    output = {name: run_pair(name, words, Path(sys.argv[2])) for name, words in json.loads(sys.argv[1]).items()}
    print(json.dumps(output))
