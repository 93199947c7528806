"""Getting a damaged library to work again: what of it can be read stays, and only what cannot is indexed anew.

Lance writes no file twice. A version of a table is one manifest that names its files, so there are two things that a
bad disk can spoil: a manifest, where the version before is still there, and a fragment, where all others are. What
went with a fragment is made again by the next update, for a file counts as indexed only with all its clips.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lance

from hearsight.errors import HearsightError
from hearsight.library.identity import Identity
from hearsight.library.results import Repaired
from hearsight.library.store import Store

DAMAGED = ".damaged"  # behind the name of a file that is put aside
NEWEST = 2**64 - 1  # Lance's manifests are named by what is left to this, so that the newest comes first
SLACK = 0.001  # seconds: of sums that round


def repair(at: Path, identity: Identity) -> Repaired:
    """Restore the last good version of each table, without the fragments that cannot be read.

    To be called while nobody else updates the library. Raises HearsightError where no version of a table can be read.
    """
    done = Repaired()
    for name in ("videos", identity.clips, "failures", *(["features"] if identity.towers else [])):
        table = at / f"{name}.lance"
        done.versions += [str(path.relative_to(at)) for path in _put_bad_manifests_aside(table)]
        done.fragments += [str(path.relative_to(at)) for path in _drop_bad_fragments(table)]
    if done.versions or done.fragments:
        store = Store(at, identity=identity)
        if identity.towers:
            store.drop_clips(sorted(store.ids() - store.ids_with_features()))
        torn = _torn(store)
        store.drop_videos(torn)
        done.again = len(torn)
    return done


def _put_bad_manifests_aside(table: Path) -> list[Path]:
    """Rename the manifests of the newest versions until one can be read. Returns which, by their names before."""
    aside: list[Path] = []
    manifests = sorted(table.glob("_versions/*.manifest"), key=_version, reverse=True)
    for manifest in manifests:
        try:
            lance.dataset(str(table), version=_version(manifest))
        except (OSError, ValueError):
            aside.append(manifest)
        else:
            break
    else:
        raise HearsightError(f"no version of {table} can be read; make the library anew with --rebuild")
    for manifest in aside:
        manifest.rename(f"{manifest}{DAMAGED}")
    return aside


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
