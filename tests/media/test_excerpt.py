"""Parts of files, copied and encoded anew."""

import struct
import subprocess
import sys
from fractions import Fraction

import av
import numpy as np
import pytest

from hearsight.errors import HearsightError
from hearsight.media import copy_packets, encode_frames, key_frame
from hearsight.media.audio import read_audio
from hearsight.media.excerpt import write_excerpt
from hearsight.media.frames import read_frames, scan_frames
from hearsight.media.probe import probe
from tests.media_files import beep, grey, level_of, make_media

LEVELS = [10 * (1 + number // 5) for number in range(100)]  # ten pictures a second, another level every half second


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Files of 10 s with a key frame every second; the tone begins at 4 s."""
    folder = tmp_path_factory.mktemp("excerpts")
    pictures, tone = [grey(level) for level in LEVELS], beep(6, silence_before=4)
    make_media(folder / "plain.mkv", pictures, sounds=[tone])
    make_media(folder / "late.mkv", pictures, sounds=[tone], start=100.0)
    make_media(folder / "reordered.mp4", pictures, sounds=[tone], coding={"bf": "3"}, sound_codec="aac")
    make_media(folder / "turned.mp4", pictures, sounds=[tone], rotation=90, sound_codec="aac")
    make_media(folder / "wide.mkv", pictures, pixel_shape=Fraction(2))
    make_media(folder / "silent.mov", pictures)
    make_media(folder / "broadcast.ts", pictures, sounds=[tone], sound_codec="aac")
    make_media(folder / "stream.wmv", pictures, sounds=[tone], sound_codec="aac")
    for suffix, codec in SOUNDS.items():
        make_media(folder / f"sound{suffix}", sounds=[tone], sound_codec=codec)
    (folder / "misnamed.webm").write_bytes((folder / "plain.mkv").read_bytes())
    return folder


SOUNDS = {
    ".wav": "pcm_s16le",
    ".flac": "flac",
    ".mp3": "libmp3lame",
    ".m4a": "aac",
    ".ogg": "libopus",
    ".aif": "pcm_s16be",
}
# A seek in the broadcast ends at any picture, one in the stream far too early.
FILMS = [
    *("plain.mkv", "late.mkv", "reordered.mp4", "turned.mp4", "wide.mkv", "silent.mov", "misnamed.webm"),
    *("broadcast.ts", "stream.wmv"),
]


def levels(path):
    """The level of the picture on screen in the middle of every half second."""
    times = np.arange(0.25, probe(path).duration, 0.5)
    return [level_of(picture) for _, picture in read_frames(path, times)]


def start_of_tone(path):
    sound = np.concatenate(list(read_audio(path)))
    return float(np.flatnonzero(np.abs(sound) > 0.1)[0]) / 16_000


def delay_of_tone(path):
    """The seconds from the first picture of 4 s to the tone, which begins then."""
    shown = next(time for time, picture in scan_frames(path, 48) if level_of(picture) == LEVELS[40])
    return start_of_tone(path) - shown


@pytest.mark.parametrize("name", FILMS)
def test_a_copy_begins_at_a_key_frame(folder, tmp_path, name):
    path = write_excerpt(folder / name, 2.5, 5.5, tmp_path / "part")
    assert path.name == "part" + (".mkv" if name in ("misnamed.webm", *FILMS[-2:]) else (folder / name).suffix)
    copied = levels(path)
    assert copied[:7] == LEVELS[20:55:5]
    source, info = probe(folder / name), probe(path)
    assert 3.4 <= info.duration <= 4.1
    assert (info.video.width, info.video.height) == (source.video.width, source.video.height)
    assert info.video.codec == source.video.codec
    if source.audio:
        assert start_of_tone(path) == pytest.approx(2.0, abs=0.2)
        assert delay_of_tone(path) == pytest.approx(delay_of_tone(folder / name), abs=0.1)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("name", FILMS)
def test_an_exact_part_begins_and_ends_exactly(folder, tmp_path, name):
    path = write_excerpt(folder / name, 2.5, 5.5, tmp_path / "part", exact=True)
    assert path.name == "part.mp4"
    assert levels(path)[:6] == LEVELS[25:55:5]
    source, info = probe(folder / name), probe(path)
    assert info.duration == pytest.approx(3.0, abs=0.15)
    assert (info.video.width, info.video.height) == (source.video.width, source.video.height)
    if source.audio:
        assert start_of_tone(path) == pytest.approx(start_of_tone(folder / name) - 2.5, abs=0.05)


@pytest.mark.parametrize("exact", [False, True])
def test_a_part_may_begin_between_distant_key_frames(tmp_path, exact):
    pictures = [grey(level) for level in LEVELS]
    path = make_media(tmp_path / "a.ts", pictures, coding={"g": "1000", "scenecut": "0", "keyint_min": "1000"})
    part = write_excerpt(path, 8.5, 9.5, tmp_path / "part", exact)
    assert levels(part)[:2] == (LEVELS[85:95:5] if exact else LEVELS[:10:5])


@pytest.mark.parametrize("exact", [False, True])
def test_a_file_that_cannot_be_searched_is_read_from_its_start(folder, tmp_path, exact, monkeypatch):
    for module in (copy_packets, encode_frames, key_frame):
        monkeypatch.setattr(module, "seek", lambda container, time: None)
    part = write_excerpt(folder / "plain.mkv", 2.5, 5.5, tmp_path / "part", exact)
    assert levels(part)[:6] == LEVELS[25:55:5] if exact else levels(part)[:7] == LEVELS[20:55:5]


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("milliseconds", [-3000, 1000, 20_000])
@pytest.mark.parametrize(("stream", "packet"), [(0, 36), (0, 40), (1, 56)])
def test_a_damaged_time_does_not_end_a_part(folder, tmp_path, stream, packet, milliseconds, exact):
    """The packets are of 3.6, 4.0 (a key frame) and 3.6 s."""
    (tmp_path / "a.mkv").write_bytes(with_shifted_packet(folder / "plain.mkv", stream, packet, milliseconds))
    part = write_excerpt(tmp_path / "a.mkv", 2.5, 5.5, tmp_path / "part", exact)
    assert levels(part)[-5:] == LEVELS[30:55:5]
    assert probe(part).duration == pytest.approx(3.0 if exact else 3.5, abs=0.2)
    assert start_of_tone(part) == pytest.approx(1.5 if exact else 2.0, abs=0.1)


def with_shifted_packet(path, stream, number, milliseconds):
    """The bytes of a Matroska file, with another time in the head of one packet: 16 bits and flags before its data."""
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(container.streams[stream]) if packet.size]
    data = bytearray(path.read_bytes())
    head = data.index(bytes(packets[number])) - 3
    data[head : head + 2] = struct.pack(">h", struct.unpack(">h", data[head : head + 2])[0] + milliseconds)
    return data


@pytest.mark.parametrize("suffix", SOUNDS)
@pytest.mark.parametrize("exact", [False, True])
def test_a_part_of_a_sound(folder, tmp_path, suffix, exact):
    path = write_excerpt(folder / f"sound{suffix}", 2.5, 5.5, tmp_path / "part", exact)
    assert path.suffix == (".m4a" if exact else {".aif": ".mka"}.get(suffix, suffix))
    assert probe(path).duration == pytest.approx(3.0, abs=0.15)
    assert start_of_tone(path) == pytest.approx(1.5, abs=0.1)


@pytest.mark.parametrize("exact", [False, True])
def test_a_part_may_reach_beyond_the_end(folder, tmp_path, exact):
    path = write_excerpt(folder / "plain.mkv", 9.0, 12.0, tmp_path / "part", exact)
    assert levels(path)[:2] == LEVELS[90:100:5]
    with pytest.raises(HearsightError, match=r"no picture and no sound from 20 s to 25 s; run hearsight index"):
        write_excerpt(folder / "sound.wav", 20.0, 25.0, tmp_path / "none", exact)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_pictures_of_odd_sizes_are_encoded(tmp_path):
    path = tmp_path / "odd.mkv"
    make_media(path, [np.full((49, 65, 3), 100, np.uint8)] * 20, pix_fmt="yuv444p")
    info = probe(write_excerpt(path, 0.5, 1.5, tmp_path / "part", exact=True))
    assert (info.video.width, info.video.height) == (64, 48)


def test_a_codec_without_a_place_in_mp4_becomes_matroska(tmp_path):
    path = tmp_path / "a.mp4"  # named so, and another format
    with av.open(str(path), "w", format="matroska") as container:
        stream = container.add_stream("ffv1", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(30):
            frame = av.VideoFrame.from_ndarray(grey(90), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    written = write_excerpt(path, 1.0, 2.0, tmp_path / "part")
    assert probe(written).video.codec == "ffv1" and probe(written).duration <= 2.1


def test_nothing_is_overwritten_without_saying_so(folder, tmp_path):
    (tmp_path / "part.mkv").write_text("mine")
    with pytest.raises(HearsightError, match="it exists; write to another folder, or pass --overwrite"):
        write_excerpt(folder / "plain.mkv", 0, 1, tmp_path / "part")
    assert (tmp_path / "part.mkv").read_text() == "mine"
    write_excerpt(folder / "plain.mkv", 0, 1, tmp_path / "part", overwrite=True)
    assert probe(tmp_path / "part.mkv").video


@pytest.mark.parametrize("exact", [False, True])
def test_a_full_disk_leaves_nothing(folder, tmp_path, exact):
    program = (
        "import resource, sys; from pathlib import Path; from hearsight.errors import HearsightError\n"
        "from hearsight.media.excerpt import write_excerpt\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))\n"
        "try: write_excerpt(Path(sys.argv[1]), 0, 10, Path(sys.argv[2]), len(sys.argv) > 3)\n"
        "except HearsightError as error: print(error)\n"
    )
    words = [sys.executable, "-c", program, str(folder / "plain.mkv"), str(tmp_path / "part"), *(["exact"] * exact)]
    ran = subprocess.run(words, capture_output=True, text=True, check=True)
    assert ran.stdout.startswith(f"cannot write {tmp_path / 'part'}") and "make room" in ran.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("exact", [False, True])
def test_a_folder_that_is_missing_is_an_error(folder, tmp_path, exact):
    with pytest.raises(HearsightError, match=r"cannot write .*No such file or directory; make room or get permission"):
        write_excerpt(folder / "plain.mkv", 0, 1, tmp_path / "nowhere" / "part", exact)


@pytest.mark.parametrize("exact", [False, True])
def test_a_file_that_cannot_be_read_is_an_error(folder, tmp_path, exact):
    (tmp_path / "bad.mp4").write_text("no film")
    for name in ("bad.mp4", "missing.mp4"):
        with pytest.raises(HearsightError, match="cannot read"):
            write_excerpt(tmp_path / name, 0, 1, tmp_path / "part", exact)
    assert [file.name for file in tmp_path.iterdir()] == ["bad.mp4"]
