"""The annotation files of the field's data sets, as docs/reference.md section 11 has them.

A layout without a file for validation has its clips in training, as the field does with MSR-VTT's.
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

from hearsight.research.soundstage import names

LayoutName = Literal["msrvtt", "vatex", "charades", "lsmdc", "didemo", "msvd", "activitynet"]

SHORT = {"train": "train", "validation": "val", "test": "test"}
CHARADES_HEAD = "id,subject,scene,quality,relevance,verified,script,objects,descriptions,actions,length"
LSMDC_FILES = {
    "train": "LSMDC16_annos_training.csv",
    "validation": "LSMDC16_annos_val.csv",
    "test": "LSMDC16_challenge_1000_publictect.csv",
}
MSRVTT_CAPTIONS, VATEX_CAPTIONS = 20, 10  # the most that a clip has
DIDEMO_SECONDS, DIDEMO_PIECES = 5, 6  # times are counted in pieces of a video
DIDEMO_PEOPLE = 4  # who each say when a description is true


@dataclass(frozen=True)
class Rendered:
    """A clip of a rendered split, as far as the field's data sets can tell of one.

    number: its place in the split. texts: its captions, or its one query. spoken: the true sentence. duration: seconds.
    """

    id: str
    split: str
    number: int
    path: Path
    texts: tuple[str, ...]
    spoken: str | None
    duration: float


Clips = Mapping[str, Rendered]  # by their names in the data set: training first, then validation, then the test


@dataclass(frozen=True)
class Layout:
    """name: of a clip and its place among all. media: of a name, the video's path below the data set's folder.
    annotations: the other files by name.
    """

    name: Callable[[Rendered, int], str]
    media: Callable[[str], str]
    annotations: Callable[[Clips], dict[str, bytes]]


def msrvtt(clips: Clips) -> dict[str, bytes]:
    """7k is Soundstage's training, 9k has its validation too. A test's key has the number of its video."""
    split = {"train": "train", "validation": "validate", "test": "test"}
    told = [(name, text) for name, clip in clips.items() for text in evenly(clip.texts, MSRVTT_CAPTIONS)]
    asked = [(name, text) for name, text in told if clips[name].split == "test"]
    return {
        "MSRVTT_data.json": _json(
            {
                "videos": [{"video_id": name, "split": split[clip.split]} for name, clip in clips.items()],
                "sentences": [
                    {"video_id": name, "caption": text, "sen_id": number} for number, (name, text) in enumerate(told)
                ],
            }
        ),
        "MSRVTT_train.9k.csv": _csv(("video_id",), ([name] for name in _of(clips, "train", "validation"))),
        "MSRVTT_train.7k.csv": _csv(("video_id",), ([name] for name in _of(clips, "train"))),
        "MSRVTT_JSFUSION_test.csv": _csv(
            ("key", "vid_key", "video_id", "sentence"),
            ([f"ret{n}", name.replace("video", "msr"), name, text] for n, (name, text) in enumerate(asked)),
        ),
        "msrvtt10k_asr_text.json": _transcripts(clips),
    }


def vatex(clips: Clips) -> dict[str, bytes]:
    """As AVIGATE lays it out."""
    return {
        "train_list.txt": _lines(_of(clips, "train", "validation")),
        "test_list.txt": _lines(_of(clips, "test")),
        "ref_captions.json": _json({name: evenly(clip.texts, VATEX_CAPTIONS) for name, clip in clips.items()}),
        "vatex_asr_text.json": _transcripts(clips),
    }


def charades(clips: Clips) -> dict[str, bytes]:
    """A video has one script, so captions take turns from clip to clip; all of them are descriptions."""
    head = CHARADES_HEAD.split(",")

    def row(name: str) -> list[str]:
        clip = clips[name]
        script = clip.texts[clip.number % len(clip.texts)]
        told = {
            "id": name,
            "verified": "Yes",
            "script": script,
            "descriptions": ";".join(clip.texts),
            "length": f"{clip.duration:.2f}",
        }
        return [told.get(column, "") for column in head]

    return {
        "Charades_v1_train.csv": _csv(head, map(row, _of(clips, "train", "validation"))),
        "Charades_v1_test.csv": _csv(head, map(row, _of(clips, "test"))),
        "charades_asr_text.json": _transcripts(clips),
    }


def lsmdc(clips: Clips) -> dict[str, bytes]:
    """A line for each sentence: in training, as in the real files, a clip may have several."""

    def line(name: str, text: str) -> str:
        start, end = name.rpartition("_")[2].split("-")
        return "\t".join([name, start, end, start, end, text])

    return {
        file: _lines(line(name, text) for name in _of(clips, split) for text in clips[name].texts)
        for split, file in LSMDC_FILES.items()
    }


def didemo(clips: Clips) -> dict[str, bytes]:
    """Every description holds for the whole video, and all who were asked for its times agree."""
    rows: dict[str, list[dict[str, Any]]] = {split: [] for split in SHORT}
    told = [(name, text) for name, clip in clips.items() for text in clip.texts]
    for number, (name, text) in enumerate(told):
        last = min(ceil(clips[name].duration / DIDEMO_SECONDS), DIDEMO_PIECES) - 1
        times = [[0, last]] * DIDEMO_PEOPLE
        row = {"video": name, "description": text, "times": times, "annotation_id": number}
        rows[clips[name].split].append(row)
    return {f"{short}_list.txt": _lines(_of(clips, split)) for split, short in SHORT.items()} | {
        f"{short}_data.json": _json(rows[split]) for split, short in SHORT.items()
    }


def msvd(clips: Clips) -> dict[str, bytes]:
    """Captions are lists of words; a comma stays with the word before it."""
    words = {name: [text.split() for text in clip.texts] for name, clip in clips.items()}
    return {f"{short}_list.txt": _lines(_of(clips, split)) for split, short in SHORT.items()} | {
        "raw-captions.pkl": pickle.dumps(words, protocol=2)
    }


def activitynet(clips: Clips) -> dict[str, bytes]:
    """The field tests on val_1. Every sentence holds for the whole video."""

    def told(clip: Rendered) -> dict[str, Any]:
        whole = [[0.0, clip.duration]] * len(clip.texts)
        return {"duration": clip.duration, "timestamps": whole, "sentences": clip.texts}

    return {
        "train.json": _json({name: told(clips[name]) for name in _of(clips, "train", "validation")}),
        "val_1.json": _json({name: told(clips[name]) for name in _of(clips, "test")}),
    }


LAYOUTS: dict[str, Layout] = {
    "msrvtt": Layout(lambda clip, place: f"video{place}", "videos/all/{}.mp4".format, msrvtt),
    "vatex": Layout(lambda clip, _: names.vatex(clip.id), "videos/{}.mp4".format, vatex),
    "charades": Layout(
        lambda clip, _: names.charades(clip.split, clip.number), "Charades_v1_480/{}.mp4".format, charades
    ),
    "lsmdc": Layout(
        lambda clip, _: names.lsmdc(clip.split, clip.number, clip.duration),
        lambda name: f"videos/{name.rpartition('_')[0]}/{name}.mp4",
        lsmdc,
    ),
    "didemo": Layout(lambda clip, _: names.didemo(clip.id), "videos/{}".format, didemo),
    "msvd": Layout(lambda clip, _: names.msvd(clip.id, clip.duration), "YouTubeClips/{}.mp4".format, msvd),
    "activitynet": Layout(lambda clip, _: f"v_{names.youtube(clip.id)}", "videos/{}.mp4".format, activitynet),
}


def evenly(texts: tuple[str, ...], most: int) -> list[str]:
    """That many of the texts, or all if there are no more: the first, the last, and others spread between them."""
    if len(texts) <= most:
        return list(texts)
    return [texts[number * (len(texts) - 1) // (most - 1)] for number in range(most)]


def _of(clips: Clips, *splits: str) -> list[str]:
    return [name for name, clip in clips.items() if clip.split in splits]


def _transcripts(clips: Clips) -> bytes:
    """SAVE's file, with what is truly said; clips without speech are not in it."""
    return _json([{"key": f"{name}.wav", "text": clip.spoken} for name, clip in clips.items() if clip.spoken])


def _json(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False).encode()


def _lines(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _csv(head: Iterable[str], rows: Iterable[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([head, *rows])
    return text.getvalue().encode()
