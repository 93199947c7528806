"""What a stranger may send, and what becomes of it."""

import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from hearsight.errors import HearsightError
from hearsight.media import example as example_module
from hearsight.media.example import decode_example
from hearsight.media.probe import probe
from hearsight.media.sandbox import Limits
from hearsight.models.preprocess import read_clips
from hearsight.speech.transcript import Transcript
from hearsight.types import Clip
from tests.builders import tiny_model
from tests.media_files import beep, grey, level_of, make_media

ADVICE = "use a picture, a sound or a short video"


@pytest.fixture(autouse=True)
def nothing_left_behind(tmp_path, monkeypatch):
    """No test leaves a temporary file or a process."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    started = []

    class Watched(subprocess.Popen):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Watched)
    yield
    assert list(folder.iterdir()) == []
    assert all(process.returncode is not None for process in started)


@pytest.fixture
def instead(monkeypatch):
    """Runs this Python text in place of the decoder; its argument is the decoder's."""

    def run(text: str) -> None:
        monkeypatch.setattr(example_module, "PROGRAM", (sys.executable, "-c", text))

    return run


def refused(path: Path, reason: str, **limits) -> None:
    path.touch()
    with pytest.raises(HearsightError, match=f"^cannot read the example: {reason}; {ADVICE}$"):
        decode_example(path, 6, [16_000], limits=Limits(**limits))


def two_colours(width: int, height: int) -> Image.Image:
    """Red above, blue below."""
    picture = Image.new("RGB", (width, height), (250, 0, 0))
    picture.paste((0, 0, 250), (0, height // 2, width, height))
    return picture


def is_two_colours(picture: np.ndarray) -> bool:
    half = len(picture) // 2
    expected = [[250, 0, 0], [0, 0, 250]]
    return np.allclose([picture[: half - 8].mean((0, 1)), picture[half + 8 :].mean((0, 1))], expected, atol=4)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".bmp", ".avif", ".gif"])
@pytest.mark.parametrize(("size", "side"), [((900, 600), 384), ((101, 80), 80)])
def test_pictures(tmp_path, suffix, size, side):
    path = tmp_path / f"a{suffix}"
    two_colours(*size).save(path)
    decoded = decode_example(path, 6, [16_000])
    assert [frame.shape for frame in decoded.frames] == [(side, side, 3)]
    assert decoded.frames[0].dtype == np.uint8 and is_two_colours(decoded.frames[0])
    assert decoded.sounds == {}


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_a_picture_is_turned_upright(tmp_path, suffix):
    turned = Image.Exif()
    turned[0x112] = 6  # to be shown a quarter turn clockwise
    two_colours(200, 120).transpose(Image.Transpose.ROTATE_90).save(tmp_path / f"a{suffix}", exif=turned)
    assert is_two_colours(decode_example(tmp_path / f"a{suffix}", 6, []).frames[0])


def test_a_transparent_picture_is_on_white(tmp_path):
    Image.new("RGBA", (40, 40), (0, 0, 0, 0)).save(tmp_path / "a.png")
    assert (decode_example(tmp_path / "a.png", 6, []).frames[0] == 255).all()


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png"])
def test_an_animation_is_its_first_picture(tmp_path, suffix):
    first, *later_frames = [Image.new("RGB", (60, 40), colour) for colour in ("white", "black", "black")]
    first.save(tmp_path / f"a{suffix}", save_all=True, append_images=later_frames)
    (frame,) = decode_example(tmp_path / f"a{suffix}", 6, []).frames
    assert level_of(frame) == 260  # 255, to the nearest ten


@pytest.mark.parametrize(
    ("name", "codec"), [("a.wav", "pcm_s16le"), ("a.mp3", "libmp3lame"), ("a.ogg", "libopus"), ("a.flac", "flac")]
)
def test_sounds(tmp_path, name, codec):
    path = make_media(tmp_path / name, sounds=[beep(2)], sound_codec=codec)
    decoded = decode_example(path, 6, [16_000])
    assert decoded.frames == [] and decoded.sounds[16_000].dtype == np.float32
    assert len(decoded.sounds[16_000]) == pytest.approx(32_000, abs=2000)
    assert np.abs(decoded.sounds[16_000]).max() == pytest.approx(0.5, abs=0.1)


def test_sound_at_several_rates(tmp_path):
    path = make_media(tmp_path / "a.mkv", [grey(20)] * 20, sounds=[beep(2)])
    decoded = decode_example(path, 3, [48_000, 4000])
    assert len(decoded.frames) == 2 and decoded.sounds.keys() == {4000, 48_000}
    assert [len(decoded.sounds[rate]) / rate for rate in (4000, 48_000)] == pytest.approx([2, 2], abs=0.1)


def test_the_largest_example_fits(tmp_path):
    path = make_media(
        tmp_path / "a.mkv", [grey(i, 800, 600) for i in range(64)], [i / 2 for i in range(64)], [beep(32)]
    )
    decoded = decode_example(path, 64, [16_000, 48_000, 96_000])
    assert decoded.frames[0].shape == (384, 384, 3) and len(decoded.sounds[96_000]) == 30 * 96_000


def test_videos(tmp_path):
    greys = [grey(20 + 4 * i, 640, 480) for i in range(50)]
    path = make_media(tmp_path / "a.mp4", greys, sounds=[beep(5)], sound_codec="aac")
    decoded = decode_example(path, 3, [16_000])
    assert [frame.shape for frame in decoded.frames] == [(384, 384, 3)] * 3
    assert [level_of(frame) for frame in decoded.frames] == [20, 100, 180]  # at 0, 2 and 4 s
    assert len(decoded.sounds[16_000]) == pytest.approx(80_000, abs=2000)
    assert decode_example(path, 3, []).sounds == {}


def test_only_the_first_half_minute_is_used(tmp_path):
    path = make_media(tmp_path / "a.mkv", [grey(5 * i) for i in range(41)], range(41), [beep(41)])
    decoded = decode_example(path, 64, [16_000])
    assert len(decoded.frames) == 30 and level_of(decoded.frames[-1]) == 140
    assert len(decoded.sounds[16_000]) == 30 * 16_000


def test_model_inputs_equal_those_of_a_clip(tmp_path):
    random = np.random.default_rng(0)
    pictures = [
        np.asarray(Image.fromarray(random.integers(0, 255, (6, 8, 3), np.uint8)).resize((800, 600))) for _ in range(12)
    ]
    path = make_media(tmp_path / "a.mkv", pictures, [i / 4 for i in range(12)], [beep(2, silence_before=1)])
    model = tiny_model(tmp_path / "model")
    ((expected, _),) = read_clips(probe(path), [Clip(path, 0.0, 3.0)], Transcript((), "none", None), model)
    example = decode_example(path, model.config.frames, [16_000])
    inputs = model.prepare(example.frames, example.sounds[16_000], "")
    assert inputs.frame_mask.tolist() == expected.frame_mask.tolist() == [True] * 3 + [False] * 3
    assert (inputs.pixel_values - expected.pixel_values).abs().mean() < 0.03  # of a range of about 4
    assert torch.equal(inputs.filterbank, expected.filterbank)
    assert torch.equal(inputs.speech_ids, expected.speech_ids)
    assert inputs.has_audio and not inputs.has_speech


def test_a_sound_for_a_model_without_audio(tmp_path):
    path = make_media(tmp_path / "a.wav", sounds=[beep(1)])
    with pytest.raises(HearsightError, match="contains nothing that the model can see or hear"):
        decode_example(path, 6, [])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty.*"),
        (b"These are the minutes of a meeting.\n" * 50, "damaged, or not a picture"),
        (b"1\n00:00:01,000 --> 00:00:02,000\nhello\n", "damaged, or not a picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><image href='/etc/passwd'/></svg>", "damaged, or not .*"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, "damaged, or not .*"),
        (b"GIF89a", "damaged, or not .*"),
        (b"BM" + b"\xff" * 60, "the picture is damaged, or .*"),
    ],
)
def test_files_of_other_kinds(tmp_path, content, reason):
    path = tmp_path / "a.png"
    path.write_bytes(content)
    refused(path, reason)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".mp4"])
def test_truncated_files(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8)
    if suffix == ".mp4":
        make_media(path, [noise] * 10)
    else:
        Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    refused(path, "(the picture is )?damaged, or .*")


def png(width: int, height: int, rows: int) -> bytes:
    """A PNG that says it is so large, with so many rows of it."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checked = kind + content
        return len(content).to_bytes(4, "big") + checked + zlib.crc32(checked).to_bytes(4, "big")

    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([1, 0, 0, 0, 0])
    pixels = zlib.compress(bytes(rows * (1 + (width + 7) // 8)), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(60_000, 60_000), (2**31 - 1, 2**31 - 1), (2**31 - 1, 1)])
def test_a_picture_that_claims_to_be_huge(tmp_path, size):
    path = tmp_path / "a.png"
    path.write_bytes(png(*size, rows=1))
    refused(path, "it is too large")


def test_a_picture_that_is_too_large_for_the_memory(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(png(13_000, 13_000, rows=13_000))
    assert decode_example(path, 6, []).frames[0].shape == (384, 384, 3)
    refused(path, "it is too large", memory=400 << 20)


def test_a_video_that_is_too_large_for_the_memory(tmp_path):
    path = make_media(tmp_path / "a.mkv", [grey(100, 4000, 4000)])
    assert len(decode_example(path, 6, []).frames) == 1
    with pytest.raises(HearsightError, match=f"^cannot read the example: .*; {ADVICE}$"):
        decode_example(path, 6, [], limits=Limits(memory=300 << 20))


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{name}\n#EXT-X-ENDLIST\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{path}\n",
        "ffconcat version 1.0\nfile {name}\n",
        "ffconcat version 1.0\nfile 'file:{path}'\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n",
        "concat:{path}|{path}",
    ],
)
@pytest.mark.parametrize("name", ["a.m3u8", "a.ffconcat", "a.sdp", "a.mp4"])
def test_an_example_cannot_include_another_file(tmp_path, text, name):
    other = make_media(tmp_path / "other.ts", [grey(100)] * 20)
    (tmp_path / name).write_text(text.format(name=other.name, path=other))
    refused(tmp_path / name, "damaged, or not a video or sound file")


def test_the_time_limit(tmp_path, instead):
    """Of one that would take for ever, and has a process of its own besides."""
    path = tmp_path / "a.png"
    instead(
        "import json, pathlib, subprocess, sys, time\n"
        "other = subprocess.Popen(['sleep', '60'])\n"
        "pathlib.Path(json.loads(sys.argv[1])['path']).write_text(str(other.pid))\n"
        "time.sleep(60)"
    )
    before = time.monotonic()
    refused(path, "it takes too long to decode", seconds=2.0)
    assert time.monotonic() - before < 10
    assert _ended(int(path.read_text()))


def _ended(process: int) -> bool:
    """Whether a process that was killed is gone within two seconds, or waits for init to bury it."""
    for _ in range(20):
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state in "ZX":
            return True
        time.sleep(0.1)
    return False


def test_the_cpu_limit(tmp_path, instead):
    instead(
        "import itertools, sys\n"
        "from hearsight.media import sandbox\n"
        "sandbox.decode_file = lambda *given: sum(itertools.count())\n"
        "sys.exit(sandbox.main())"
    )
    refused(tmp_path / "a.png", "it is damaged, or takes too much time or memory to decode", cpu=1)


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), signal.SIGSEGV)", "os.abort()", "sys.exit(1)", "1 / 0"])
def test_a_decoder_that_crashes(tmp_path, instead, end):
    instead(f"import os, signal, sys; print('1 2 3', flush=True); {end}")
    refused(tmp_path / "a.png", "it is damaged, or takes too much time or memory to decode")


@pytest.mark.parametrize(
    ("head", "bytes"),
    [
        ("", 0),
        ("1 2", 0),
        ("a b c", 0),
        ("1 2 0", 11),
        ("1 2 0", 13),
        ("-1 2 3", 0),
        ("7 1 0", 21),  # one picture more than asked for
        ("1 385 0", 385 * 385 * 3),
        ("0 0 480001", 480001 * 4),
        ("99999999999999999999 1 1", 0),
    ],
)
def test_implausible_output_of_the_decoder(tmp_path, instead, head, bytes):
    instead(f"print('{head}'); print({bytes} * 'x', end='')")
    refused(tmp_path / "a.png", "it is damaged")


def test_reasons_are_one_printable_line(tmp_path, instead):
    instead("import sys; print('\\33[2J<script>\\n' * 1000); sys.exit(3)")
    refused(tmp_path / "a.png", "it is damaged")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(HearsightError, match=r"^cannot read .*a\.png: No such file or directory; give a file that can"):
        decode_example(tmp_path / "a.png", 6, [])


def test_the_limits_of_the_process(tmp_path, instead):
    """Once it is confined it opens no more files, writes no more than an answer, and knows nothing of the parent's."""
    path = tmp_path / "a.txt"
    path.touch()
    instead(
        "import json, os, socket, sys\n"
        "from hearsight.media.sandbox import EXIT_REFUSED, MAX_OUTPUT_BYTES, confine\n"
        "told = set(os.environ) - {'PYTHONPATH', 'OPENBLAS_NUM_THREADS', 'LC_CTYPE'}\n"
        "report = open(json.loads(sys.argv[1])['path'], 'w')\n"
        "confine(2 << 30, 20)\n"
        "held = []\n"
        "for attempt in (lambda: held.append(open('/etc/passwd')), lambda: held.append(socket.socket())) * 3:\n"
        "    try: attempt()\n"
        "    except OSError: print('refused', file=report)\n"
        "try: os.truncate(1, MAX_OUTPUT_BYTES + 1)\n"
        "except OSError: print('full', file=report)\n"
        "print(len(held), told, file=report)\n"
        "report.close(); sys.exit(EXIT_REFUSED)"
    )
    refused(path, "")
    assert path.read_text().split("\n")[:-1] == ["refused"] * 5 + ["full", "1 set()"]


def test_the_decoder_starts_without_torch():
    program = (
        "import sys, hearsight.media.sandbox; print(sorted({'torch', 'transformers', 'lancedb'} & {*sys.modules}))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
