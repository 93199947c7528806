"""Which command plays a moment; no player is started for real."""

import os

import pytest

from hearsight.cli.player import play, player_command
from hearsight.errors import HearsightError


def install(folder, name, script="exit 0"):
    program = folder / name
    program.write_text(f'#!/bin/sh\necho "$@" > {folder}/{name}.log\n{script}\n')
    program.chmod(0o755)


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """A folder that is the only place where programs are found."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def video(tmp_path):
    path = tmp_path / "-a clip.mp4"
    path.write_bytes(b"")
    return path


@pytest.mark.parametrize(
    ("name", "start"), [("mpv", "--start=82.5"), ("vlc", "--start-time=82.5"), ("ffplay", "-ss 82.5")]
)
def test_players_start_at_the_moment(programs, video, name, start):
    install(programs, name)
    command = player_command(video, 82.5)
    assert command[0] == str(programs / name) and command[-1] == str(video)
    assert start in " ".join(command)


def test_a_player_that_can_seek_is_preferred_to_the_desktop(programs, video):
    install(programs, "xdg-open")
    assert player_command(video, 3) == [str(programs / "xdg-open"), str(video)]
    install(programs, "ffplay")
    assert player_command(video, 3)[0].endswith("ffplay")
    install(programs, "mpv")
    assert player_command(video, 3)[0].endswith("mpv")


def test_a_name_that_begins_with_a_dash_is_no_option(programs, video, monkeypatch):
    install(programs, "mpv")
    monkeypatch.chdir(video.parent)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.defpath}")
    play(type(video)(video.name), 3)
    assert (programs / "mpv.log").read_text() == f"--start=3.0 {video}\n"


def test_a_desktop_that_begins_at_the_beginning_is_no_surprise(programs, video, capsys, monkeypatch):
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.defpath}")
    monkeypatch.setattr("hearsight.cli.player.PLAYERS", {})
    install(programs, "open")
    play(video, 75.4)
    assert (programs / "open.log").read_text() == f"{video}\n"
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith("go to 1:15: ") and "mpv" in said.err
    play(video, 0.5)
    assert capsys.readouterr().err == ""


def test_a_player_that_can_seek_needs_no_note(programs, video, capsys):
    install(programs, "mpv")
    play(video, 75.4)
    assert capsys.readouterr().err == ""


def test_without_a_player_it_says_what_to_install(programs, video):
    with pytest.raises(HearsightError, match="install mpv"):
        play(video, 3)


def test_a_player_that_fails_is_named(programs, video):
    install(programs, "vlc", "exit 3")
    with pytest.raises(HearsightError, match="vlc could not play"):
        play(video, 3)


def test_a_file_that_is_gone(programs, video):
    video.unlink()
    with pytest.raises(HearsightError, match="it is gone"):
        play(video, 3)
