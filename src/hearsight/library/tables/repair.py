"""Getting a damaged library to work again: what of it can be read stays, and only what cannot is indexed anew.

Lance writes no file twice. A version of a table is one manifest that names its files, so there are two things that a
bad disk can spoil: a manifest, where the version before is still there, and a fragment, where all others are. What
went with a fragment is made again by the next update, for a file counts as indexed only with all its clips. Indexes are
made anew whatever is wrong with them, for they hold nothing that the tables do not.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import Any

import lance

from hearsight.errors import HearsightError
from hearsight.library.results import Repaired
from hearsight.library.tables.disk import remove
from hearsight.library.tables.identity import Identity
from hearsight.library.tables.store import SMALL, Store

DAMAGED = ".damaged"  # behind the name of a file that is put aside
NEWEST = 2**64 - 1  # Lance's manifests are named by what is left to this, so that the newest comes first
SLACK = 0.001  # seconds: of sums that round


def repair(at: Path, identity: Identity) -> Repaired:
    """Restore the last good version of each table, without the fragments that cannot be read, and make indexes anew.

    To be called while nobody else updates the library. A library without any good version of its features has none any
    more. Raises HearsightError where no version of the clips can be read, or a file cannot be got at, before anything
    is changed.
    """
    done, store = Repaired(), Store(at, identity)
    if store.features is None:
        remove(at / "features.lance")  # of a repair that was interrupted when it had given them up
    tables = {name: at / f"{name}.lance" for name in store.tables}
    for table in tables.values():
        _check_access(table)
    lost = [name for name, table in tables.items() if not any(_opens(table, version) for version in _versions(table))]
    if store.clips_at.stem in lost:
        raise HearsightError(f"no version of {store.clips_at} can be read; make the library anew with --rebuild")
    for name in lost:
        done.lost.append(tables[name].name)
        if name in SMALL:
            store.empty(name)
        else:  # the features
            replace(identity, towers=None).write(at)
            remove(tables.pop(name))
            store.features = None
    for table in tables.values():
        done.versions += [str(path.relative_to(at)) for path in _put_bad_manifests_aside(table)]
        done.fragments += [str(path.relative_to(at)) for path in _drop_bad_fragments(table)]
    if store.features and (without := sorted(store.ids() - store.features.ids())):
        store.drop_clips(without)
    if torn := _torn(store):
        store.drop_videos(torn)
        done.again = len(torn)
    store.index_anew()
    return done


def _check_access(table: Path) -> None:
    """Raises HearsightError for a file that the system does not let us read: that is no damage, or need not be."""
    try:
        for file in table.rglob("*"):
            if file.is_file():
                with file.open("rb") as opened:
                    opened.read(1)
    except OSError as error:
        raise HearsightError(
            f"cannot read {error.filename}: {error.strerror}; nothing is changed: get permission, or a disk that "
            "works, or take that file away to go on without it"
        ) from error


def _put_bad_manifests_aside(table: Path) -> list[Path]:
    """Rename the manifests of the newest versions until one can be read. Returns which, by their names before."""
    aside = list(takewhile(lambda manifest: not _opens(table, manifest), _versions(table)))
    for manifest in aside:
        manifest.rename(f"{manifest}{DAMAGED}")
    return aside


def _versions(table: Path) -> list[Path]:
    """The manifests of a table, the newest first."""
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
    """Take the fragments that cannot be read out of the newest version. Returns their files."""
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


def _torn(store: Store) -> list[str]:
    """The ids of videos that lack a clip: clips cover a file without gap or overlap."""
    rows = store.rows("true", ["video", "start", "end"])
    sums = rows.group_by("video").aggregate([("start", "sum"), ("end", "sum")]).to_pylist()
    covered = {row["video"]: row["end_sum"] - row["start_sum"] for row in sums}
    videos = store.snapshot().videos.values()
    return [video.id for video in videos if abs(covered.get(video.id, 0.0) - video.duration) > SLACK]
