"""Measures what the confidence of results is worth, and how experts rank alone and together.

    python benchmarks/confidence.py
    python benchmarks/confidence.py --library build/test --queries build/soundstage/data/test/manifest.jsonl
    python benchmarks/confidence.py --figure docs/confidence.svg

Of the clips and queries of the demo, or of a library that was indexed with --cut file and the queries of Soundstage's
manifest. Every query is asked three times: as it is, with its clip taken out of the answers, and there are a hundred
queries from outside the world of both (outside_queries.txt: sights, sounds, speech, nonsense).

AUROC is the chance that the best result of a query has a higher score than that of a query that has no answer, with an
interval of 95 % over queries (bootstrap). The ranking is given for each expert alone and for the ways of putting them
together.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import hearsight
from harness import machine, print_results
from hearsight.experts.calibration import LIKELY

if TYPE_CHECKING:
    from hearsight.library import Library

OUTSIDE = Path(__file__).with_name("outside_queries.txt")
ALL = "all queries"
BOOTSTRAP = 1000  # draws of as many queries
Array = NDArray[Any]


@dataclass(frozen=True)
class Query:
    """A query of a group. clip: the name of the file that answers it; "" for none."""

    text: str
    group: str
    clip: str = ""


@dataclass(frozen=True)
class Auroc:
    """The chance that a positive is above a negative; ties count half. low, high: an interval of 95 % over queries."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, positives: Array, negatives: Array, paired: bool) -> Auroc:
        """paired: each positive and the negative in its place are of one query, which is drawn with both."""
        wins = (positives[:, None] > negatives) + (positives[:, None] == negatives) / 2
        random, (n, m) = np.random.default_rng(0), wins.shape
        drawn = random.multinomial(n, np.full(n, 1 / n), BOOTSTRAP)
        others = drawn if paired else random.multinomial(m, np.full(m, 1 / m), BOOTSTRAP)
        values = ((drawn @ wins) * others).sum(axis=1) / (n * m)
        return cls(float(wins.mean()), *map(float, np.percentile(values, [2.5, 97.5])))

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f}-{self.high:.3f})"


@dataclass(frozen=True)
class Confidence:
    """What confidence tells of the queries of a group, in percent, and as AUROC."""

    group: str
    queries: int
    first: float
    auroc_outside: Auroc
    auroc_taken_out: Auroc
    matched: float
    matched_taken_out: float


@dataclass(frozen=True)
class Ranking:
    """How often the right clip is among the first, in percent."""

    experts: str
    group: str
    first: float
    first_five: float
    first_ten: float


def read_queries(file: Path) -> list[Query]:
    """Return the queries of the demo (queries.jsonl), or of a split of Soundstage (manifest.jsonl)."""
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    if "clip" in rows[0]:
        return [Query(row["text"], row["kind"], f"{row['clip']}.mp4") for row in rows]
    return [
        Query(caption["text"], caption.get("group") or caption["kind"], row["path"])
        for row in rows
        for caption in row["captions"]
    ]


def outside_queries() -> list[Query]:
    lines = OUTSIDE.read_text("utf-8").splitlines()
    return [Query(text, group) for group, text in (line.split("\t") for line in lines)]


def measure_confidence(library: Library, queries: Sequence[Query], outside: Array) -> tuple[list[Confidence], Array]:
    """Ask every query. outside: the best scores of queries without an answer. Return the best scores, too."""
    best, taken_out, first = [], [], []
    for query in queries:
        hits = library.search(query.text, limit=2).hits
        others = [hit.score for hit in hits if hit.path.name != query.clip]
        best.append(hits[0].score)
        taken_out.append(others[0])
        first.append(hits[0].path.name == query.clip)
    scores, without, right = np.array(best), np.array(taken_out), np.array(first)
    rows = []
    for group, chosen in groups(queries):
        rows.append(
            Confidence(
                group,
                int(chosen.sum()),
                percent(right[chosen]),
                Auroc.of(scores[chosen], outside, paired=False),
                Auroc.of(scores[chosen], without[chosen], paired=True),
                percent(scores[chosen] >= LIKELY),
                percent(without[chosen] >= LIKELY),
            )
        )
    return rows, np.stack([scores, without])


def groups(queries: Sequence[Query]) -> list[tuple[str, Array]]:
    names = np.array([query.group for query in queries])
    return [(ALL, np.ones(len(names), bool)), *((name, names == name) for name in dict.fromkeys(names.tolist()))]


def percent(values: Array) -> float:
    return round(100 * float(values.mean()), 1)


def measure_rankings(library: Library, queries: Sequence[Query]) -> list[Ranking]:
    """Rank all clips by each expert alone, and by ways of putting them together."""
    from hearsight.experts.ensemble import combine
    from hearsight.library.search.encoded_question import EncodedQuestion
    from hearsight.library.search.question import Question

    store, encoder = library.searchable.store, library.query_encoder
    snapshot = store.recent_snapshot()
    index, calibration = snapshot.loaded, snapshot.calibration
    fields = index.fields(encoder.extra)
    names = [snapshot.videos[id[:16]].path for id in index.table["id"].to_pylist()]
    right = np.array([names.index(query.clip) for query in queries])
    columns: dict[str, list[Array]] = {}
    for query in queries:
        question = EncodedQuestion.encode(Question.parse(query.text), encoder, tuple(calibration.experts), ())
        [part] = question.parts
        logits = encoder.similarity(part.vector, fields)[0]
        model = calibration.scales["model"].apply(logits)
        cosine = fields["pooled"] @ part.vector / np.linalg.norm(fields["pooled"], axis=1)
        said = index.window_scores("wordllama", part.meanings["wordllama"][None])[0]
        meaning = calibration.scales["meaning"].apply(said)
        strength = index.strengths(question.words)
        silence = np.full_like(model, np.nan)  # there is no sound expert
        for name, scores in {
            "video model alone": logits,
            "meaning alone": np.nan_to_num(said, nan=-1),
            "words alone": strength,
            "reciprocal ranks": sum(map(reciprocal_ranks, (logits, np.nan_to_num(said, nan=-1), strength))),
            "mean of cosines": cosine + np.nan_to_num(said),
            "sum of deviations": model + np.nan_to_num(meaning),
            "calibrated, not weighted": combine(model, meaning, silence, strength, "said"),
            "calibrated and weighted by the query": combine(model, meaning, silence, strength, part.asks_for),
        }.items():
            columns.setdefault(name, []).append(np.asarray(scores))
    rows = []
    for name, column in columns.items():
        scores = np.stack(column)
        own = scores[np.arange(len(right)), right][:, None]
        ranks = (scores > own).sum(axis=1) + ((scores == own).sum(axis=1) + 1) / 2  # ties at the middle
        for group, chosen in groups(queries):
            rows.append(Ranking(name, group, *(percent(ranks[chosen] <= k) for k in (1, 5, 10))))
    return rows


def reciprocal_ranks(scores: Array) -> Array:
    return 1 / (61 + (-scores).argsort(kind="stable").argsort())


def draw(file: Path, scores: Array, outside: Array) -> None:
    """Draw how many queries have a best result of which score."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 3))
    kinds = {"queries that have an answer": scores[0], "their clip taken out": scores[1], "from another world": outside}
    for (label, values), colour in zip(kinds.items(), ("#1b7837", "#d95f02", "#7570b3"), strict=True):
        share = np.full(len(values), 100 / len(values))
        axes.hist(values, bins=np.arange(-2, 8, 0.5), weights=share, histtype="step", color=colour, label=label, lw=1.5)
    axes.axvline(LIKELY, color="grey", ls=":")
    axes.set(xlabel="best score, in deviations above neutral queries (dotted: a likely match)", ylabel="% of queries")
    axes.legend(frameon=False, fontsize=8)
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})


def demo_library(folder: Path) -> Library:
    from hearsight.cli.demo import index_demo

    index_demo(folder)
    return hearsight.open(folder, in_memory=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", type=Path, help="an indexed folder, instead of the demo's clips")
    parser.add_argument("--queries", type=Path, help="of that folder: manifest.jsonl")
    parser.add_argument("--figure", type=Path, help="an SVG file to draw")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.library:
            library, queries = hearsight.open(options.library, in_memory=True), read_queries(options.queries)
        else:
            from hearsight.cli.demo import CLIPS

            library, queries = demo_library(Path(folder)), read_queries(CLIPS / "queries.jsonl")
        answers = [(query, library.search(query.text, limit=1)) for query in outside_queries()]
        outside = np.array([result.hits[0].score for _, result in answers])
        confidence, scores = measure_confidence(library, queries, outside)
        rankings = measure_rankings(library, queries)
    refused = {
        group: percent(np.array([not result.matched for query, result in answers if query.group == group]))
        for group in dict.fromkeys(query.group for query, _ in answers)
    }
    if options.figure:
        draw(options.figure, scores, outside)
    tables = [
        ("confidence; shares in percent", as_rows(confidence)),
        ("the right clip is first, among the first five, the first ten, in percent", as_rows(rankings)),
        ("queries from outside that are answered with nothing, in percent", [{k: str(v) for k, v in refused.items()}]),
    ]
    results = {"confidence": confidence, "rankings": rankings, "refused": refused}
    print_results(machine(), tables, {name: as_json(part) for name, part in results.items()}, options.json)


def as_rows(results: Sequence[Confidence | Ranking]) -> list[dict[str, str]]:
    return [{name: str(value) for name, value in vars(result).items()} for result in results]


def as_json(part: Any) -> Any:
    return part if isinstance(part, dict) else [asdict(result) for result in part]


if __name__ == "__main__":
    main()
