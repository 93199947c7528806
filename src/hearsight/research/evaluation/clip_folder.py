"""Lays the clips of a split out as a folder of videos that a library can index."""

from __future__ import annotations

from pathlib import Path

from hearsight.research.datasets.split import Split
from hearsight.research.soundstage.export import link_or_copy
from hearsight.speech import Transcript
from hearsight.util.progress import Progress


def link_with_subtitles(split: Split, folder: Path, recogniser: str, progress: Progress | None = None) -> None:
    """Link the clips of a split into a folder, with their transcripts as subtitles: speech is recognised only once.

    Files that are there already are left as they are. recogniser: see `Split.transcripts`.
    """
    transcripts = split.transcripts(recogniser, progress)
    for clip in split.clips:
        video = folder / clip.path.name
        link_or_copy(clip.path, video)
        subtitles, text = video.with_suffix(".srt"), _subrip(transcripts[clip.id])
        if not text:
            subtitles.unlink(missing_ok=True)
        elif not subtitles.exists() or subtitles.read_text("utf-8") != text:
            subtitles.write_text(text, "utf-8")


def _subrip(transcript: Transcript) -> str:
    cues = [f"{_stamp(line.start)} --> {_stamp(line.end)}\n{line.text}\n" for line in transcript.lines]
    return "\n".join(f"{number}\n{cue}" for number, cue in enumerate(cues, 1))


def _stamp(seconds: float) -> str:
    """Return a time as subtitles write it. A clip is shorter than a minute."""
    return f"00:00:{seconds:06.3f}".replace(".", ",")
