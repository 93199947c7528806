"""The reports of what changes a library: updates, maintenance, reindexing and repair."""

from __future__ import annotations

from dataclasses import dataclass, field

from hearsight.library.results import Failure, Serializable


@dataclass
class UpdateReport(Serializable):
    """The numbers of files that an update has processed, and of clips that it has encoded.

    failed: also the files whose sound or pictures could not be read for a sound expert or a reader. sounds: the number
    of files whose sound it has encoded. read: the number of files in whose pictures text was looked for. reencoded: the
    number of unchanged files whose pictures and sounds were read again for another model.
    not_understood: the number of added and changed files that speak a language that the recogniser does not know.
    other_tracks: the number of added and changed files of which another sound track is heard than was asked for.
    others: the number of files in the folder that are neither media nor subtitles, by suffix. left_out: the number of
    pictures that are not indexed, by the reason: "pictures" if none are wanted, "artwork" for covers and thumbnails,
    "heif" for those in HEIF where pi-heif is not installed.
    """

    added: int = 0
    changed: int = 0
    moved: int = 0
    deleted: int = 0
    unchanged: int = 0
    failed: list[Failure] = field(default_factory=list)
    not_understood: int = 0
    other_tracks: int = 0
    others: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    sounds: int = 0
    read: int = 0
    reencoded: int = 0
    clips: int = 0
    seconds: float = 0.0

    def add(self, change: UpdateReport) -> None:
        """Add the work of a change of the model before the update."""
        paths = {failure.path for failure in self.failed}
        self.failed = [failure for failure in change.failed if failure.path not in paths] + self.failed
        self.reencoded += change.reencoded
        self.clips += change.clips
        self.seconds += change.seconds


@dataclass
class MaintenanceReport(Serializable):
    """The work that was done to keep a library quick to search.

    created_indexes: the seconds that each new index took, by its column. indexed_rows: the clips and windows that were
    added to indexes. merged_fragments, new_fragments: the numbers of fragments of the tables of clips and windows that
    were merged, and that they were merged into. freed_bytes: the size of the deleted old versions, including those of
    features.
    """

    created_indexes: dict[str, float] = field(default_factory=dict, metadata={"alias": "made"})
    indexed_rows: int = field(default=0, metadata={"alias": "indexed"})
    merged_fragments: int = field(default=0, metadata={"alias": "merged"})
    new_fragments: int = field(default=0, metadata={"alias": "into"})
    freed_bytes: int = field(default=0, metadata={"alias": "freed"})
    seconds: float = 0.0

    def add(self, other: MaintenanceReport) -> None:
        """Add the work that was done to another table."""
        for column, seconds in other.created_indexes.items():
            self.created_indexes[column] = self.created_indexes.get(column, 0.0) + seconds
        self.indexed_rows += other.indexed_rows
        self.merged_fragments += other.merged_fragments
        self.new_fragments += other.new_fragments
        self.freed_bytes += other.freed_bytes
        self.seconds += other.seconds


@dataclass(frozen=True)
class ReindexReport(Serializable):
    """The number of clips that have vectors of the new model."""

    clips: int
    seconds: float


@dataclass
class RepairReport(Serializable):
    """The damaged parts that a repair has removed from a library, as paths relative to its location.

    versions: manifests of versions. fragments: files of fragments. lost_tables: tables that could not be read at all.
    incomplete_videos: the number of videos that now lack clips. The next update reads their files again.
    """

    versions: list[str] = field(default_factory=list)
    fragments: list[str] = field(default_factory=list)
    lost_tables: list[str] = field(default_factory=list, metadata={"alias": "lost"})
    incomplete_videos: int = field(default=0, metadata={"alias": "again"})
