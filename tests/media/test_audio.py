"""Reading sound: rates, stretches, gaps, damage and memory."""

import tracemalloc

import av
import numpy as np
import pytest

from hearsight.media.audio import SAMPLE_RATE, cut_audio, read_audio
from hearsight.media.probe import probe
from hearsight.types import Clip
from tests.media_files import beep, grey, make_media, write_tracks


def read_all(path, *stretch):
    return np.concatenate([np.empty(0, np.float32), *read_audio(path, *stretch)])


def test_blocks_are_mono_float32_of_about_a_second(tmp_path):
    path = make_media(tmp_path / "a.wav", sounds=[beep(5.5)])
    blocks = list(read_audio(path))
    assert all(block.dtype == np.float32 and block.ndim == 1 for block in blocks)
    assert all(SAMPLE_RATE <= len(block) <= 1.2 * SAMPLE_RATE for block in blocks[:-1])
    assert np.allclose(np.concatenate(blocks), beep(5.5), atol=1e-3)


@pytest.mark.parametrize(("start", "end"), [(0, None), (0.5, 1.25), (1.9, 10), (0, 0.001), (3, 4), (1, 1)])
def test_a_part_of_the_sound(tmp_path, start, end):
    sound = np.linspace(-0.9, 0.9, 2 * SAMPLE_RATE, dtype=np.float32)
    path = make_media(tmp_path / "a.wav", sounds=[sound])
    stop = None if end is None else round(end * SAMPLE_RATE)
    expected = sound[round(start * SAMPLE_RATE) : stop]
    assert np.allclose(read_all(path, start, end), expected, atol=1e-3)


def test_stereo_is_resampled_and_mixed(tmp_path):
    """One channel is silent; a mix keeps the power of both."""
    path = tmp_path / "stereo.wav"
    tone = np.sin(2 * np.pi * 440 * np.arange(2 * 44_100) / 44_100)
    with av.open(path, "w") as container:
        stream = container.add_stream("pcm_s16le", rate=44_100, layout="stereo")
        samples = np.stack([tone, np.zeros_like(tone)]).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="stereo")
        frame.sample_rate = 44_100
        container.mux(stream.encode(frame) + stream.encode(None))
    sound = read_all(path)
    assert len(sound) == pytest.approx(2 * SAMPLE_RATE, abs=20)
    assert np.abs(sound[1000:-1000]).max() == pytest.approx(0.5**0.5, abs=0.02)


def test_sound_at_another_rate(tmp_path):
    path = make_media(tmp_path / "a.mkv", [grey(100)] * 20, sounds=[beep(1.5)], sound_start=0.5)
    sound = np.concatenate([*read_audio(path, 0.25, 1.25, rate=48_000)])
    assert len(sound) == 48_000
    assert not sound[:11_900].any()  # before the sound of the file begins
    tone = np.abs(np.fft.rfft(sound[-24_000:]))  # half a second: two hertz a bin
    assert tone.argmax() * 2 == 440


def test_the_first_of_two_tracks_is_read(tmp_path):
    path = make_media(tmp_path / "a.mkv", [grey(100)] * 10, sounds=[beep(1), np.zeros(16000)])
    assert np.abs(read_all(path)).max() > 0.4


def test_clips_are_cut_once_and_forward(tmp_path):
    sound = np.linspace(-0.9, 0.9, 10 * SAMPLE_RATE, dtype=np.float32)
    path = make_media(tmp_path / "a.wav", sounds=[sound])
    stretches = [(0, 2), (2, 3.5), (3, 4), (7, 9), (9, 12), (20, 30)]
    pieces = list(cut_audio(path, [Clip(path, start, end) for start, end in stretches]))
    assert len(pieces) == len(stretches)
    for (start, end), piece in zip(stretches, pieces, strict=True):
        assert np.allclose(piece, sound[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)], atol=1e-3)


def test_clips_of_a_silent_film_are_empty(tmp_path):
    path = make_media(tmp_path / "a.mp4", [grey(100)] * 10)
    assert [len(piece) for piece in cut_audio(path, [Clip(path, 0, 1), Clip(path, 1, 2)])] == [0, 0]


def test_sound_that_starts_late_is_preceded_by_silence(tmp_path):
    path = make_media(tmp_path / "a.mkv", [grey(100)] * 30, sounds=[beep(2)], sound_start=1.0)
    sound = read_all(path)
    assert len(sound) == 3 * SAMPLE_RATE
    assert np.abs(sound[:SAMPLE_RATE]).max() == 0 and np.abs(sound[SAMPLE_RATE : SAMPLE_RATE + 100]).max() > 0.2


def test_damaged_sound_is_silent_and_what_follows_keeps_its_time(tmp_path):
    """The middle second cannot be decoded."""
    path = make_media(tmp_path / "a.mp4", [grey(100)] * 30, sounds=[beep(3)], sound_codec="aac")
    before = read_all(path)
    damaged = bytearray(path.read_bytes())
    with av.open(path) as container:
        for packet in container.demux(audio=0):
            if packet.size and 1 <= packet.pts * packet.time_base < 2:
                damaged[packet.pos : packet.pos + packet.size] = b"\xff" * packet.size
    path.write_bytes(damaged)
    after = read_all(path)
    assert len(after) == pytest.approx(len(before), abs=2000)
    assert np.abs(after[18_000:30_000]).max() < 0.01
    assert np.abs(after[36_000:46_000]).max() > 0.3
    assert probe(path).duration == pytest.approx(3, abs=0.1)


def test_sound_that_changes_its_format_midway(tmp_path):
    """Stereo at one rate, then mono at another, as in broadcasts."""
    pieces = []
    for rate, layout in ((44100, "stereo"), (22050, "mono")):
        path = tmp_path / f"{layout}.ts"
        with av.open(path, "w") as container:
            stream = container.add_stream("mp2", rate=rate, layout=layout)
            channels = 2 if layout == "stereo" else 1
            tone = np.tile((beep(2) * 20000).astype(np.int16)[:rate], channels)
            frame = av.AudioFrame.from_ndarray(tone[None], format="s16", layout=layout)
            frame.sample_rate = rate
            container.mux(stream.encode(frame) + stream.encode(None))
        pieces.append(path.read_bytes())
    path = tmp_path / "both.ts"
    path.write_bytes(b"".join(pieces))
    sound = read_all(path)
    assert len(sound) > 1.5 * SAMPLE_RATE and np.abs(sound[-4000:-1000]).max() > 0.1


def test_samples_that_are_not_finite_are_replaced(tmp_path):
    path = tmp_path / "a.wav"
    with av.open(path, "w") as container:
        stream = container.add_stream("pcm_f32le", rate=SAMPLE_RATE, layout="mono")
        samples = np.full((1, 1000), 0.25, np.float32)
        samples[0, 10:20] = (np.nan, np.inf) * 5
        frame = av.AudioFrame.from_ndarray(samples, format="flt", layout="mono")
        frame.sample_rate = SAMPLE_RATE
        container.mux(stream.encode(frame) + stream.encode(None))
    sound = read_all(path)
    assert np.isfinite(sound).all() and sound[5] == 0.25


def test_memory_does_not_grow_with_length(tmp_path):
    path = make_media(tmp_path / "a.wav", sounds=[np.tile(beep(60), 5)])
    tracemalloc.start()
    for block in read_audio(path):
        assert len(block) < 2 * SAMPLE_RATE
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4e6  # five minutes are 19 MB


NUMBERS = {"s16": np.int16, "s32": np.int32, "u8": np.uint8, "flt": np.float32, "fltp": np.float32}


def write_sound(path, samples: np.ndarray, form: str, codec: str, layout: str = "stereo", rate: int = 44_100):
    """Write channels (C, N) of floats in a sample format."""
    kind = np.dtype(NUMBERS[form])
    middle = 128 if kind.kind == "u" else 0
    scaled = samples if kind.kind == "f" else samples * (2 ** (8 * kind.itemsize - 1) - 1) + middle
    values = scaled.astype(kind)
    with av.open(path, "w") as container:
        stream = container.add_stream(codec, rate=rate, layout=layout)
        planes = values if form.endswith("p") else np.ascontiguousarray(values.T).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(planes, format=form, layout=layout)
        frame.sample_rate = rate
        container.mux(stream.encode(frame) + stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("form", "codec", "name"),
    [("s16", "pcm_s16le", "a.wav"), ("flt", "pcm_f32le", "a.wav"), ("u8", "pcm_u8", "a.wav"),
     ("s32", "pcm_s32le", "a.wav"),
     ("fltp", "aac", "a.m4a"), ("s16", "flac", "a.flac"), ("fltp", "libmp3lame", "a.mp3")],
)  # fmt: skip
@pytest.mark.parametrize("share", [-1.0, -0.7])
def test_a_channel_upside_down_leaves_no_silence(tmp_path, form, codec, name, share):
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(2 * 44_100) / 44_100)
    path = write_sound(tmp_path / name, np.stack([tone, share * tone]), form, codec)
    assert np.abs(read_all(path)[2000:-2000]).max() > 0.4


def test_what_either_channel_says_is_heard(tmp_path):
    """The left one says one thing, the right one the same upside down and another."""
    times = np.arange(2 * 44_100) / 44_100
    low, high = (0.3 * np.sin(2 * np.pi * hertz * times) for hertz in (440, 1000))
    path = write_sound(tmp_path / "a.wav", np.stack([low, high - low]), "s16", "pcm_s16le")
    spectrum = np.abs(np.fft.rfft(read_all(path)[:SAMPLE_RATE])) / SAMPLE_RATE
    assert spectrum[440] > 0.1 and spectrum[1000] > 0.05


def test_a_hole_of_more_than_ten_minutes(tmp_path):
    path = make_media(
        tmp_path / "a.mp4", [grey(100)] * 71, range(0, 710, 10), sounds=[beep(2)], sound_start=700.0, sound_codec="aac"
    )
    sound = read_all(path)
    assert len(sound) == pytest.approx(702 * SAMPLE_RATE, abs=2000)
    assert not sound[: 699 * SAMPLE_RATE].any() and np.abs(sound[-SAMPLE_RATE:]).max() > 0.2


def write_packets(path, pace: float, *starts: float):
    """Write two seconds of a rising sound after each start, in frames whose times advance at this pace."""
    with av.open(path, "w") as container:
        stream = container.add_stream("pcm_s16le", rate=SAMPLE_RATE, layout="mono")
        ramp = np.linspace(0.1, 0.9, 2 * SAMPLE_RATE)
        for start in starts:
            for offset in range(0, len(ramp), 320):
                frame = av.AudioFrame.from_ndarray(
                    (ramp[None, offset : offset + 320] * 32_767).astype(np.int16), "s16", "mono"
                )
                frame.sample_rate = SAMPLE_RATE
                [packet] = stream.encode(frame)
                packet.pts = packet.dts = round((start + pace * offset / SAMPLE_RATE) / packet.time_base)
                container.mux(packet)
    return path


@pytest.mark.parametrize("pace", [0.8, 0.94, 1.0, 1.06, 1.3])
def test_samples_are_at_their_times_at_any_pace(tmp_path, pace):
    sound = read_all(write_packets(tmp_path / "a.mkv", pace, 0.0))
    assert len(sound) == pytest.approx(2 * pace * SAMPLE_RATE, abs=0.15 * SAMPLE_RATE)
    for second in (0.5 * pace, pace, 1.5 * pace):
        here = sound[round((second - 0.06) * SAMPLE_RATE) : round((second + 0.06) * SAMPLE_RATE)].max()
        assert here == pytest.approx(0.1 + 0.4 * second / pace, abs=0.07)


def test_a_little_jitter_changes_nothing(tmp_path):
    straight = read_all(write_packets(tmp_path / "a.mkv", 1.0, 0.0))
    assert np.array_equal(read_all(write_packets(tmp_path / "b.mkv", 1.01, 0.0)), straight)


TRACKS = {
    "silent": np.zeros(4 * SAMPLE_RATE),
    "speaks": beep(4),
    "speaks late": np.concatenate([np.zeros(4 * SAMPLE_RATE), beep(4)]),
}


@pytest.mark.parametrize(
    ("tracks", "chosen"),
    [
        ([("speaks", "", {}), ("speaks", "", {})], 0),
        ([("speaks", "", {}), ("speaks", "default", {})], 1),
        ([("silent", "default", {}), ("speaks", "", {})], 1),
        ([("silent", "visual_impaired", {}), ("speaks", "", {})], 1),
        ([("speaks", "visual_impaired", {}), ("speaks", "", {})], 1),
        ([("speaks", "comment", {}), ("speaks", "default", {})], 1),
        ([("speaks", "default", {"title": "Director's commentary"}), ("speaks", "", {"title": "English"})], 1),
        ([("speaks", "default", {"title": "Audiodescription"}), ("speaks", "", {})], 1),
        ([("silent", "", {}), ("speaks late", "", {})], 1),
        ([("speaks", "comment", {}), ("silent", "default", {})], 0),
        ([("silent", "", {}), ("silent", "default", {})], 1),
        ([("speaks", "comment", {})], 0),
    ],
)
def test_the_track_that_a_listener_would_choose(tmp_path, tracks, chosen):
    path = write_tracks(tmp_path / "a.mkv", *((TRACKS[sound], *others) for sound, *others in tracks))
    assert probe(path).audio.index == chosen
    assert bool(np.abs(read_all(path)).max() > 0.2) == (tracks[chosen][0] != "silent")
