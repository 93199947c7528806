"""Describing media files, good and bad."""

import importlib
import io
import os
import shutil
from datetime import UTC, datetime

import av
import pytest

from hearsight.errors import HearsightError
from hearsight.media.probe import probe
from tests.media_files import beep, grey, make_media


def test_the_larger_of_two_videos_and_the_languages_of_subtitles(tmp_path):
    path = tmp_path / "a.mkv"
    with av.open(path, "w") as container:
        videos = [container.add_stream("libx264", rate=10) for _ in range(2)]
        for video, (video.width, video.height) in zip(videos, ((64, 48), (128, 96)), strict=True):
            video.pix_fmt = "yuv420p"
        subtitles = av.open(io.BytesIO(b"1\n00:00:00,000 --> 00:00:01,000\nHello.\n"), format="srt")
        for language in ("eng", "deu"):
            container.add_stream_from_template(subtitles.streams[0]).metadata["language"] = language
        for video in videos:
            frame = av.VideoFrame.from_ndarray(grey(100, video.width, video.height), format="rgb24")
            container.mux(video.encode(frame) + video.encode(None))
    info = probe(path)
    assert info.video is not None and (info.video.width, info.video.height) == (128, 96)
    assert info.audio is None
    assert [stream.language for stream in info.subtitles] == ["eng", "deu"]


@pytest.mark.parametrize(("rotation", "size"), [(0, (64, 48)), (90, (48, 64)), (180, (64, 48))])
def test_sizes_are_as_shown(tmp_path, rotation, size):
    video = probe(make_media(tmp_path / "a.mp4", [grey(100)] * 5, rotation=rotation)).video
    assert video is not None and (video.width, video.height) == size


def test_sound_files_have_no_video(tmp_path):
    info = probe(make_media(tmp_path / "a.wav", sounds=[beep(2)]))
    assert info.video is None and info.audio is not None
    assert (info.duration, info.audio.rate, info.audio.channels) == (2.0, 16000, 1)


def test_cover_art_is_not_video(tmp_path):
    path = tmp_path / "song.m4a"
    with av.open(path, "w", format="mp4") as container:
        sound = container.add_stream("aac", rate=16000, layout="mono")
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 48, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        picture = av.VideoFrame.from_ndarray(grey(100), format="rgb24")
        container.mux(cover.encode(picture) + cover.encode(None))
        samples = av.AudioFrame.from_ndarray(beep(1)[None], format="fltp", layout="mono")
        samples.sample_rate = 16000
        container.mux(sound.encode(samples) + sound.encode(None))
    info = probe(path)
    assert info.video is None and info.audio is not None


@pytest.mark.parametrize("name", ["live.mkv", "late.mkv"])
def test_duration_is_measured_from_the_start_of_the_file(tmp_path, name):
    start, options = (100.0, {}) if name == "late.mkv" else (0.0, {"live": "1"})
    path = make_media(tmp_path / name, [grey(100)] * 20, start=start, options=options)
    assert probe(path).duration == pytest.approx(2.0, abs=0.01)


@pytest.mark.parametrize("sound_start", [0.0, 3.0])
def test_no_more_than_one_frame_of_each_stream_is_decoded(tmp_path, sound_start, monkeypatch):
    path = make_media(tmp_path / "a.mkv", [grey(100)] * 40, sounds=[beep(1)], sound_start=sound_start)
    frames = []
    probe_module = importlib.import_module("hearsight.media.probe")  # hearsight.media.probe is the function
    decode = probe_module.decode
    monkeypatch.setattr(
        probe_module, "decode", lambda packet: [frames.append(frame) or frame for frame in decode(packet)]
    )
    assert probe(path).audio is not None
    assert len(frames) == 2


def test_the_duration_of_a_truncated_file_is_that_of_its_rest(tmp_path):
    path = make_media(tmp_path / "a.mkv", [grey(100)] * 200, sounds=[beep(20)])
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with av.open(path) as container:
        assert container.duration == pytest.approx(20e6, rel=0.01)
    assert probe(path).duration == pytest.approx(10, abs=1)


@pytest.mark.parametrize("claim", [0, 1, 10_000_000])
def test_a_wrong_claimed_duration_is_ignored(tmp_path, claim):
    data = bytearray(make_media(tmp_path / "a.mp4", [grey(100)] * 30).read_bytes())
    for box, offset in ((b"mvhd", 20), (b"tkhd", 24), (b"mdhd", 20)):
        position = data.index(box) + offset
        data[position : position + 4] = claim.to_bytes(4, "big")
    path = tmp_path / "nonsense.mp4"
    path.write_bytes(data)
    assert probe(path).duration == pytest.approx(3, abs=0.15)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"These are the minutes of a meeting.\n" * 50, "not a video or sound file"),
        (b"1\n00:00:01,000 --> 00:00:02,000\nhello\n", "not a video or sound file"),
        (b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:9/a.ts\n", "not a video or sound file"),
    ],
)
def test_a_file_that_is_not_media_is_refused_with_a_reason(tmp_path, content, reason):
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    with pytest.raises(HearsightError, match=rf"cannot read .*a\.mp4: .*{reason}.*;? .*"):
        probe(path)


def test_missing_files_and_special_files_are_refused(tmp_path):
    with pytest.raises(HearsightError, match="no such file"):
        probe(tmp_path / "gone.mp4")
    (tmp_path / "folder.mp4").mkdir()
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "loop.mp4").symlink_to(tmp_path / "loop.mp4")
    for name in ("folder.mp4", "pipe.mp4", "loop.mp4"):
        with pytest.raises(HearsightError, match="cannot read"):
            probe(tmp_path / name)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_files_without_permission(tmp_path):
    path = make_media(tmp_path / "a.wav", sounds=[beep(1)])
    path.chmod(0)
    with pytest.raises(HearsightError, match="permission"):
        probe(path)


def test_files_with_odd_names_can_be_opened(tmp_path, monkeypatch):
    original = make_media(tmp_path / "original.wav", sounds=[beep(1)])
    monkeypatch.chdir(tmp_path)
    names = [
        "-x.wav",
        "a:b.wav",
        "http:x.wav",
        'it\'s "a" %03d.wav',
        "two\nlines.wav",
        "日本語 кино.wav",
        "b'\udcff.wav",
    ]
    for name in names:
        path = original.with_name(name).relative_to(tmp_path)
        shutil.copy(original, path)
        assert probe(path).duration == 1.0


def test_an_error_is_one_line_even_for_a_name_with_a_newline(tmp_path):
    with pytest.raises(HearsightError) as caught:
        probe(tmp_path / "two\nlines.mp4")
    assert "\n" not in str(caught.value)


def test_a_stream_that_cannot_be_decoded_is_left_out(tmp_path):
    path = make_media(tmp_path / "a.mp4", [grey(100)] * 10, sounds=[beep(1)], sound_codec="aac")
    damaged = bytearray(path.read_bytes())
    with av.open(path) as container:
        for packet in container.demux(audio=0):
            if packet.pos is not None and packet.size:
                damaged[packet.pos : packet.pos + packet.size] = b"\xff" * packet.size
    path.write_bytes(damaged)
    info = probe(path)
    assert info.video is not None and info.audio is None


PLAYLISTS = {
    "HLS": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{name}\n#EXT-X-ENDLIST\n",
    "ffconcat": "ffconcat version 1.0\nfile {name}\n",
}


@pytest.mark.parametrize("kind", PLAYLISTS)
@pytest.mark.parametrize("name", ["list.m3u8", "list.mp4", "list.ffconcat"])
def test_a_playlist_cannot_make_probe_read_another_file(tmp_path, kind, name):
    make_media(tmp_path / "other.ts", [grey(100)] * 20)
    path = tmp_path / name
    path.write_text(PLAYLISTS[kind].format(name="other.ts"))
    with pytest.raises(HearsightError, match="not a video or sound file"):
        probe(path)


@pytest.mark.parametrize(
    ("metadata", "options", "expected"),
    [
        ({}, {}, None),
        ({"creation_time": "2019-05-17T10:00:00Z"}, {}, datetime(2019, 5, 17, 10, tzinfo=UTC)),
        ({"creation_time": "1904-01-01T00:00:00Z"}, {}, None),
        ({"creation_time": "1970-01-01T00:00:00Z"}, {}, None),
        ({"creation_time": "2039-01-01T00:00:00Z"}, {}, None),
        (
            {
                "com.apple.quicktime.creationdate": "2018-02-03T04:05:06+0200",
                "creation_time": "2019-05-17T10:00:00Z",
            },
            {"movflags": "use_metadata_tags"},
            datetime(2018, 2, 3, 2, 5, 6, tzinfo=UTC),
        ),
    ],
)
def test_the_date_in_a_file_is_read(tmp_path, metadata, options, expected):
    path = make_media(tmp_path / "a.mov", [grey(90)] * 5, metadata=metadata, options=options)
    assert probe(path).created == (expected and expected.timestamp())


def test_pictures_without_end_are_refused(tmp_path):
    path = tmp_path / "bomb.mov"
    with av.open(path, "w") as container:
        stream = container.add_stream("qtrle", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "rgb24"
        container.mux([*stream.encode(av.VideoFrame(64, 64, "rgb24")), *stream.encode(None)])
    data = path.read_bytes()
    size = (64).to_bytes(2, "big") * 2
    assert data.count(b"rle ") == 1
    offset = data.index(size, data.index(b"rle "))
    path.write_bytes(data[:offset] + (16_000).to_bytes(2, "big") * 2 + data[offset + 4 :])
    with pytest.raises(HearsightError, match=r"bomb.mov: .* more than 100,000,000 pixels; replace or remove it"):
        probe(path)


@pytest.mark.parametrize("rate", [1, 10, 900])
def test_sound_that_lasts_for_days_is_refused(tmp_path, rate):
    path = make_media(tmp_path / "a.wav", sounds=[beep(2)])
    data = bytearray(path.read_bytes())
    data[24:32] = rate.to_bytes(4, "little") + (2 * rate).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(HearsightError, match=r"a.wav: no video or audio stream that can be decoded"):
        probe(path)


def test_a_length_that_so_few_bytes_cannot_have_is_refused(tmp_path):
    path = make_media(tmp_path / "a.mkv", [grey(100)] * 2, [0, 40_000])
    with pytest.raises(HearsightError, match=r"bytes cannot last 11 hours, as they claim; replace or remove it"):
        probe(path)


@pytest.mark.parametrize("error", [av.error.EOFError, av.error.PermissionError, av.error.OSError])
def test_an_error_of_the_system_for_a_file_that_can_be_read_is_damage(tmp_path, monkeypatch, error):
    """FFmpeg has the system's numbers for damage, too: nobody's disk or permissions are at fault."""

    def refuse(*args, **kwargs):
        raise error(5, "Input/output error", str(path))

    path = make_media(tmp_path / "film.mkv", [grey(100)])
    monkeypatch.setattr(av, "open", refuse)
    with pytest.raises(HearsightError, match=r"film\.mkv: damaged, or not a video or sound file") as raised:
        probe(path)
    assert raised.value.__cause__ is None
