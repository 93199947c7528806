"""Repair of a damaged library: what can be read stays, and only the rest is indexed again.

Lance never writes a file twice. A version of a table is one manifest that names its files, so a bad disk can spoil two
things: a manifest, where the previous version remains, and a fragment, where all others remain. The next update encodes
again what was in a lost fragment, because a file counts as indexed only with all its clips. Indexes are recreated in
any case: they hold nothing that the tables do not. Windows and calibration are removed, because the next update derives
them from the clips. Of what is read in pictures, the rows that are lost are read again.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import Any

import lance

from hearsight.errors import HearsightError
from hearsight.library.reports import RepairReport
from hearsight.library.tables.calibration_file import FILE as CALIBRATION
from hearsight.library.tables.library_files import remove
from hearsight.library.tables.library_json import Identity
from hearsight.library.tables.store import SMALL, Store
from hearsight.library.tables.texts import NAME as TEXTS
from hearsight.library.tables.windows import PREFIX

DAMAGED = ".damaged"  # appended to the name of a file that is set aside
NEWEST = 2**64 - 1  # Lance names a manifest by this minus its version, so that the newest comes first
TOLERANCE = 0.001  # seconds, for rounding in sums


def repair(location: Path, identity: Identity) -> RepairReport:
    """Restore the last good version of each table without its unreadable fragments, and recreate the indexes.

    Call it while the library is held for writing. If no version of the features is good, they are given up.
    Raises HearsightError if no version of the clips can be read or a file cannot be accessed, before anything changes.
    """
    report, store = RepairReport(), Store(location, identity)
    if store.features is None:
        for table in location.glob("features*.lance"):  # of an interrupted repair that had given them up
            remove(table)
    tables = {name: location / f"{name}.lance" for name in store.tables}
    if store.texts.exists:
        tables[TEXTS] = store.texts.path
    for path in tables.values():
        _check_access(path)
    lost = [name for name, table in tables.items() if not any(_opens(table, version) for version in _versions(table))]
    if store.clips_path.stem in lost:
        raise HearsightError(f"no version of {store.clips_path} can be read; make the library anew with --rebuild")
    for name in lost:
        report.lost_tables.append(tables[name].name)
        if name in SMALL:
            store.empty(name)
        elif name == TEXTS:  # the next update reads the pictures again
            remove(tables.pop(name))
        else:  # the features
            replace(identity, towers=None, features=None).write(location)
            remove(tables.pop(name))
            store.features = None
    for table in tables.values():
        report.versions += [str(path.relative_to(location)) for path in _set_bad_manifests_aside(table)]
        report.fragments += [str(path.relative_to(location)) for path in _drop_bad_fragments(table)]
    if store.features and (without := sorted(store.ids() - store.features.ids())):
        store.drop_clips(without)
    if incomplete := _incomplete_videos(store):
        store.drop_videos(incomplete)
        report.incomplete_videos = len(incomplete)
    store.recreate_indexes()
    for derived in (location / CALIBRATION, *location.glob(f"{PREFIX}*.lance")):
        remove(derived)
    return report


def _check_access(table: Path) -> None:
    """Raise HearsightError for a file that the system does not let us read: that need not be damage."""
    try:
        for file in table.rglob("*"):
            if file.is_file():
                with file.open("rb") as opened:
                    opened.read(1)
    except OSError as error:
        raise HearsightError(
            f"cannot read {error.filename}: {error.strerror}; nothing is changed: get permission, or a disk that "
            "works, or remove that file to continue without it"
        ) from error


def _set_bad_manifests_aside(table: Path) -> list[Path]:
    """Rename the newest manifests until one can be read. Return their previous names."""
    aside = list(takewhile(lambda manifest: not _opens(table, manifest), _versions(table)))
    for manifest in aside:
        manifest.rename(f"{manifest}{DAMAGED}")
    return aside


def _versions(table: Path) -> list[Path]:
    """Return the manifests of a table, the newest first."""
    return sorted(table.glob("_versions/*.manifest"), key=_version, reverse=True)


def _opens(table: Path, manifest: Path) -> bool:
    try:
        return bool(lance.dataset(str(table), version=_version(manifest)).schema)
    except (OSError, ValueError):
        return False


def _version(manifest: Path) -> int:
    number = int(manifest.stem)
    return NEWEST - number if number > NEWEST // 2 else number


def _drop_bad_fragments(table: Path) -> list[Path]:
    """Remove the unreadable fragments from the newest version. Return their files."""
    dataset = lance.dataset(str(table))
    bad = [fragment for fragment in dataset.get_fragments() if not _readable(fragment)]
    if bad:
        ids = [fragment.fragment_id for fragment in bad]
        without = lance.LanceOperation.Delete(updated_fragments=[], deleted_fragment_ids=ids, predicate="false")
        lance.LanceDataset.commit(str(table), without, read_version=dataset.version)
    return [table / "data" / file.path for fragment in bad for file in fragment.data_files()]


def _readable(fragment: Any) -> bool:
    try:
        for _ in fragment.to_batches():
            pass
    except (OSError, ValueError, RuntimeError):  # pyarrow's own errors are ValueErrors
        return False
    return True


def _incomplete_videos(store: Store) -> list[str]:
    """Return the ids of videos that lack a clip: clips cover a file without gap or overlap. A picture has one clip."""
    rows = store.rows("true", ["video", "start", "end"])
    sums = rows.group_by("video").aggregate([("start", "sum"), ("end", "sum")]).to_pylist()
    covered = {row["video"]: row["end_sum"] - row["start_sum"] for row in sums}
    videos = store.snapshot().videos.values()
    return [video.id for video in videos if abs(covered.get(video.id, math.inf) - video.duration) > TOLERANCE]
