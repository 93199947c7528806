"""Annotation files of public data sets, as docs/reference.md section 11 describes them.

A layout without a file for validation counts those clips as training, as is usual for MSR-VTT.
"""

from __future__ import annotations

import csv
import io
import json
import pickle
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any, Literal

from hearsight.research.soundstage.dataset_clip_names import (
    charades_name,
    didemo_name,
    lsmdc_name,
    msvd_name,
    vatex_name,
    youtube_name,
)

LayoutName = Literal["msrvtt", "vatex", "charades", "lsmdc", "didemo", "msvd", "activitynet"]

SPLIT_ABBREVIATIONS = {"train": "train", "validation": "val", "test": "test"}
CHARADES_COLUMNS = "id,subject,scene,quality,relevance,verified,script,objects,descriptions,actions,length"
LSMDC_FILES = {
    "train": "LSMDC16_annos_training.csv",
    "validation": "LSMDC16_annos_val.csv",
    "test": "LSMDC16_challenge_1000_publictect.csv",
}
MSRVTT_CAPTIONS, VATEX_CAPTIONS = 20, 10  # the most that a clip has
DIDEMO_SECONDS, DIDEMO_PIECES = 5, 6  # times are counted in pieces of a video
DIDEMO_ANNOTATORS = 4  # each gives the times at which a description is true


@dataclass(frozen=True)
class RenderedClip:
    """A clip of a rendered split, with what the files of public data sets contain.

    `number` counts within the split, `texts` are the captions or the one query, `spoken` is the true sentence, and
    `duration` is in seconds.
    """

    id: str
    split: str
    number: int
    path: Path
    texts: tuple[str, ...]
    spoken: str | None
    duration: float


Clips = Mapping[str, RenderedClip]  # by name in the data set: training first, then validation, then test


@dataclass(frozen=True)
class DatasetLayout:
    """The names and files of a data set.

    `name` returns the name of a clip, given the clip and its number among all clips. `media` returns the path of a
    video below the data set's folder, given its name. `annotations` returns the other files by name.
    """

    name: Callable[[RenderedClip, int], str]
    media: Callable[[str], str]
    annotations: Callable[[Clips], dict[str, bytes]]


def msrvtt(clips: Clips) -> dict[str, bytes]:
    """Write MSR-VTT's files. 7k is Soundstage's training split, 9k has validation too."""
    split = {"train": "train", "validation": "validate", "test": "test"}
    captions = [(name, text) for name, clip in clips.items() for text in spread(clip.texts, MSRVTT_CAPTIONS)]
    queries = [(name, text) for name, text in captions if clips[name].split == "test"]
    return {
        "MSRVTT_data.json": _json(
            {
                "videos": [{"video_id": name, "split": split[clip.split]} for name, clip in clips.items()],
                "sentences": [
                    {"video_id": name, "caption": text, "sen_id": number}
                    for number, (name, text) in enumerate(captions)
                ],
            }
        ),
        "MSRVTT_train.9k.csv": _csv(("video_id",), ([name] for name in _names_of(clips, "train", "validation"))),
        "MSRVTT_train.7k.csv": _csv(("video_id",), ([name] for name in _names_of(clips, "train"))),
        "MSRVTT_JSFUSION_test.csv": _csv(
            ("key", "vid_key", "video_id", "sentence"),
            ([f"ret{n}", name.replace("video", "msr"), name, text] for n, (name, text) in enumerate(queries)),
        ),
        "msrvtt10k_asr_text.json": _transcripts(clips),
    }


def vatex(clips: Clips) -> dict[str, bytes]:
    """Write VATEX's files as AVIGATE's program expects them."""
    return {
        "train_list.txt": _lines(_names_of(clips, "train", "validation")),
        "test_list.txt": _lines(_names_of(clips, "test")),
        "ref_captions.json": _json({name: spread(clip.texts, VATEX_CAPTIONS) for name, clip in clips.items()}),
        "vatex_asr_text.json": _transcripts(clips),
    }


def charades(clips: Clips) -> dict[str, bytes]:
    """Write Charades' files. A video has one script: clip n gets its nth caption. All captions are descriptions."""
    columns = CHARADES_COLUMNS.split(",")

    def row(name: str) -> list[str]:
        clip = clips[name]
        script = clip.texts[clip.number % len(clip.texts)]
        values = {
            "id": name,
            "verified": "Yes",
            "script": script,
            "descriptions": ";".join(clip.texts),
            "length": f"{clip.duration:.2f}",
        }
        return [values.get(column, "") for column in columns]

    return {
        "Charades_v1_train.csv": _csv(columns, map(row, _names_of(clips, "train", "validation"))),
        "Charades_v1_test.csv": _csv(columns, map(row, _names_of(clips, "test"))),
        "charades_asr_text.json": _transcripts(clips),
    }


def lsmdc(clips: Clips) -> dict[str, bytes]:
    """Write LSMDC's files with a line for each sentence. A training clip may have several, as in the real files."""

    def line(name: str, text: str) -> str:
        start, end = name.rpartition("_")[2].split("-")
        return "\t".join([name, start, end, start, end, text])

    return {
        file: _lines(line(name, text) for name in _names_of(clips, split) for text in clips[name].texts)
        for split, file in LSMDC_FILES.items()
    }


def didemo(clips: Clips) -> dict[str, bytes]:
    """Write DiDeMo's files. Every description is true of the entire video, and all annotators agree on its times."""
    rows: dict[str, list[dict[str, Any]]] = {split: [] for split in SPLIT_ABBREVIATIONS}
    captions = [(name, text) for name, clip in clips.items() for text in clip.texts]
    for number, (name, text) in enumerate(captions):
        last = min(ceil(clips[name].duration / DIDEMO_SECONDS), DIDEMO_PIECES) - 1
        times = [[0, last]] * DIDEMO_ANNOTATORS
        row = {"video": name, "description": text, "times": times, "annotation_id": number}
        rows[clips[name].split].append(row)
    return {f"{short}_list.txt": _lines(_names_of(clips, split)) for split, short in SPLIT_ABBREVIATIONS.items()} | {
        f"{short}_data.json": _json(rows[split]) for split, short in SPLIT_ABBREVIATIONS.items()
    }


def msvd(clips: Clips) -> dict[str, bytes]:
    """Write MSVD's files. Captions are lists of words; a comma stays with the word before it."""
    words = {name: [text.split() for text in clip.texts] for name, clip in clips.items()}
    return {f"{short}_list.txt": _lines(_names_of(clips, split)) for split, short in SPLIT_ABBREVIATIONS.items()} | {
        "raw-captions.pkl": pickle.dumps(words, protocol=2)
    }


def activitynet(clips: Clips) -> dict[str, bytes]:
    """Write ActivityNet's files. Papers test on val_1. Every sentence is true of the entire video."""

    def entry(clip: RenderedClip) -> dict[str, Any]:
        times = [[0.0, clip.duration]] * len(clip.texts)
        return {"duration": clip.duration, "timestamps": times, "sentences": clip.texts}

    return {
        "train.json": _json({name: entry(clips[name]) for name in _names_of(clips, "train", "validation")}),
        "val_1.json": _json({name: entry(clips[name]) for name in _names_of(clips, "test")}),
    }


LAYOUTS: dict[str, DatasetLayout] = {
    "msrvtt": DatasetLayout(lambda clip, number: f"video{number}", "videos/all/{}.mp4".format, msrvtt),
    "vatex": DatasetLayout(lambda clip, _: vatex_name(clip.id), "videos/{}.mp4".format, vatex),
    "charades": DatasetLayout(
        lambda clip, _: charades_name(clip.split, clip.number), "Charades_v1_480/{}.mp4".format, charades
    ),
    "lsmdc": DatasetLayout(
        lambda clip, _: lsmdc_name(clip.split, clip.number, clip.duration),
        lambda name: f"videos/{name.rpartition('_')[0]}/{name}.mp4",
        lsmdc,
    ),
    "didemo": DatasetLayout(lambda clip, _: didemo_name(clip.id), "videos/{}".format, didemo),
    "msvd": DatasetLayout(lambda clip, _: msvd_name(clip.id, clip.duration), "YouTubeClips/{}.mp4".format, msvd),
    "activitynet": DatasetLayout(lambda clip, _: f"v_{youtube_name(clip.id)}", "videos/{}.mp4".format, activitynet),
}


def spread(texts: tuple[str, ...], limit: int) -> list[str]:
    """Return at most `limit` of the texts: the first, the last, and others spread evenly between them."""
    if len(texts) <= limit:
        return list(texts)
    return [texts[number * (len(texts) - 1) // (limit - 1)] for number in range(limit)]


def _names_of(clips: Clips, *splits: str) -> list[str]:
    return [name for name, clip in clips.items() if clip.split in splits]


def _transcripts(clips: Clips) -> bytes:
    """Write transcripts in SAVE's format, with what is truly said. Clips without speech have no entry."""
    return _json([{"key": f"{name}.wav", "text": clip.spoken} for name, clip in clips.items() if clip.spoken])


def _json(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False).encode()


def _lines(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _csv(columns: Iterable[str], rows: Iterable[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([columns, *rows])
    return text.getvalue().encode()
