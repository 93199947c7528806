"""Why a clip was found: its best moment, what seeing, hearing and reading add, and the line that is said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hearsight.library.results import Hit, Mode
from hearsight.library.schema import BRANCHES, Video, read_vectors
from hearsight.library.words import Query, stems
from hearsight.media import frame_times
from hearsight.types import Clip

TOLD = ["id", "start", "end", "gates", "lines", "has_speech", "has_sound"]


@dataclass(frozen=True)
class Candidates:
    """Clips (rows of a table) with what the query makes of each: arrays of one number a clip.

    similarity: the model's logits. per_frame: (clips, F) cosines, -1 for padding. bm25: 0 where no word was found.
    strength: see `Query.strength`.
    """

    table: pa.Table
    similarity: NDArray[np.float32]
    per_frame: NDArray[np.float32]
    bm25: NDArray[np.float64]
    strength: NDArray[np.float64]


def explain(
    found: Candidates,
    order: Sequence[int],
    scores: NDArray[Any],
    query: Query,
    vector: NDArray[np.float32],
    mode: Mode,
    videos: dict[str, Video],
    folder: Path,
    limit: int,
) -> list[Hit]:
    """The best moment of each of the first `limit` videos. order: rows of clips, best first; vector: the query's."""
    best, more = _grouped(found.table["video"].to_pylist(), order, limit)
    if not best:
        return []
    shown = found.table.take(list(best.values()))
    pooled = read_vectors(shown, "pooled") @ vector
    without = {part: read_vectors(shown, f"without_{part}") @ vector for part in ("audio", "speech", "both")}
    hits = []
    for place, (clip, (video, row)) in enumerate(zip(shown.select(TOLD).to_pylist(), best.items(), strict=True)):
        path = Path(videos[video].path)
        gates = {branch: clip["gates"][branch] for branch in BRANCHES if clip["gates"][branch] is not None}
        heard, said = (float(pooled[place] - without[branch][place]) for branch in BRANCHES)
        spoken = mode == "speech" or found.strength[row] > 0
        moment, line = _moment(clip, found.per_frame[row], query if spoken else None)
        hit = Hit(
            rank=place + 1,
            score=float(scores[row]),
            similarity=float(found.similarity[row]),
            clip=clip["id"],
            path=path,
            video=folder / path,
            start=clip["start"],
            end=clip["end"],
            moment=moment,
            seen=float(without["both"][place]),
            heard=heard if clip["has_sound"] else 0.0,
            said=said if clip["has_speech"] else 0.0,
            words=float(found.strength[row]),
            gates=gates,
            line=line,
            spans=query.spans(line),
            more=more[video],
        )
        hits.append(hit)
    return hits


def _grouped(videos: Sequence[str], order: Sequence[int], limit: int) -> tuple[dict[str, int], Counter[str]]:
    """The best row of each of the first `limit` videos, and how many more of its rows come before the last of these."""
    best: dict[str, int] = {}
    more: Counter[str] = Counter()
    for row in order:
        if videos[row] in best:
            more[videos[row]] += 1
        elif len(best) < limit:
            best[videos[row]] = row
        else:
            break
    return best, more


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
