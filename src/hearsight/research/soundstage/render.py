"""Renders planned clips as MP4 files (H.264 and AAC) with a manifest: resumable, and the same bytes every time."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np

from hearsight.errors import HearsightError
from hearsight.research.soundstage.backgrounds import HEIGHT, WIDTH
from hearsight.research.soundstage.captions import scene_captions
from hearsight.research.soundstage.clip_plans import QUERY_SPLITS, PlannedClip, plan_clips
from hearsight.research.soundstage.facts import scene_facts
from hearsight.research.soundstage.icons import sprite
from hearsight.research.soundstage.queries import caption_row, demo_queries, split_queries
from hearsight.research.soundstage.scenes import Scene, draw_frames
from hearsight.research.soundstage.soundtrack import soundtrack
from hearsight.research.soundstage.splits import SPLITS
from hearsight.research.soundstage.synthesis import SAMPLE_RATE
from hearsight.research.soundstage.text_to_speech import find_flite
from hearsight.research.soundstage.tool_versions import tool_versions
from hearsight.util.atomic import atomic_file, write_atomic
from hearsight.util.parallel import parallel_map

SIZES = {
    "standard": {"train": 3000, "validation": 300, "test": 1000, "demo": 30},
    "mini": {"train": 72, "validation": 24, "test": 40, "demo": 30},
}
FRAMES_PER_SECOND = 8
VERSION = 3  # goes up when a seed gives other clips; a folder with another version is not continued

Progress = Callable[[int, int], None]


def render(
    folder: Path,
    split: str,
    count: int,
    seed: int = 0,
    workers: int = 2,
    progress: Progress | None = None,
) -> Path:
    """Render a split into a folder of its own and return the path of its manifest (JSON lines, one per clip).

    An interrupted run can be continued: clips that exist are kept. soundstage.json records what the folder holds and
    the versions of the tools that made it. The demo gets queries.jsonl too.
    `progress` is called with the number of finished clips and of all clips.
    Raises HearsightError for an unknown split, a folder that holds other clips, and a missing flite or font.
    """
    split_name = next((name for name in SPLITS if name == split), None)
    if split_name is None:
        raise HearsightError(f"cannot render split {split!r}: no such split; use one of {', '.join(SPLITS)}")
    find_flite()
    sprite("dog")
    content = {"split": split, "seed": seed, "version": VERSION}
    claim_folder(folder, {**content, "count": count} if split_name in QUERY_SPLITS else content)
    clips = plan_clips(split_name, count, seed)
    missing = [clip for clip in clips if not clip_path(folder, clip).exists()]
    done = len(clips) - len(missing)
    if progress:
        progress(done, len(clips))
    with closing(parallel_map(partial(render_clip, folder), missing, workers, chunk=4)) as rendered:
        for number, _ in enumerate(rendered, start=done + 1):
            if progress:
                progress(number, len(clips))
    if split == "demo":
        write_lines(folder / "queries.jsonl", demo_queries(clips))
    if split_name in QUERY_SPLITS:
        texts = [[query] for query in split_queries(clips, seed)]
    else:
        texts = [[caption_row(caption) for caption in scene_captions(clip.scene)] for clip in clips]
    rows = [manifest_row(folder, clip, captions) for clip, captions in zip(clips, texts, strict=True)]
    return write_lines(folder / "manifest.jsonl", rows)


def claim_folder(folder: Path, content: dict[str, Any]) -> None:
    """Record in the folder what it holds, with the versions of all tools that were used.

    Raises HearsightError if it holds other clips.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "soundstage.json"
    record = json.loads(path.read_text()) if path.exists() else {**content, "made_with": []}
    existing = {key: value for key, value in record.items() if key != "made_with"}
    if existing != content:
        raise HearsightError(
            f"cannot render into {folder}: it holds clips of {json.dumps(existing)}; use an empty folder"
        )
    if (current := tool_versions()) not in record["made_with"]:
        record["made_with"].append(current)
        write_atomic(path, json.dumps(record, indent=2) + "\n")


def clip_path(folder: Path, clip: PlannedClip) -> Path:
    return folder / f"{clip.id}.mp4"


def render_clip(folder: Path, clip: PlannedClip) -> None:
    """Write one clip, which gets its name only when it is complete."""
    with atomic_file(clip_path(folder, clip)) as part:
        write_mp4(part, clip.scene)


def write_mp4(path: Path, scene: Scene) -> None:
    """Encode a scene: 320 x 240 at 8 frames per second, mono sound at 16 kHz, about 70 kB."""
    options = {"fflags": "+bitexact", "movflags": "+faststart"}
    with av.open(str(path), "w", format="mp4", options=options) as file:
        video = file.add_stream("libx264", rate=FRAMES_PER_SECOND)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        # x264's assembly for AVX2 and later sometimes encodes the same frames differently. Its C code never does.
        video.options = {"crf": "22", "preset": "veryfast", "threads": "1", "x264-params": "asm=0"}
        audio = file.add_stream("aac", rate=SAMPLE_RATE, layout="mono")
        audio.bit_rate = 48_000
        times = np.arange(0, scene.duration, 1 / FRAMES_PER_SECOND).tolist()
        for picture in draw_frames(scene, times):
            file.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        file.mux(video.encode(None))
        sound = av.AudioFrame.from_ndarray(soundtrack(scene)[None], format="fltp", layout="mono")
        sound.sample_rate = SAMPLE_RATE
        file.mux(audio.encode(sound))
        file.mux(audio.encode(None))


def manifest_row(folder: Path, clip: PlannedClip, captions: list[dict[str, Any]]) -> dict[str, Any]:
    """Return all that is known about a clip. `captions` are its captions, or its one query."""
    scene = clip.scene
    return {
        "id": clip.id,
        "path": clip_path(folder, clip).name,  # relative to the manifest
        "split": clip.split,
        "captions": captions,
        "spoken": scene.speech.sentence.text if scene.speech else None,
        "twin": {"group": clip.family.name, "differs": clip.family.difference} if clip.family else None,
        "facts": sorted(scene_facts(scene)),
        "distraction": distraction_row(scene),
        "scene": scene.to_dict(),
    }


def distraction_row(scene: Scene) -> dict[str, Any] | None:
    """Return the name of the distraction and its level over the sound event in dB; None if there is none."""
    if not scene.distraction:
        return None
    level = round(scene.distraction.level - scene.sound.level, 1) if scene.sound else None
    return {"name": scene.distraction.name, "over_event": level}


def write_lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Write JSON lines."""
    write_atomic(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return path
