"""Check a data set once, so that training and evaluation run on clips that can be read.

`check` makes a folder, in the data set's own or elsewhere. It holds the state of each file (looked.jsonl, with which an
interrupted check continues) and, for each split, a manifest of the good clips.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path

from hearsight.errors import HearsightError
from hearsight.models.preprocess import SHORTEST_TRANSCRIPT
from hearsight.research.datasets.checked_folder import (
    default_folder,
    is_disguise,
    open_note,
    relative,
    write_manifest,
    write_note,
)
from hearsight.research.datasets.inspect_media import Inspection, Span, inspect_file
from hearsight.research.datasets.invalidate import invalidate
from hearsight.research.datasets.journal import open_journal, read_journal
from hearsight.research.datasets.lock import folder_lock
from hearsight.research.datasets.readers import Entry, read_entries
from hearsight.research.datasets.split import Split
from hearsight.util.cpu import cores
from hearsight.util.progress import Progress

SPLITS = ("train", "validation", "test")
JOURNAL = "looked.jsonl"
MISSING = "missing"

Inspections = dict[tuple[Path, Span], Inspection]


@dataclass(frozen=True)
class CheckedClip:
    """A clip of a data set with its state. fault: why it is left out, or "" for a good clip."""

    entry: Entry
    fault: str
    sound: bool

    @property
    def good(self) -> bool:
        return not self.fault

    @property
    def speech(self) -> bool:
        return len((self.entry.transcript or "").strip()) >= SHORTEST_TRANSCRIPT


@dataclass(frozen=True)
class Findings:
    """The result of a check. folder: has a folder with a manifest for each split."""

    name: str
    folder: Path
    clips: Sequence[CheckedClip]

    def of(self, split: str) -> list[CheckedClip]:
        """Return the clips of a split."""
        return [clip for clip in self.clips if clip.entry.split == split]

    def counts(self) -> dict[str, dict[str, int | None]]:
        """Return counts for each split that has clips. without_speech: None if no clip of it has a transcript."""
        return {split: _count(clips) for split in SPLITS if (clips := self.of(split))}

    def left_out(self, split: str) -> str:
        """Return a sentence that says how many clips of a split are left out, or "" if all are used."""
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
    """Inspect every clip of a data set, each file at most once, and write manifests of the good clips.

    name: see `read_entries`. root: the folder of the data set, or a table. out: the folder to write to; by default
    `hearsight/NAME` in the data set's folder.
    Raises HearsightError for invalid annotations, and for a folder that belongs to another data set.
    """
    all_entries = list(read_entries(name, root))
    _check_distinct(all_entries)
    entries = [entry for entry in all_entries if entry.split in splits]
    folder = out or default_folder(name, root)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HearsightError(
            f"cannot write {folder} ({error.strerror}); have `hearsight data check` make another folder "
            "with --out, and give that one for training and evaluation"
        ) from error
    with folder_lock(folder):
        note = open_note(folder, name, root, is_disguise(entries))
        changed = _changed_files(folder / JOURNAL)
        for split in splits:  # before the journal records the files as they are now: an interruption loses no change
            invalidate(folder / split, _outdated(Split(folder / split), entries, changed))
        inspections = _inspect_all(folder / JOURNAL, entries, progress)
        findings = Findings(name, folder, [_checked(entry, inspections) for entry in entries])
        for split in splits:
            write_manifest(folder / split, [clip.entry for clip in findings.of(split) if clip.good])
        write_note(folder, note | {"splits": note["splits"] | findings.counts()})
    return findings


def _count(clips: Sequence[CheckedClip]) -> dict[str, int | None]:
    good = [clip for clip in clips if clip.good]
    return {
        "clips": len(clips),
        "good": len(good),
        "missing": sum(clip.fault == MISSING for clip in clips),
        "damaged": sum(clip.fault not in ("", MISSING) for clip in clips),
        "silent": sum(not clip.sound for clip in good),
        "without_speech": sum(not clip.speech for clip in good) if any(clip.speech for clip in clips) else None,
        "captions": sum(len(clip.entry.captions) for clip in good),
    }


def _check_distinct(entries: Sequence[Entry]) -> None:
    """Raise HearsightError for two clips with the same id, and for a stretch of a file that is in two splits."""
    by_id: dict[str, Entry] = {}
    by_file: dict[Path, list[Entry]] = {}
    for entry in entries:
        first = by_id.setdefault(entry.id, entry)
        if first is not entry:
            raise HearsightError(f"{entry.source}: {entry.id} is also in {first.source}; remove one of the two")
        for earlier in by_file.setdefault(entry.path, []) if entry.path else ():
            if earlier.split != entry.split and _overlap(earlier, entry):
                raise HearsightError(
                    f"{entry.source}: {entry.path} is in {entry.split} and, by {earlier.source}, in {earlier.split}; "
                    "remove it from one of them"
                )
        if entry.path:
            by_file[entry.path].append(entry)


def _overlap(one: Entry, two: Entry) -> bool:
    ends = (math.inf if entry.end is None else entry.end for entry in (one, two))
    return max(one.start or 0.0, two.start or 0.0) < min(ends)


def _inspect_all(journal: Path, entries: Sequence[Entry], progress: Progress | None) -> Inspections:
    """Return the inspection of each clip that has a file; of unchanged files, that of an earlier check."""
    files: dict[Path, dict[Span, None]] = {}
    for entry in entries:
        if entry.path:
            files.setdefault(entry.path, {})[(entry.start, entry.end)] = None
    # Relative names: a data set that is moved keeps its inspections.
    names = {relative(path, journal.parent): path for path in files}
    inspections = _recorded(journal, names)
    pending = {name for name, path in names.items() if any((path, span) not in inspections for span in files[path])}
    with open_journal(journal) as add, ThreadPoolExecutor(cores()) as pool:
        running = {pool.submit(_inspect, names[name], list(files[names[name]])): name for name in sorted(pending)}
        try:
            for number, future in enumerate(as_completed(running), start=1):
                name, path = running[future], names[running[future]]
                state, results = future.result()
                spans = list(zip(files[path], results, strict=True))
                inspections |= {(path, span): inspection for span, inspection in spans}
                add({"path": name, "state": state, "clips": [(span, asdict(each)) for span, each in spans]})
                if progress:
                    progress("checked file", len(files) - len(pending) + number, len(files))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    return inspections


def _inspect(path: Path, spans: Sequence[Span]) -> tuple[list[int], list[Inspection]]:
    """Inspect a file, and return its state before: one that is still being copied is inspected again next time."""
    return _state(path), inspect_file(path, spans)


def _changed_files(journal: Path) -> set[Path]:
    """Return the files that have changed since they were last inspected."""
    states = {row["path"]: row["state"] for row in read_journal(journal)}
    paths = {(journal.parent.resolve() / name).resolve(): state for name, state in states.items()}
    return {path for path, state in paths.items() if _state(path) != state}


def _outdated(split: Split, entries: Sequence[Entry], changed: Collection[Path]) -> set[str]:
    """Return the ids of clips in a split's manifest whose file has changed, or which are now another stretch."""
    if not split.exists():
        return set()
    stretches = {entry.id: (entry.path.resolve(), entry.start, entry.end) for entry in entries if entry.path}
    before = {clip.id: (clip.path.resolve(), clip.start, clip.end) for clip in split.clips}
    return {id for id, stretch in before.items() if stretch[0] in changed or stretches.get(id, stretch) != stretch}


def _recorded(journal: Path, names: Mapping[str, Path]) -> Inspections:
    """Return the recorded inspections of files that have not changed since."""
    inspections: Inspections = {}
    for row in read_journal(journal):
        path = names.get(row["path"])
        if path and row["state"] == _state(path):
            inspections |= {(path, tuple(span)): Inspection(**values) for span, values in row["clips"]}
    return inspections


def _state(path: Path) -> list[int]:
    """Return what changes when a file does (its size and time), or [] if it does not exist."""
    try:
        stat = path.stat()
    except OSError:
        return []
    return [stat.st_size, stat.st_mtime_ns]


def _checked(entry: Entry, inspections: Inspections) -> CheckedClip:
    if entry.path is None:
        return CheckedClip(entry, MISSING, False)
    inspection = inspections[entry.path, (entry.start, entry.end)]
    return CheckedClip(entry, inspection.fault, inspection.sound)
