"""docs/many-gpus.md: accelerate understands each of its commands, and they train a recipe that there is.

What they do with two processes is in tests/training/test_processes.py.
"""

import re
import shlex
from pathlib import Path

import pytest
from accelerate.commands.launch import launch_command_parser

from hearsight.research.training.recipe import MethodRecipe, read_recipe

PAGE = (Path(__file__).parents[2] / "docs" / "many-gpus.md").read_text()
COMMANDS = re.findall(r"^    (?:\w+=\w+ )?accelerate launch ((?:.*\\\n)*.*)", PAGE, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_its_commands_are_understood(command):
    launch = launch_command_parser().parse_args(shlex.split(command.replace("\\\n", " ")))
    assert launch.multi_gpu and launch.module
    assert launch.training_script == "hearsight"
    train, recipe, *options = launch.training_script_args
    assert train == "train"
    followed = read_recipe(recipe, [options[i + 1] for i, word in enumerate(options) if word == "--set"])
    assert isinstance(followed, MethodRecipe)
    assert followed.batch % (followed.accumulation * launch.num_processes) == 0
    if (launch.num_machines or 1) > 1:
        assert launch.machine_rank < launch.num_machines
        assert launch.main_process_ip and launch.main_process_port


def test_there_are_commands():
    assert len(COMMANDS) == 6
