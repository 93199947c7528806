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
    asked = launch_command_parser().parse_args(shlex.split(command.replace("\\\n", " ")))
    assert asked.multi_gpu and asked.module
    assert asked.training_script == "hearsight"
    train, recipe, *options = asked.training_script_args
    assert train == "train"
    followed = read_recipe(recipe, [options[i + 1] for i, word in enumerate(options) if word == "--set"])
    assert isinstance(followed, MethodRecipe)
    assert followed.batch % (followed.accumulation * asked.num_processes) == 0
    if (asked.num_machines or 1) > 1:
        assert asked.machine_rank < asked.num_machines
        assert asked.main_process_ip and asked.main_process_port


def test_there_are_commands():
    assert len(COMMANDS) == 6
