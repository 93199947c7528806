"""The functions `hearsight.open` and `hearsight.index`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, overload

from hearsight.errors import HearsightError
from hearsight.library.collection import Collection
from hearsight.library.library import Library
from hearsight.library.listeners import UpdateListener

if TYPE_CHECKING:
    from hearsight.library.indexing.engine import Engine
    from hearsight.models.base import VideoTextModel

Folder = str | Path


@overload
def open(
    folder: Folder | None = None,
    /,
    *,
    library: Folder | None = None,
    device: str = "cpu",
    dtype: str = "auto",
    in_memory: bool = False,
) -> Library: ...


@overload
def open(
    first: Folder,
    second: Folder,
    /,
    *more: Folder,
    library: Sequence[Folder | None] | None = None,
    device: str = "cpu",
    dtype: str = "auto",
    in_memory: bool = False,
) -> Collection: ...


def open(
    *folders: Folder | None,
    library: Folder | Sequence[Folder | None] | None = None,
    device: str = "cpu",
    dtype: str = "auto",
    in_memory: bool = False,
) -> Library | Collection:
    """Open an indexed folder, or several as one.

        library = hearsight.open("~/Videos")
        for hit in library.search("a bell rings", limit=5).hits:
            print(hit.video, hit.moment)

    library: the folder of the index if it is not in the folder of the videos; for several folders, a list of them (None
    for the default). With `library` alone, the index says where its videos are.
    device: where to compute, "cpu", "cuda" or "mps". dtype: of the model's towers, "float32", "bfloat16", or "auto" for
    bfloat16 on a CPU that is faster with it. in_memory: keep what searches read in memory, unless it is too much.
    Raises HearsightError for a folder that is not indexed, or folders that were indexed with different models.
    """
    locations = [library] if library is None or isinstance(library, str | Path) else list(library)
    if len(folders) <= 1 and len(locations) == 1:
        return Library.open(
            folders[0] if folders else None, locations[0], in_memory=in_memory, device=device, dtype=dtype
        )
    if locations == [None]:
        locations = [None] * len(folders)
    if len(locations) != len(folders):
        raise HearsightError(
            f"{len(folders)} folders and {len(locations)} indexes are given; give library= a list with one for each "
            "folder, or None for an index that is in its folder"
        )
    return Collection.open(
        *(folder or "." for folder in folders), libraries=locations, in_memory=in_memory, device=device, dtype=dtype
    )


def index(
    folder: Folder,
    *,
    model: str | Path | VideoTextModel | None = None,
    library: Folder | None = None,
    cut: str | None = None,
    seconds: float | None = None,
    recogniser: str | None = None,
    meaning: str | None = None,
    sound: str | None = None,
    read: bool | None = None,
    pictures: bool | None = None,
    device: str = "cpu",
    dtype: str = "auto",
    engine: Engine | None = None,
    rebuild: bool = False,
    retry: bool = False,
    keep_features: bool = False,
    audio_track: int | None = None,
    audio_language: str | None = None,
    progress: UpdateListener | None = None,
) -> Library:
    """Make a folder of videos, sounds and pictures searchable, or bring its index up to date, and return its library.

        hearsight.index("~/Videos", model="demo").search("a bell rings")

    model: a name (see `hearsight models`), a folder, a file that names experts, or a loaded model; None for that of the
    existing index, or "everyday". Another one than that of the index reads pictures and sounds again, see
    `Library.change_model`. library: where to keep the index; in the folder, as `.hearsight`, by default.
    cut: what a clip is: "window" (a stretch of equal length), "shots" or "file". seconds: the length of a window. None
    is what the existing index has, or windows of 15 s.
    recogniser: of speech, "auto", "moonshine", "whisper", "whisper:NAME-OR-FOLDER" or "none"; None for that of the
    existing index, or "auto". meaning: what compares the meaning of what is said with queries, "wordllama" (English
    words), "sentences" (E5, of a hundred languages), "sentences:HUB-ID-OR-FOLDER" or "none"; None for that of the
    existing index, or "wordllama". sound: what compares queries with what is heard, besides the model: "clap" or
    "pe-audio", either with ":HUB-ID-OR-FOLDER", or "none"; None for that of the existing index, or of what `model`
    names. read: whether to read text in a picture of each clip, which needs the extra [ocr]; None for what the existing
    index does, or not. pictures: whether to index photos and other pictures beside the videos; None for what the
    existing index does, or yes, but for an index that was made when there were none.
    audio_track: the number of the sound track that is heard of files with several, from 1; 0 for the automatic choice,
    and for files with fewer. audio_language: the language that is preferred where the number does not decide ("de",
    "deu" or "German"), "auto" for none. None for those of the existing index; files that are indexed keep theirs.
    device, dtype: as in `hearsight.open`. engine: what reads and encodes, such as `hearsight.scale.engine.RayEngine`;
    this process by default. rebuild: replace the existing index. retry: try files again that could not be indexed.
    keep_features: keep what `Library.reindex` needs, up to 1.9 MB a clip. progress: called for every file and clip.
    Unchanged files cost nothing, and an interrupted run is finished by the next one. Raises HearsightError as
    `Library.plan`, `Library.create` and `Library.update` do.
    """
    plan = Library.plan(
        folder,
        model=model,
        library=library,
        cut=cut,
        seconds=seconds,
        recogniser=recogniser,
        meaning=meaning,
        sound=sound,
        read=read,
        pictures=pictures,
        device=device,
        dtype=dtype,
        rebuild=rebuild,
        retry=retry,
        keep_features=keep_features,
        audio_track=audio_track,
        audio_language=audio_language,
    )
    return plan.run(progress, engine)[0]
