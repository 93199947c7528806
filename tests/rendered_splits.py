"""Makes splits as `soundstage render` does, without its programs: small clips of a grey picture and a beep."""

import json
from collections.abc import Sequence
from pathlib import Path

from tests.media_files import beep, grey, make_media

FAST_START = {"movflags": "+faststart"}  # as in rendered clips: a file that is cut short can still be opened

ClipContent = tuple[float, str | None, Sequence[str]]  # duration, spoken sentence, captions


def make_splits(folder: Path, clips: dict[str, ClipContent], seconds: float = 0.5) -> Path:
    """Make the splits that the ids of the clips name (train-00000). Each clip is a file of `seconds` seconds."""
    for number, (id, (duration, spoken, texts)) in enumerate(clips.items()):
        split = folder / id.split("-")[0]
        split.mkdir(parents=True, exist_ok=True)
        pictures = [grey(10 * (number % 25))] * round(10 * seconds)
        make_media(split / f"{id}.mp4", pictures, sounds=[beep(seconds)], sound_codec="aac", options=FAST_START)
        row = {
            "id": id,
            "path": f"{id}.mp4",
            "split": split.name,
            "captions": [{"kind": "sight", "text": text, "facts": []} for text in texts],
            "spoken": spoken,
            "twin": None,
            "facts": ["icon: dog"],
            "distraction": None,
            "scene": {"duration": duration},
        }
        with (split / "manifest.jsonl").open("a") as manifest:
            manifest.write(json.dumps(row) + "\n")
    return folder
