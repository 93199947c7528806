"""Why a clip was found: its best moment, what seeing, hearing and reading add, and the line that is said."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hearsight.library.results import Hit, Mode
from hearsight.library.search.query import Query, stems
from hearsight.library.search.view import View
from hearsight.library.tables.schema import BRANCHES, read_vectors
from hearsight.media import frame_times
from hearsight.types import Clip

POOLED = ["pooled", "without_audio", "without_speech", "without_both"]
TOLD = ["id", "start", "end", "gates", "lines", "has_speech", "has_sound"]


@dataclass(frozen=True)
class Candidates:
    """Clips, with what the query makes of each: lists and arrays of one entry a clip.

    videos: the id of the clip's video, behind the number of the view that it was found in. at: where its row is there.
    similarity: the model's logits. per_frame: (clips, F) cosines, -1 for padding. bm25: 0 where no word was found.
    strength: see `Query.strength`.
    """

    ids: list[str]
    videos: list[tuple[int, str]]
    at: list[int]
    similarity: NDArray[np.float32]
    per_frame: NDArray[np.float32]
    bm25: NDArray[np.float64]
    strength: NDArray[np.float64]

    @classmethod
    def joined(cls, parts: Sequence[Candidates]) -> Candidates:
        """Those of several libraries together."""
        if len(parts) == 1:
            return parts[0]
        arrays = ("similarity", "per_frame", "bm25", "strength")
        return cls(
            [id for part in parts for id in part.ids],
            [video for part in parts for video in part.videos],
            [at for part in parts for at in part.at],
            *(np.concatenate([getattr(part, name) for part in parts]) for name in arrays),
        )


def grouped(found: Candidates, order: Sequence[int], limit: int) -> tuple[list[int], list[int]]:
    """The best row of each of the first `limit` videos; how many more of a video's rows come before the last of these.

    order: rows, best first.
    """
    best: dict[tuple[int, str], int] = {}
    more: Counter[tuple[int, str]] = Counter()
    for row in order:
        video = found.videos[row]
        if video in best:
            more[video] += 1
        elif len(best) < limit:
            best[video] = row
        else:
            break
    return list(best.values()), [more[video] for video in best]


def explain(
    found: Candidates,
    rows: Sequence[int],
    more: Sequence[int],
    scores: NDArray[Any],
    query: Query | None,
    vector: NDArray[np.float32],
    mode: Mode,
    views: Sequence[View],
) -> list[Hit]:
    """The hits that these rows are, in this order, without those that are gone meanwhile.

    query: None where no words are looked for. vector: what the clips' pooled vectors are compared with.
    """
    told = _told(found, rows, vector, views)
    hits: list[Hit] = []
    for row, others in zip(rows, more, strict=True):
        if (clip := told.get((found.videos[row][0], found.ids[row]))) is None:
            continue
        view = views[found.videos[row][0]]
        path = Path(view.snapshot.videos[found.videos[row][1]].path)
        spoken = query if mode == "speech" or found.strength[row] > 0 else None
        moment, line = _moment(clip, found.per_frame[row], spoken)
        hit = Hit(
            rank=len(hits) + 1,
            score=float(scores[row]),
            similarity=float(found.similarity[row]),
            library=view.place.name,
            clip=clip["id"],
            path=path,
            video=view.place.folder / path,
            start=clip["start"],
            end=clip["end"],
            moment=moment,
            seen=clip["cosines"]["without_both"],
            heard=clip["cosines"]["pooled"] - clip["cosines"]["without_audio"] if clip["has_sound"] else 0.0,
            said=clip["cosines"]["pooled"] - clip["cosines"]["without_speech"] if clip["has_speech"] else 0.0,
            words=float(found.strength[row]),
            gates=known_gates(clip["gates"]),
            line=line,
            spans=query.spans(line) if query is not None else [],
            more=others,
        )
        hits.append(hit)
    return hits


def known_gates(gates: dict[str, float | None]) -> dict[str, float]:
    """The gates of the branches that a model has."""
    return {branch: gate for branch in BRANCHES if (gate := gates[branch]) is not None}


def _told(
    found: Candidates, rows: Sequence[int], vector: NDArray[np.float32], views: Sequence[View]
) -> dict[tuple[int, str], dict[str, Any]]:
    """What the tables tell of clips, with the dot products of their pooled vectors; by view and id."""
    wanted: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for row in rows:
        wanted[found.videos[row][0]][found.ids[row]] = found.at[row]
    told = {}
    for number, at in wanted.items():
        table = views[number].rows(at, [*TOLD, *POOLED])
        cosines = {name: (read_vectors(table, name) @ vector).tolist() for name in POOLED}
        for i, clip in enumerate(table.select(TOLD).to_pylist()):
            clip["cosines"] = {name: values[i] for name, values in cosines.items()}
            told[number, clip["id"]] = clip
    return told


def _moment(clip: dict[str, Any], per_frame: NDArray[np.float32], query: Query | None) -> tuple[float, str]:
    """The best second of a clip, and the line that is said then.

    With a query that the transcript answers, that is when the line with most of its words begins; else the second of
    the frame that is most alike.
    """
    lines = clip["lines"] or []
    if query is not None and lines:
        line = max(lines, key=lambda line: len(query.content.intersection(stems(line["text"]))))
        return min(max(line["start"], clip["start"]), clip["end"]), line["text"]
    times = frame_times(Clip(Path(), clip["start"], clip["end"]), len(per_frame))
    moment = times[int(per_frame[: len(times)].argmax())]
    return moment, next((line["text"] for line in lines if line["start"] <= moment < line["end"]), "")
