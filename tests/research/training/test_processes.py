"""Two processes, started by accelerate's launcher, learn what one process does."""

import os
import shutil
import socket
import subprocess
import sys

import pytest
import torch

from hearsight.cli.main import main
from hearsight.models.registry import METHODS
from tests.research.training.feature_data import made_up_recipe
from tests.research.training.test_trainer import as_file, losses, metrics, outcome

# Registered by a file of one's own, and with a loss of its own; killed where the environment says so.
MORTAL = """
import os
import signal

import hearsight
from hearsight.models.save import SAVE


@hearsight.register("mortal")
class Mortal(SAVE):
    left = int(os.environ.get("BATCHES_TO_LIVE", -1))

    def losses(self, text, video):
        self.left -= 1
        if self.left == -1:
            os.kill(os.getpid(), signal.SIGKILL)
        return {"spread": 0.1 * (text.mean(dim=0) - video.pooled.mean(dim=0)).square().sum()}
"""


def launched(*words, **environment) -> subprocess.CompletedProcess[str]:
    """Run two processes with gloo. accelerate starts only one with --cpu, and otherwise expects GPUs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    launch = ["accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--main_process_port", str(port)]
    common = {**os.environ, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true", "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, "-m", *launch, *map(str, words)]
    return subprocess.run(command, env=common | environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Holds data, towers, plugin and recipe, and the run `one` of one process: 6 updates, in two parts each."""
    folder = tmp_path_factory.mktemp("processes")
    (folder / "mortal.py").write_text(MORTAL)
    as_file(made_up_recipe(folder, clips=48, batch=16, accumulation=2, epochs=2, save_every=2), folder / "recipe.yaml")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(METHODS, "registered", {})
        assert main(typed(folder, "one")) == 0
    return folder


def typed(folder, out) -> list[str]:
    """Return the arguments of `hearsight`."""
    words = ["train", str(folder / "recipe.yaml"), "--set", "method=mortal", "--out", str(folder / out)]
    return ["--plugin", str(folder / "mortal.py"), *words]


def test_two_processes_learn_what_one_does_and_one_continues_after_two_were_killed(folder, house_methods):
    expected = metrics(folder / "one")
    assert [line["step"] for line in expected] == [1, 2, 3, 3, 4, 5, 6, 6]

    complete = launched("-m", "hearsight", *typed(folder, "two"))
    assert complete.returncode == 0, complete.stderr
    killed = launched("-m", "hearsight", *typed(folder, "killed"), BATCHES_TO_LIVE="9")  # in the fifth update
    assert killed.returncode != 0
    assert torch.load(folder / "killed" / "state.pt", weights_only=True)["step"] == 4
    assert main(typed(folder, "killed")) == 0

    for run in (folder / "two", folder / "killed"):
        lines = metrics(run)
        assert [line["step"] for line in lines] == [line["step"] for line in expected]
        for name in ("contrast", "spread", "soft_albef"):
            values, expected_values = ([line[name] for line in steps if name in line] for steps in (lines, expected))
            assert values == pytest.approx(expected_values, abs=2e-5), name
        for name, tensor in outcome(folder / "one").items():
            torch.testing.assert_close(outcome(run)[name], tensor, rtol=0, atol=5e-5, msg=name)

    output = complete.stderr + complete.stdout
    for once in ("processes: 2, on cpu", "step 6 of 6", f"model: {folder / 'two' / 'model'}"):
        assert output.count(once) == 1, output
    assert "Warning" not in output


def test_a_loss_that_is_not_finite_ends_all_processes_with_one_message(folder):
    too_fast = ["--set", "learning_rate=1e30", "--set", "clip_learning_rate=1e30"]
    ran = launched("-m", "hearsight", *typed(folder, "nan"), *too_fast)
    assert ran.returncode == 1
    (error,) = (line for line in ran.stderr.splitlines() if line.startswith("error"))
    assert "the loss became nan at step" in error
    assert len(losses(folder / "nan")) < 6


EACH_ITS_OWN = """
import os, sys
from hearsight.cli.main import main

sys.exit(main([*sys.argv[1:-1], sys.argv[-1] + os.environ["RANK"]]))
"""


def test_processes_with_different_states_are_refused(folder):
    """This happens on two machines that do not share the folder of the run."""
    shutil.copytree(folder / "one", folder / "far0")
    script = folder / "script.py"
    script.write_text(EACH_ITS_OWN)
    ran = launched(script, *typed(folder, "far"))
    assert ran.returncode == 1
    (error,) = (line for line in ran.stderr.splitlines() if line.startswith("error"))
    assert "some processes go on from step 6" in error and "some from 0" in error
