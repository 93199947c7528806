"""Compares recognisers on the same speech: wrong words, invented words, and processor time.

    python benchmarks/recognisers.py
    python benchmarks/recognisers.py ~/Talks --recognisers moonshine whisper --json

Of the clips of the demo, of clips of Soundstage's validation that are rendered for it (needs flite and Noto's emoji
font), and of folders of recorded speech, in which film.txt next to film.mp4 has what is said, and nothing if nobody
speaks; or else its subtitles have it. Files without such a text are left out.

Each recogniser gets the same stretches of speech, as `hearsight index` finds them. Processor time is that of the
recogniser alone. Words are compared in lower case, without punctuation.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness import machine, print_results

Stretches = list[tuple[float, Any]]


@dataclass(frozen=True)
class Spoken:
    """A file, and the words that are said in it: none if nobody speaks."""

    path: Path
    words: list[str]


@dataclass(frozen=True)
class Result:
    """What a recogniser made of a set of files.

    words: the number that are said. wrong: words that are wrong, missing or added, in the files with speech. invented:
    words in the files without speech. seconds: of speech that was recognised. processor: core-seconds for it.
    """

    files: str
    recogniser: str
    spoken_files: int
    speechless_files: int
    words: int
    wrong: int
    invented: int
    seconds: float
    processor: float

    @property
    def row(self) -> dict[str, str]:
        return {
            "files": f"{self.files}: {self.spoken_files} with speech, {self.speechless_files} without",
            "recogniser": self.recogniser,
            "words said": str(self.words),
            "word error rate": f"{self.wrong / self.words:.1%}" if self.words else "",
            "words invented": str(self.invented),
            "core-seconds": f"{self.processor:.2f}",
            "a second of speech": f"{self.processor / self.seconds:.3f}" if self.seconds else "",
        }


def demo_files() -> list[Spoken]:
    """Return the bundled clips, whose manifest tells what is said in them."""
    from hearsight.cli.demo import CLIPS

    return split_files(CLIPS)


def split_files(folder: Path) -> list[Spoken]:
    """Return the clips of a rendered split."""
    from hearsight.research.soundstage.manifest import read_manifest_rows
    from hearsight.research.soundstage.split_statistics import words

    return [Spoken(folder / row["path"], words(row["spoken"] or "")) for row in read_manifest_rows(folder)]


def recorded_files(folder: Path) -> list[Spoken]:
    """Return the media files of a folder that have a text, or else subtitles, next to them."""
    from hearsight.media.subtitles import read_subtitles
    from hearsight.media.suffixes import MEDIA_SUFFIXES
    from hearsight.research.soundstage.split_statistics import words

    files = []
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in MEDIA_SUFFIXES:
            continue
        text = path.with_suffix(".txt")
        if text.is_file():
            files.append(Spoken(path, words(text.read_text(encoding="utf-8"))))
        elif subtitles := read_subtitles(path):
            files.append(Spoken(path, words(" ".join(line.text for line in subtitles.lines))))
    return files


def read_speech(files: Sequence[Spoken]) -> list[Stretches]:
    """Return the stretches of each file in which someone speaks."""
    from hearsight.media.audio import read_audio
    from hearsight.speech import find_speech

    return [list(find_speech(read_audio(file.path))) for file in files]


def measure(name: str, recogniser_name: str, files: Sequence[Spoken], speech: Sequence[Stretches]) -> Result:
    from hearsight.media.audio import SAMPLE_RATE
    from hearsight.research.soundstage.split_statistics import edit_distance, words
    from hearsight.speech import load_recogniser

    recogniser = load_recogniser(recogniser_name)
    assert recogniser is not None
    begun = time.process_time()
    recognised = [[recogniser.transcribe(samples) for _, samples in stretches] for stretches in speech]
    processor = time.process_time() - begun
    texts = [" ".join(part.text for one in each for part in one.lines or one.words) for each in recognised]
    heard = [words(text) for text in texts]
    pairs = list(zip(files, heard, strict=True))
    return Result(
        files=name,
        recogniser=recogniser.name,
        spoken_files=sum(bool(file.words) for file in files),
        speechless_files=sum(not file.words for file in files),
        words=sum(len(file.words) for file in files),
        wrong=sum(edit_distance(file.words, text) for file, text in pairs if file.words),
        invented=sum(len(text) for file, text in pairs if not file.words),
        seconds=sum(len(samples) for stretches in speech for _, samples in stretches) / SAMPLE_RATE,
        processor=processor,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="*", metavar="FOLDER", help="with recorded speech and texts")
    parser.add_argument("--recognisers", nargs="+", default=["pocketsphinx", "moonshine"], metavar="NAME")
    parser.add_argument("--clips", type=int, default=24, help="of Soundstage; 0 for none")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    import torch

    from hearsight.research.soundstage.render import render

    hardware = machine()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        sets = {"demo": demo_files()}
        if options.clips:
            render(Path(folder), "validation", options.clips)
            sets["Soundstage"] = split_files(Path(folder))
        sets |= {each.resolve().name: recorded_files(each) for each in options.folders}
        results = []
        for name, files in sets.items():
            speech = read_speech(files)
            results += [measure(name, recogniser, files, speech) for recogniser in options.recognisers]
    rows = [result.row for result in results]
    print_results(hardware, [("speech", rows)], [asdict(result) for result in results], options.json)


if __name__ == "__main__":
    main()
