"""Play a video from a moment on, or show a picture, with a program of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import BinaryIO

from hearsight.cli.console import format_time, note
from hearsight.errors import HearsightError

# Players that can start at a moment, in order of preference; {} is the second to start at.
PLAYERS = {
    "mpv": ["--start={}"],
    "vlc": ["--start-time={}"],
    "ffplay": ["-autoexit", "-loglevel", "error", "-ss", "{}", "-i"],
}
# Players that show a picture until their window is closed.
VIEWERS = {"mpv": ["--image-display-duration=inf"], "ffplay": ["-loglevel", "error", "-i"]}
# Programs that open a file with the program that the desktop has for it. A player then starts at the beginning.
OPENERS = ("open", "xdg-open")


def player_command(path: Path, seconds: float) -> list[str] | None:
    """Return the command that plays a file, from `seconds` on if the player can; None if there is no player."""
    for name, options in PLAYERS.items():
        if program := shutil.which(name):
            return [program, *(option.format(f"{seconds:.1f}") for option in options), str(path)]
    for name in OPENERS:
        if program := shutil.which(name):
            return [program, str(path)]
    return None


def play(path: Path, seconds: float) -> None:
    """Play a file from `seconds` on and wait until the player is closed.

    What the player prints is not shown, but for its last line when it fails. Raises HearsightError if the file is
    missing, there is no player, or the player fails.
    """
    path = _existing(path)
    command = player_command(path, seconds)
    if command is None and sys.platform != "win32":
        raise HearsightError(f"cannot play {path}: no video player on this machine; install mpv, vlc or ffplay")
    if seconds >= 1 and (command is None or Path(command[0]).name in OPENERS):
        note(
            f"go to {format_time(seconds)}: the player starts at the beginning; install mpv, vlc or ffplay to start at "
            "the moment"
        )
    _open(command, path)


def viewer_command(path: Path) -> list[str] | None:
    """Return the command that shows a picture; None if there is no viewer."""
    for name in OPENERS:
        if program := shutil.which(name):
            return [program, str(path)]
    for name, options in VIEWERS.items():
        if program := shutil.which(name):
            return [program, *options, str(path)]
    return None


def show_picture(path: Path) -> None:
    """Show a picture. Raises HearsightError if the file is missing, there is no viewer, or the viewer fails."""
    path = _existing(path)
    command = viewer_command(path)
    if command is None and sys.platform != "win32":
        raise HearsightError(f"cannot show {path}: no viewer on this machine; install xdg-utils, mpv or ffplay")
    _open(command, path)


def _existing(path: Path) -> Path:
    """Return an absolute path, which starts with a slash: a program would take a name with a dash for an option."""
    path = path.absolute()
    if not path.is_file():
        raise HearsightError(
            f"cannot open {path}: it does not exist any more; run hearsight index to bring the index up to date"
        )
    return path


def _open(command: list[str] | None, path: Path) -> None:
    """Run a command; without one, on Windows, open the file with the program that the system has for it."""
    if command is None:
        os.startfile(path)  # type: ignore[attr-defined, unused-ignore]
        return
    with tempfile.TemporaryFile() as log:
        if subprocess.run(command, stdout=log, stderr=subprocess.STDOUT).returncode:
            reason = _last_line(log)
            name = Path(command[0]).name
            raise HearsightError(
                f"{name} could not play {path}{reason and f': {reason}'}; open the file in another player"
            )


def _last_line(log: BinaryIO) -> str:
    log.seek(max(log.seek(0, os.SEEK_END) - 2000, 0))
    lines = log.read().decode(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
