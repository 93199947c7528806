"""Two processes, started by accelerate's launcher, learn what one process does."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from hearsight.cli.main import main
from hearsight.models.registry import METHODS
from tests.research.training.feature_data import made_up_recipe
from tests.research.training.test_trainer import as_file, losses, metrics, outcome
from tests.research.training.two_processes import run_pairs

# Registered by a file of one's own, and with a loss of its own; a process ends in the batch after the last.
MORTAL = """
import os
import signal

import hearsight
from hearsight.models.methods.save import SAVE


@hearsight.register("mortal")
class Mortal(SAVE):
    batches = {batches}

    def losses(self, text, video):
        self.batches -= 1
        if self.batches == -1:
            os.kill(os.getpid(), signal.SIGKILL)
        return {{"spread": 0.1 * (text.mean(dim=0) - video.pooled.mean(dim=0)).square().sum()}}
"""


def launched(*words) -> subprocess.CompletedProcess[str]:
    """Run two processes with gloo. accelerate starts only one with --cpu, and otherwise expects GPUs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    launch = ["accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--main_process_port", str(port)]
    common = {**os.environ, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true", "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, "-m", *launch, *map(str, words)]
    return subprocess.run(command, env=common, capture_output=True, text=True)


def typed(folder: Path, out: str, *options: str, plugin: str = "mortal") -> list[str]:
    """Return the arguments of `hearsight`."""
    words = ["train", str(folder / "recipe.yaml"), "--set", "method=mortal", "--out", str(folder / out)]
    return ["--plugin", str(folder / f"{plugin}.py"), *words, *options]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Holds data, towers, plugins and recipe, and the run `one` of one process: 6 updates, in two parts each."""
    folder = tmp_path_factory.mktemp("processes")
    (folder / "mortal.py").write_text(MORTAL.format(batches=-1))
    (folder / "killed.py").write_text(MORTAL.format(batches=9))  # in the fifth update
    as_file(made_up_recipe(folder, clips=48, batch=16, accumulation=2, epochs=2, save_every=2), folder / "recipe.yaml")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(METHODS, "registered", {})
        assert main(typed(folder, "one")) == 0
    return folder


@pytest.fixture(scope="module")
def succeeded(folder) -> dict[str, bool]:
    """Whether each of three commands ended without an error, in two processes that write to `NAME.log`."""
    shutil.copytree(folder / "one", folder / "far0")
    too_fast = ["--set", "learning_rate=1e30", "--set", "clip_learning_rate=1e30"]
    commands = {
        "killed": typed(folder, "killed", plugin="killed"),
        "nan": typed(folder, "nan", *too_fast),
        "far": typed(folder, "far{rank}"),
    }
    return run_pairs(commands, folder)


def errors(folder: Path, name: str) -> list[str]:
    """Return the errors that the processes of a command printed."""
    return [line for line in (folder / f"{name}.log").read_text().splitlines() if line.startswith("error")]


def check_same(run: Path, expected_run: Path) -> None:
    """Check that a run has the steps, losses and parameters of another, but for rounding."""
    lines, expected = metrics(run), metrics(expected_run)
    assert [line["step"] for line in lines] == [line["step"] for line in expected] == [1, 2, 3, 3, 4, 5, 6, 6]
    for name in ("contrast", "spread", "soft_albef"):
        values, expected_values = ([line[name] for line in steps if name in line] for steps in (lines, expected))
        assert values == pytest.approx(expected_values, abs=2e-5), name
    parameters = outcome(run)
    for name, tensor in outcome(expected_run).items():
        torch.testing.assert_close(parameters[name], tensor, rtol=0, atol=5e-5, msg=name)


def test_two_launched_processes_learn_what_one_does(folder):
    process = launched("-m", "hearsight", *typed(folder, "two"))
    assert process.returncode == 0, process.stderr
    check_same(folder / "two", folder / "one")
    output = process.stderr + process.stdout
    for once in ("processes: 2, on cpu", "step 6 of 6", f"model: {folder / 'two' / 'model'}"):
        assert output.count(once) == 1, output
    assert "Warning" not in output


def test_one_process_continues_after_two_were_killed(folder, succeeded, house_methods):
    assert not succeeded["killed"] and not errors(folder, "killed")
    assert torch.load(folder / "killed" / "state.pt", weights_only=True)["step"] == 4
    assert main(typed(folder, "killed")) == 0
    check_same(folder / "killed", folder / "one")


def test_a_loss_that_is_not_finite_ends_all_processes_with_one_message(folder, succeeded):
    assert not succeeded["nan"]
    (error,) = errors(folder, "nan")
    assert "the loss became nan at step" in error
    assert len(losses(folder / "nan")) < 6


def test_processes_with_different_states_are_refused(folder, succeeded):
    """This happens on two machines that do not share the folder of the run."""
    assert not succeeded["far"]
    (error,) = errors(folder, "far")
    assert "some processes continue from step 6" in error and "some from 0" in error
