"""The command that plays a moment; the players are scripts."""

import os

import pytest

from hearsight.cli.player import play, player_command, show_picture, viewer_command
from hearsight.errors import HearsightError


def install(folder, name, script="exit 0"):
    program = folder / name
    program.write_text(f'#!/bin/sh\necho "$@" > {folder}/{name}.log\n{script}\n')
    program.chmod(0o755)


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Make an empty folder the only one in PATH."""
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


def test_a_file_name_with_a_dash_is_not_read_as_an_option(programs, video, monkeypatch):
    install(programs, "mpv")
    monkeypatch.chdir(video.parent)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.defpath}")
    play(type(video)(video.name), 3)
    assert (programs / "mpv.log").read_text() == f"--start=3.0 {video}\n"


def test_a_player_that_cannot_seek_comes_with_the_time_to_go_to(programs, video, capsys, monkeypatch):
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.defpath}")
    monkeypatch.setattr("hearsight.cli.player.PLAYERS", {})
    install(programs, "open")
    play(video, 75.4)
    assert (programs / "open.log").read_text() == f"{video}\n"
    output = capsys.readouterr()
    assert output.out == "" and output.err.startswith("go to 1:15: ") and "mpv" in output.err
    play(video, 0.5)
    assert capsys.readouterr().err == ""


def test_a_player_that_can_seek_comes_with_no_note(programs, video, capsys):
    install(programs, "mpv")
    play(video, 75.4)
    assert capsys.readouterr().err == ""


def test_without_a_player_the_error_says_what_to_install(programs, video):
    with pytest.raises(HearsightError, match="install mpv"):
        play(video, 3)


def test_the_output_of_a_player_is_not_shown(programs, video, capfd):
    install(programs, "mpv", "echo chatter; echo noise >&2")
    play(video, 3)
    assert capfd.readouterr() == ("", "")


def test_a_player_that_fails_is_named_with_the_last_line_of_its_output(programs, video, capfd):
    install(programs, "vlc", "echo chatter; echo no display >&2; echo; exit 3")
    with pytest.raises(HearsightError, match=r"vlc could not play .*: no display; open the file in another player"):
        play(video, 3)
    install(programs, "vlc", "exit 3")
    with pytest.raises(HearsightError, match=r"vlc could not play .*clip\.mp4; open the file"):
        play(video, 3)
    assert capfd.readouterr() == ("", "")


def test_a_missing_file_is_reported(programs, video):
    video.unlink()
    with pytest.raises(HearsightError, match="does not exist any more"):
        play(video, 3)


def test_a_picture_opens_in_the_desktops_viewer_else_in_a_player_that_stays(programs, video):
    for name, options in {
        "ffplay": ["-loglevel", "error", "-i"],
        "mpv": ["--image-display-duration=inf"],
        "open": [],
    }.items():
        install(programs, name)
        assert viewer_command(video) == [str(programs / name), *options, str(video)]


def test_a_picture_without_a_viewer_or_a_file(programs, video):
    with pytest.raises(HearsightError, match="no viewer on this machine"):
        show_picture(video)
    with pytest.raises(HearsightError, match="it does not exist any more"):
        show_picture(video.with_name("gone.jpg"))
