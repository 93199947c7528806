"""A data set looked through once, so that training and evaluation run on clips that can be read.

Beside the data set, or where it is told to, `check` makes a folder: what was found of each file (looked.jsonl, with
which an interrupted check goes on), and for each split a manifest of the good clips.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path

from hearsight.errors import HearsightError
from hearsight.models.preprocess import SHORTEST_TRANSCRIPT
from hearsight.research.datasets.inspect import Look, Span, look_at
from hearsight.research.datasets.invalidate import forget
from hearsight.research.datasets.journal import open_journal, read_journal
from hearsight.research.datasets.lock import filling
from hearsight.research.datasets.provenance import claim, generated, made_folder, relative, write_manifest, write_note
from hearsight.research.datasets.readers import Entry, read_entries
from hearsight.research.datasets.split import read_manifest
from hearsight.util.cpu import cores
from hearsight.util.progress import Progress

SPLITS = ("train", "validation", "test")
MISSING = "missing"

Looks = dict[tuple[Path, Span], Look]  # what was found, by file and stretch


@dataclass(frozen=True)
class Checked:
    """A clip that a data set tells of, and what was found of it. why: it is left out, or "" for a good one."""

    entry: Entry
    why: str
    sound: bool

    @property
    def good(self) -> bool:
        return not self.why

    @property
    def speech(self) -> bool:
        return len((self.entry.transcript or "").strip()) >= SHORTEST_TRANSCRIPT


@dataclass(frozen=True)
class Findings:
    """What `check` found. folder: where each split has its manifest."""

    name: str
    folder: Path
    clips: Sequence[Checked]

    def of(self, split: str) -> list[Checked]:
        return [clip for clip in self.clips if clip.entry.split == split]

    def counts(self) -> dict[str, dict[str, int | None]]:
        """By split that has clips. without_speech: None where nobody told what is said in any clip."""
        return {split: _counted(clips) for split in SPLITS if (clips := self.of(split))}

    def left_out(self, split: str) -> str:
        """How many clips of a split are not used, in words; "" where all are."""
        counts = self.counts().get(split, {})
        if counts.get("good") == counts.get("clips"):
            return ""
        return (
            f"{split}: {counts['good']:,} of {counts['clips']:,} clips are good; {counts['missing']:,} are missing and "
            f"{counts['damaged']:,} damaged, and left out"
        )


def check(
    name: str,
    root: Path,
    out: Path | None = None,
    splits: Collection[str] = SPLITS,
    progress: Progress | None = None,
) -> Findings:
    """Look at every clip of a data set, at most once, and write manifests of the good ones.

    name: see `read_entries`. root: the folder of the data set, or a table. out: where to keep what is found; by default
    the folder `hearsight/NAME` in that of the data set.
    Raises HearsightError for annotations that are not right, and for a folder that is another data set's.
    """
    told = list(read_entries(name, root))
    _check_apart(told)
    entries = [entry for entry in told if entry.split in splits]
    folder = out or made_folder(name, root)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HearsightError(
            f"cannot write {folder} ({error.strerror}); have `hearsight data check` make another folder "
            "with --out, and give that one for training and evaluation"
        ) from error
    with filling(folder):
        note = claim(folder, name, root, generated(entries))
        changed = _changed(folder / "looked.jsonl")
        for split in splits:  # before anything is noted of the files as they are now: an interruption loses no change
            forget(folder / split, _others_now(folder / split, entries, changed))
        looks = _look_at_all(folder / "looked.jsonl", entries, progress)
        findings = Findings(name, folder, [_checked(entry, looks) for entry in entries])
        for split in splits:
            write_manifest(folder / split, [clip.entry for clip in findings.of(split) if clip.good])
        write_note(folder, note | {"splits": note["splits"] | findings.counts()})
    return findings


def _counted(clips: Sequence[Checked]) -> dict[str, int | None]:
    good = [clip for clip in clips if clip.good]
    return {
        "clips": len(clips),
        "good": len(good),
        "missing": sum(clip.why == MISSING for clip in clips),
        "damaged": sum(clip.why not in ("", MISSING) for clip in clips),
        "silent": sum(not clip.sound for clip in good),
        "without_speech": sum(not clip.speech for clip in good) if any(clip.speech for clip in clips) else None,
        "captions": sum(len(clip.entry.captions) for clip in good),
    }


def _check_apart(entries: Sequence[Entry]) -> None:
    """Raises HearsightError for two clips of one id, and for a clip that is in two splits."""
    known: dict[str, Entry] = {}
    shown: dict[Path, list[Entry]] = {}
    for entry in entries:
        other = known.setdefault(entry.id, entry)
        if other is not entry:
            raise HearsightError(
                f"{entry.told_in}: {entry.id} was told of before, in {other.told_in}; take one of the two out"
            )
        for other in shown.setdefault(entry.path, []) if entry.path else ():
            if other.split != entry.split and _overlap(other, entry):
                raise HearsightError(
                    f"{entry.told_in}: {entry.path} is in {entry.split} and, by {other.told_in}, in {other.split}; "
                    "take it out of one of them"
                )
        if entry.path:
            shown[entry.path].append(entry)


def _overlap(one: Entry, other: Entry) -> bool:
    ends = (math.inf if entry.end is None else entry.end for entry in (one, other))
    return max(one.start or 0.0, other.start or 0.0) < min(ends)


def _look_at_all(journal: Path, entries: Sequence[Entry], progress: Progress | None) -> Looks:
    """What was found of each clip that has a file; of files that are as they were, what was found before."""
    files: dict[Path, dict[Span, None]] = {}
    for entry in entries:
        if entry.path:
            files.setdefault(entry.path, {})[(entry.start, entry.end)] = None
    # Relative: a data set that moves takes along what is known of it.
    names = {relative(path, journal.parent): path for path in files}
    looks = _known(journal, names)
    unknown = {name for name, path in names.items() if any((path, span) not in looks for span in files[path])}
    with open_journal(journal) as add, ThreadPoolExecutor(cores()) as pool:
        running = {pool.submit(_looked, names[name], list(files[names[name]])): name for name in sorted(unknown)}
        try:
            for number, one in enumerate(as_completed(running), start=1):
                name, path = running[one], names[running[one]]
                state, told = one.result()
                found = list(zip(files[path], told, strict=True))
                looks |= {(path, span): look for span, look in found}
                add({"path": name, "state": state, "clips": [(span, asdict(look)) for span, look in found]})
                if progress:
                    progress("looked at file", len(files) - len(unknown) + number, len(files))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    return looks


def _looked(path: Path, spans: Sequence[Span]) -> tuple[list[int], list[Look]]:
    """What is found of a file, and its state before: one that is still being copied is looked at again later."""
    return _state(path), look_at(path, spans)


def _changed(journal: Path) -> set[Path]:
    """Files that are not as they were when they were last looked at."""
    last = {row["path"]: row["state"] for row in read_journal(journal)}
    paths = {(journal.parent.resolve() / name).resolve(): state for name, state in last.items()}
    return {path for path, state in paths.items() if _state(path) != state}


def _others_now(split: Path, entries: Sequence[Entry], changed: Collection[Path]) -> set[str]:
    """Ids of clips in a split's manifest that are now of a changed file, or of another stretch."""
    if not (split / "manifest.jsonl").is_file():
        return set()
    now = {entry.id: (entry.path.resolve(), entry.start, entry.end) for entry in entries if entry.path}
    before = {each.id: (each.path.resolve(), each.start, each.end) for each in read_manifest(split)}
    return {id for id, stretch in before.items() if stretch[0] in changed or now.get(id, stretch) != stretch}


def _known(journal: Path, names: Mapping[str, Path]) -> Looks:
    """What was found before, of files that are as they were."""
    looks: Looks = {}
    for row in read_journal(journal):
        path = names.get(row["path"])
        if path and row["state"] == _state(path):
            looks |= {(path, tuple(span)): Look(**look) for span, look in row["clips"]}
    return looks


def _state(path: Path) -> list[int]:
    """What changes when a file does; [] for one that is gone."""
    try:
        stat = path.stat()
    except OSError:
        return []
    return [stat.st_size, stat.st_mtime_ns]


def _checked(entry: Entry, looks: Looks) -> Checked:
    if entry.path is None:
        return Checked(entry, MISSING, False)
    look = looks[entry.path, (entry.start, entry.end)]
    return Checked(entry, look.fault, look.sound)
