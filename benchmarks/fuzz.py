"""Indexes thousands of damaged files, and counts what becomes of them.

    python benchmarks/fuzz.py
    python benchmarks/fuzz.py --mutants 400 --formats mp4,srt --keep odd

Small files of each format are written and damaged: bits and bytes change, numbers in the headers become huge, blocks
are cut out, repeated, exchanged or taken from files of other formats. `hearsight index` reads them, a thousand to a
folder, as a process of its own. It must end by itself with status 0, or 1 if no file was good, and each file must be
either indexed, or among the failures, or counted as left out. Peak memory is that of the largest of its processes.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

import hearsight
from harness import machine, make_model, peak_bytes, print_results

FILES_A_RUN = 1_000
LONGEST_RUN = 3_600.0  # seconds; a file may take its limit of processor time
RATE, PICTURES_A_SECOND = 48_000, 25
HEADER = 2_048  # bytes in which numbers of headers are looked for
# Each format with its codecs of pictures and of sound.
MEDIA = {
    "mp4": ("libx264", "aac"), "mov": ("mpeg4", "pcm_s16le"), "mkv": ("libx264", "libopus"),
    "webm": ("libvpx-vp9", "libopus"), "avi": ("mpeg4", "libmp3lame"), "flv": ("flv", "aac"), "ts": ("libx264", "aac"),
    "mpg": ("mpeg1video", "mp2"), "vob": ("mpeg2video", "ac3"), "wmv": ("wmv2", "wmav2"), "3gp": ("mpeg4", "aac"),
    "mxf": ("mpeg2video", "pcm_s16le"), "nut": ("mpeg4", "flac"),
    "m2v": ("mpeg2video", ""), "h264": ("libx264", ""), "mjpeg": ("mjpeg", ""), "y4m": ("wrapped_avframe", ""),
    "wav": ("", "pcm_s16le"), "mp3": ("", "libmp3lame"), "flac": ("", "flac"), "ogg": ("", "flac"),
    "opus": ("", "libopus"), "m4a": ("", "aac"), "aac": ("", "aac"), "ac3": ("", "ac3"), "mp2": ("", "mp2"),
    "aiff": ("", "pcm_s16be"), "au": ("", "pcm_s16be"), "caf": ("", "pcm_s16be"), "wma": ("", "wmav2"),
    "w64": ("", "pcm_s16le"), "tta": ("", "tta"), "wv": ("", "wavpack"), "voc": ("", "pcm_u8"),
}  # fmt: skip
SUBTITLES = {
    "srt": "1\n00:00:00,100 --> 00:00:00,900\nA dog barks.\n\n2\n00:00:01,000 --> 00:00:01,500\nAnd it <i>runs</i>.\n",
    "vtt": "WEBVTT\n\n00:00.100 --> 00:00.900 align:start\nA dog <c>barks</c>.\n\n00:01.000 --> 00:01.500\nIt runs.\n",
    "ass": "[Script Info]\nScriptType: v4.00+\n\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, "
    "MarginV, Effect, Text\nDialogue: 0,0:00:00.10,0:00:00.90,Default,,0,0,0,,{\\i1}A dog{\\i0} barks.\n",
    "smi": "<SAMI><BODY><SYNC Start=100><P Class=ENCC>A dog barks.<SYNC Start=900><P Class=ENCC>&nbsp;</BODY></SAMI>",
    "sbv": "0:00:00.100,0:00:00.900\nA dog barks.\n\n0:00:01.000,0:00:01.500\nIt runs.\n",
}
PHOTOS = ("jpg", "png", "webp", "gif", "bmp", "tiff")


@dataclass
class Outcome:
    """What became of the mutants of a format."""

    mutants: int = 0
    indexed: int = 0
    failed: int = 0
    left_out: int = 0
    unaccounted: int = 0


@dataclass
class Total:
    """The outcomes by format, and those of the runs."""

    formats: dict[str, Outcome] = field(default_factory=dict)
    crashes: int = 0
    hangs: int = 0
    seconds: float = 0.0
    reasons: Counter[str] = field(default_factory=Counter)


def write_seed(path: Path, video: str, audio: str) -> bytes | None:
    """Write a file of a second; None where FFmpeg cannot write the format."""
    try:
        with av.open(str(path), "w") as container:
            streams = []
            if video:
                streams.append((container.add_stream(video, rate=PICTURES_A_SECOND), pictures))
            if audio:
                streams.append((container.add_stream(audio, rate=RATE, layout="mono", bit_rate=64_000), tones))
            for stream, frames in streams:
                for frame in frames(stream):
                    container.mux(stream.encode(frame))
                container.mux(stream.encode(None))
    except (av.FFmpegError, ValueError, OSError):
        path.unlink(missing_ok=True)
        return None
    return path.read_bytes()


def photo(form: str) -> bytes:
    data = io.BytesIO()
    gradient = np.linspace(0, 255, 64 * 48 * 3).astype(np.uint8).reshape(48, 64, 3)
    Image.fromarray(gradient).save(data, {"jpg": "jpeg"}.get(form, form))
    return data.getvalue()


def pictures(stream: av.VideoStream) -> Iterator[av.VideoFrame]:
    stream.width, stream.height = 64, 48
    stream.pix_fmt = "yuvj420p" if stream.codec.name == "mjpeg" else "yuv420p"
    for number in range(PICTURES_A_SECOND):
        picture = np.full((48, 64, 3), 6 * number, np.uint8)
        picture[number : number + 20, 10:40] = (200, 30, 5 * number)
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts, frame.time_base = number, Fraction(1, PICTURES_A_SECOND)
        yield frame.reformat(format=stream.pix_fmt)


def tones(stream: av.AudioStream) -> Iterator[av.AudioFrame]:
    samples = (9000 * np.sin(np.arange(RATE) * 0.06)).astype(np.int16)[None]
    resampler = av.AudioResampler(stream.format, stream.layout, stream.rate, frame_size=stream.frame_size or 1024)
    frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
    frame.sample_rate, frame.pts = RATE, 0
    yield from resampler.resample(frame)


def make_mutant(seed: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """Return a file with one to four kinds of damage."""
    data = bytearray(seed)
    for _ in range(rng.randint(1, 4)):
        damage = rng.choice(DAMAGES)
        damage(data, others, rng)
        if not data:
            data += seed[:1]
    return bytes(data)


def flip_bits(data: bytearray, others: list[bytes], rng: random.Random) -> None:
    for _ in range(rng.choice([1, 4, 64])):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def change_number(data: bytearray, others: list[bytes], rng: random.Random) -> None:
    """Write an extreme number where headers have theirs."""
    size = rng.choice([1, 2, 4, 8])
    value = rng.choice([0, 1, 0x7F, 0x80, 0xFF, 1 << (8 * size - 1), (1 << 8 * size) - 1, rng.getrandbits(8 * size)])
    start = rng.randrange(min(HEADER, len(data)))
    data[start : start + size] = (value % (1 << 8 * size)).to_bytes(size, rng.choice(["big", "little"]))


def cut_out(data: bytearray, others: list[bytes], rng: random.Random) -> None:
    start = rng.randrange(len(data))
    del data[start : start + rng.choice([1, 16, 512, len(data)])]


def repeat(data: bytearray, others: list[bytes], rng: random.Random) -> None:
    start = rng.randrange(len(data))
    block = data[start : start + rng.choice([4, 64, 2048])]
    data[start:start] = block * rng.choice([1, 2, 50])


def exchange(data: bytearray, others: list[bytes], rng: random.Random) -> None:
    size, first, second = rng.choice([4, 64, 1024]), rng.randrange(len(data)), rng.randrange(len(data))
    data[first : first + size], data[second : second + size] = data[second : second + size], data[first : first + size]


def splice(data: bytearray, others: list[bytes], rng: random.Random) -> None:
    other, start = rng.choice(others), rng.randrange(len(data))
    begin = rng.randrange(len(other))
    data[start : start + 512] = other[begin : begin + rng.choice([16, 512, 4096])]


def blank(data: bytearray, others: list[bytes], rng: random.Random) -> None:
    start = rng.randrange(len(data))
    end = min(len(data), start + rng.choice([8, 256, 4096]))
    data[start:end] = rng.choice([b"\0", b"\xff"]) * (end - start)


DAMAGES: list[Callable[[bytearray, list[bytes], random.Random], None]] = [
    flip_bits, change_number, change_number, cut_out, repeat, exchange, splice, blank,
]  # fmt: skip


def write_mutants(folder: Path, seeds: dict[str, bytes], numbers: range, rng: random.Random) -> dict[str, str]:
    """Write mutants, of one format after another, and return the format of each file by name."""
    formats, others = list(seeds), list(seeds.values())
    names = {}
    for number in numbers:
        form = formats[number % len(formats)]
        data = make_mutant(seeds[form], others, rng)
        if form in SUBTITLES:
            name = f"{number:06}-{form}.mkv"
            folder.joinpath(name).write_bytes(seeds["mkv"])
            folder.joinpath(name).with_suffix(f".{form}").write_bytes(data)
        else:
            name = f"{number:06}.{form}"
            folder.joinpath(name).write_bytes(data)
        names[name] = form
    return names


def index(folder: Path, model: Path, names: dict[str, str], total: Total) -> None:
    """Index a folder, and add what becomes of its files."""
    command = [sys.executable, "-m", "hearsight", "index", str(folder)]
    options = ["--model", model, "--recogniser", "none", "--json", "--quiet"]
    begun = time.monotonic()
    try:
        run = subprocess.run(command + options, capture_output=True, text=True, timeout=LONGEST_RUN)
    except subprocess.TimeoutExpired:
        total.hangs += 1
        return
    finally:
        total.seconds += time.monotonic() - begun
    if run.returncode not in (0, 1) or not run.stdout.strip():
        total.crashes += 1
        print(run.stderr[-2000:], file=sys.stderr)
        return
    report = json.loads(run.stdout)
    failed = {failure["path"]: failure["reason"] for failure in report["failed"]}
    total.reasons.update(reason.partition(";")[0] for reason in failed.values())
    indexed = {video.path for video in hearsight.Library.open(folder).searchable.store.snapshot().videos.values()}
    others = Counter({suffix.removeprefix("."): count for suffix, count in report["others"].items()})
    for name, form in names.items():
        outcome = total.formats.setdefault(form, Outcome())
        outcome.mutants += 1
        if name in indexed:
            outcome.indexed += 1
        elif name in failed:
            outcome.failed += 1
        elif others[form]:
            others[form] -= 1
            outcome.left_out += 1
        else:
            outcome.unaccounted += 1
            print(f"{name} is neither indexed nor failed nor left out", file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutants", type=int, default=10_000)
    parser.add_argument("--formats", help="some of them, separated by commas")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="a folder for the mutants")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    chosen = set(options.formats.split(",")) if options.formats else {*MEDIA, *SUBTITLES, *PHOTOS}

    hardware, rng, total = machine(), random.Random(options.seed), Total()
    with tempfile.TemporaryDirectory() as temporary:
        root = options.keep or Path(temporary)
        root.mkdir(exist_ok=True)
        make_model(root / "model", "clip4clip", "tiny")
        written = {form: write_seed(root / f"seed.{form}", *codecs) for form, codecs in MEDIA.items()}
        seeds = {form: data for form, data in written.items() if data and form in chosen | {"mkv"}}
        seeds |= {form: text.encode() for form, text in SUBTITLES.items() if form in chosen}
        seeds |= {form: photo(form) for form in PHOTOS if form in chosen}
        for first in range(0, options.mutants, FILES_A_RUN):
            folder = root / f"{first:06}"
            folder.mkdir()
            numbers = range(first, min(first + FILES_A_RUN, options.mutants))
            index(folder, root / "model", write_mutants(folder, seeds, numbers, rng), total)
    peak = peak_bytes(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
    rows = [
        {"format": form, **{name: str(count) for name, count in vars(outcome).items()}}
        for form, outcome in sorted(total.formats.items())
    ]
    runs = {
        "formats": len(rows), "mutants": options.mutants, "crashes": total.crashes, "hangs": total.hangs,
        "unaccounted": sum(outcome.unaccounted for outcome in total.formats.values()),
        "seconds": round(total.seconds), "peak memory, MB": round(peak / 1e6),
    }  # fmt: skip
    reasons = [{"reason": reason, "files": str(count)} for reason, count in total.reasons.most_common(20)]
    result = {"runs": runs, "formats": rows, "reasons": reasons}
    print_results(
        hardware,
        [("by format", rows), ("reasons", reasons), ("all", [{name: str(count) for name, count in runs.items()}])],
        result,
        options.json,
    )


if __name__ == "__main__":
    main()
