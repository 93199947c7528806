"""Playing a moment with whatever player is on this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from hearsight.cli.console import format_time, note
from hearsight.errors import HearsightError

# The players that can start at a moment, in order of preference; {} is the second to start at.
PLAYERS = {
    "mpv": ["--start={}"],
    "vlc": ["--start-time={}"],
    "ffplay": ["-autoexit", "-loglevel", "error", "-ss", "{}", "-i"],
}
# A desktop's own openers begin at the beginning.
OPENERS = ("open", "xdg-open")


def player_command(path: Path, seconds: float) -> list[str] | None:
    """The command that plays a file, from that second on if there is a player that can; None if there is none."""
    for name, options in PLAYERS.items():
        if program := shutil.which(name):
            return [program, *(option.format(f"{seconds:.1f}") for option in options), str(path)]
    for name in OPENERS:
        if program := shutil.which(name):
            return [program, str(path)]
    return None


def play(path: Path, seconds: float) -> None:
    """Play a file from that second on, until the person closes the player. Raises HearsightError when it cannot."""
    path = path.absolute()  # begins with no dash, which a player would read as an option
    if not path.is_file():
        raise HearsightError(f"cannot play {path}: it is gone; run hearsight index again to bring the index up to date")
    command = player_command(path, seconds)
    if command is None and sys.platform != "win32":
        raise HearsightError(f"cannot play {path}: no video player on this machine; install mpv, vlc or ffplay")
    if seconds >= 1 and (command is None or Path(command[0]).name in OPENERS):
        note(
            f"go to {format_time(seconds)}: only mpv, vlc and ffplay can begin at a moment, and none is on this machine"
        )
    if sys.platform == "win32" and command is None:
        os.startfile(path)
    # A player's chatter is not the result, which alone goes to stdout.
    elif command and subprocess.run(command, stdout=subprocess.DEVNULL).returncode:
        raise HearsightError(f"{Path(command[0]).name} could not play {path}; open it in another player")
