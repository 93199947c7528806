"""`hearsight demo`: index the bundled clips with the bundled model, and search them."""

from __future__ import annotations

import json as jsonlib
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import hearsight
from hearsight.cli import console
from hearsight.errors import HearsightError
from hearsight.util.atomic import atomic_file

if TYPE_CHECKING:
    from rich.text import Text

    from hearsight.library import Library, SearchResult

CLIPS = Path(hearsight.__file__).parent / "demo" / "clips"
QUERIES_SHOWN = {"sight": 2, "sound": 1, "speech": 1, "sight+sound": 1, "all": 1}  # number of queries of each kind
TOY_WORLD = "This is a toy world: emoji, rendered sounds and voices, and a model that knows nothing else."


@dataclass(frozen=True)
class Query:
    """A query that exactly one clip answers. why: what sets that clip apart."""

    text: str
    kind: str
    clip: str
    why: str


def demo(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder to copy the clips to.")] = Path(
        "hearsight-demo"
    ),
    everything: Annotated[
        bool, typer.Option("--all", help="Search for all queries, and count the right answers.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Index the bundled clips, then search for six of them by what is seen, heard and said."""
    stdout = console.get_console()
    if not json:
        console.write(stdout, TOY_WORLD)
    library = index_demo(folder)
    queries = demo_queries() if everything else first_queries(demo_queries())
    results = [library.search(query.text, limit=3) for query in queries]
    if json:
        console.write_json(
            [
                {**vars(query), "found": first_clip(result), "right": first_clip(result) == query.clip}
                for query, result in zip(queries, results, strict=True)
            ]
        )
        return
    for line in format_recall(queries, results) if everything else format_answers(queries, results):
        console.write(stdout, line)
    if not everything:
        console.write(stdout, f"\nTry a search of your own: {_program()} search a bell rings --in {folder}")


def _program() -> str:
    """Return what to type for `hearsight`: `make` installs it in a folder that is not in PATH."""
    if shutil.which("hearsight"):
        return "hearsight"
    program = os.path.relpath(sys.argv[0])
    return "python -m hearsight" if program.endswith("__main__.py") else program


def index_demo(folder: Path) -> Library:
    """Return the library of the bundled clips, created in a folder if it does not exist."""
    if not CLIPS.is_dir():
        raise HearsightError("the bundled clips are missing from this installation; reinstall hearsight")
    from hearsight.cli.update_progress import ProgressBar
    from hearsight.library import Library
    from hearsight.speech.load import built_in

    with console.spinner("loading the demo model"):
        model = hearsight.load("demo", dtype="auto")
    with _copy_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    library = Library.create(folder, model, name="demo")  # which may refuse the folder
    with _copy_errors(folder):
        for clip in sorted(CLIPS.glob("*.mp4")):
            if not (folder / clip.name).exists():
                with atomic_file(folder / clip.name) as part:
                    shutil.copyfile(clip, part)
    with ProgressBar(console.get_console(stderr=True)) as progress:
        library.update(progress, recogniser=built_in())
    return library


@contextmanager
def _copy_errors(folder: Path) -> Iterator[None]:
    """Translate an OSError of copying the clips to a HearsightError."""
    try:
        yield
    except OSError as error:
        raise HearsightError(
            f"cannot copy the demo clips to {folder}: {error.strerror}; free space, check the permissions, or give "
            "another folder: hearsight demo FOLDER"
        ) from error


def demo_queries() -> list[Query]:
    """Return the queries that are bundled with the clips."""
    rows = [jsonlib.loads(line) for line in (CLIPS / "queries.jsonl").read_text(encoding="utf-8").splitlines()]
    return [Query(row["text"], row["kind"], row["clip"], row["why"]) for row in rows]


def first_queries(queries: Sequence[Query]) -> list[Query]:
    """Return the first two queries about sight, and the first of every other kind."""
    return [query for kind, count in QUERIES_SHOWN.items() for query in [q for q in queries if q.kind == kind][:count]]


def first_clip(result: SearchResult) -> str:
    """Return the name of the clip that ranks first; empty if there is none."""
    return result.hits[0].path.stem if result.hits else ""


def format_answers(queries: Sequence[Query], results: Sequence[SearchResult]) -> list[Text]:
    """Return the lines that show each query, its expected clip and its hits."""
    from rich.text import Text

    from hearsight.cli.results import format_result

    lines = []
    for query, result in zip(queries, results, strict=True):
        verdict = ("right", "green") if first_clip(result) == query.clip else ("wrong", "red")
        lines += [
            Text.assemble((f'\n{query.kind}: "{query.text}"', "bold")),
            Text.assemble(f"expected {query.clip}.mp4: ", verdict, (f"  ({query.why})", "dim")),
            *format_result(result, None, ("#", ".")),
        ]
    right = sum(first_clip(result) == query.clip for query, result in zip(queries, results, strict=True))
    return [*lines, Text(f"\n{right} of {len(queries)} right", style="bold")]


def format_recall(queries: Sequence[Query], results: Sequence[SearchResult]) -> list[str]:
    """Return a table with the share of right answers (R@1) for each kind of query."""
    answers: dict[str, list[bool]] = {}
    for query, result in zip(queries, results, strict=True):
        answers.setdefault(query.kind, []).append(first_clip(result) == query.clip)
    everything = [right for kind in answers.values() for right in kind]
    rows = [
        f"{kind:<14}{len(right):>8}{100 * sum(right) / len(right):>8.0f}"
        for kind, right in {**answers, "all kinds": everything}.items()
    ]
    return [f"{'':<14}{'queries':>8}{'R@1 %':>8}", *rows]
