"""From plans to MP4 files (H.264 and AAC) with a manifest: in parallel, resumable, and the same bytes every time."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import av
import numpy as np

from hearsight.errors import HearsightError
from hearsight.research.soundstage.backgrounds import HEIGHT, WIDTH
from hearsight.research.soundstage.captions import captions
from hearsight.research.soundstage.facts import facts
from hearsight.research.soundstage.icons import sprite
from hearsight.research.soundstage.plans import EXAMINED, Plan, plan
from hearsight.research.soundstage.queries import as_row, demo_queries, split_queries
from hearsight.research.soundstage.scenes import Scene, draw
from hearsight.research.soundstage.soundtrack import soundtrack
from hearsight.research.soundstage.splits import SPLITS
from hearsight.research.soundstage.synthesis import SAMPLE_RATE
from hearsight.research.soundstage.versions import versions
from hearsight.research.soundstage.voices import find_flite
from hearsight.util.atomic import atomic_file, write_atomic

SIZES = {
    "standard": {"train": 3000, "validation": 300, "test": 1000, "demo": 30},
    "mini": {"train": 72, "validation": 24, "test": 40, "demo": 30},
}
FRAMES_A_SECOND = 8
VERSION = 3  # of what a seed stands for; a folder of another version is not continued

Progress = Callable[[int, int], None]


def render(
    folder: Path,
    split: str,
    count: int,
    seed: int = 0,
    workers: int = 2,
    progress: Progress | None = None,
) -> Path:
    """Render a split into a folder of its own and return its manifest (JSON lines, one a clip).

    Interrupted, it goes on where it stopped: clips that exist are kept. soundstage.json says what the folder holds,
    and the versions of all that made it. The demonstration gets queries.jsonl too.
    progress is called with the number of finished clips and of all clips.
    Raises HearsightError for an unknown split, a folder that holds other clips, and missing flite or font.
    """
    known = next((name for name in SPLITS if name == split), None)
    if known is None:
        raise HearsightError(f"cannot render split {split!r}: no such split; use one of {', '.join(SPLITS)}")
    find_flite()
    sprite("dog")
    content = {"split": split, "seed": seed, "version": VERSION}
    claim(folder, {**content, "count": count} if known in EXAMINED else content)
    plans = plan(known, count, seed)
    missing = [one for one in plans if not clip_path(folder, one).exists()]
    done = len(plans) - len(missing)
    if progress:
        progress(done, len(plans))
    with ProcessPoolExecutor(max(1, workers), mp_context=get_context("spawn")) as pool:
        for number, _ in enumerate(pool.map(partial(render_clip, folder), missing, chunksize=4), start=done + 1):
            if progress:
                progress(number, len(plans))
    if split == "demo":
        write_lines(folder / "queries.jsonl", demo_queries(plans))
    if known in EXAMINED:
        told = [[query] for query in split_queries(plans, seed)]
    else:
        told = [[as_row(each) for each in captions(one.scene)] for one in plans]
    return write_lines(
        folder / "manifest.jsonl", [manifest_row(folder, *each) for each in zip(plans, told, strict=True)]
    )


def claim(folder: Path, content: dict[str, Any]) -> None:
    """Note in the folder what it holds, or refuse to mix; other versions of libraries are added to the note."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "soundstage.json"
    note = json.loads(path.read_text()) if path.exists() else {**content, "made_with": []}
    held = {key: value for key, value in note.items() if key != "made_with"}
    if held != content:
        raise HearsightError(f"cannot render into {folder}: it holds clips of {json.dumps(held)}; use an empty folder")
    if (current := versions()) not in note["made_with"]:
        note["made_with"].append(current)
        write_atomic(path, json.dumps(note, indent=2) + "\n")


def clip_path(folder: Path, one: Plan) -> Path:
    return folder / f"{one.id}.mp4"


def render_clip(folder: Path, one: Plan) -> None:
    """Write one clip; it has its name only when it is complete."""
    with atomic_file(clip_path(folder, one)) as part:
        write_mp4(part, one.scene)


def write_mp4(path: Path, scene: Scene) -> None:
    """Encode a scene: 320 x 240 at 8 frames a second, mono sound at 16 kHz, about 70 kB."""
    exact = {"fflags": "+bitexact", "movflags": "+faststart"}
    with av.open(str(path), "w", format="mp4", options=exact) as file:
        video = file.add_stream("libx264", rate=FRAMES_A_SECOND)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        # x264's assembly, AVX2 and later, now and then encodes the same frames differently; its C code never does.
        video.options = {"crf": "22", "preset": "veryfast", "threads": "1", "x264-params": "asm=0"}
        audio = file.add_stream("aac", rate=SAMPLE_RATE, layout="mono")
        audio.bit_rate = 48_000
        times = np.arange(0, scene.duration, 1 / FRAMES_A_SECOND).tolist()
        for picture in draw(scene, times):
            file.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        file.mux(video.encode(None))
        sound = av.AudioFrame.from_ndarray(soundtrack(scene)[None], format="fltp", layout="mono")
        sound.sample_rate = SAMPLE_RATE
        file.mux(audio.encode(sound))
        file.mux(audio.encode(None))


def manifest_row(folder: Path, one: Plan, told: list[dict[str, Any]]) -> dict[str, Any]:
    """What is known of a clip; path is relative to the manifest. told: its captions, or its one query."""
    scene = one.scene
    return {
        "id": one.id,
        "path": clip_path(folder, one).name,
        "split": one.split,
        "captions": told,
        "spoken": scene.speech.sentence.text if scene.speech else None,
        "twin": {"group": one.twin.group, "differs": one.twin.differs} if one.twin else None,
        "facts": sorted(facts(scene)),
        "distraction": distraction_row(scene),
        "scene": scene.as_json(),
    }


def distraction_row(scene: Scene) -> dict[str, Any] | None:
    """What distracts, and how much louder than the sound event it is, in dB; None for either that is not there."""
    if not scene.distraction:
        return None
    louder = round(scene.distraction.level - scene.sound.level, 1) if scene.sound else None
    return {"name": scene.distraction.name, "over_event": louder}


def write_lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Write JSON lines."""
    write_atomic(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return path
