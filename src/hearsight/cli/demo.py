"""`hearsight demo`: the bundled clips indexed by the bundled model, and questions asked of them."""

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
    from hearsight.models.base import VideoTextModel

CLIPS = Path(hearsight.__file__).parent / "demo" / "clips"
SHOWN = {"sight": 2, "sound": 1, "speech": 1, "sight+sound": 1, "all": 1}  # the first queries of each kind


@dataclass(frozen=True)
class Query:
    """A question that exactly one of the clips answers; why says what makes it so."""

    text: str
    kind: str
    clip: str
    why: str


def demo(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the clips are copied to and indexed.")] = Path(
        "hearsight-demo"
    ),
    everything: Annotated[bool, typer.Option("--all", help="Ask all queries, and count.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Index the bundled clips, then look for six of them: by what is seen, heard and said."""
    library, model = index_demo(folder)
    queries = demo_queries()
    asked = queries if everything else six(queries)
    results = [library.search(query.text, model, limit=3) for query in asked]
    if json:
        console.write_json(
            [
                {**vars(query), "found": found(result), "right": found(result) == query.clip}
                for query, result in zip(asked, results, strict=True)
            ]
        )
        return
    screen = console.get_console()
    for line in table(asked, results) if everything else answers(asked, results):
        console.write(screen, line)
    if not everything:
        console.write(screen, f"\nNow ask yourself: {_program()} search a bell rings --in {folder}")


def _program() -> str:
    """What to type for `hearsight` here: make installs it where the shell does not look."""
    return "hearsight" if shutil.which("hearsight") else os.path.relpath(sys.argv[0])


def index_demo(folder: Path) -> tuple[Library, VideoTextModel]:
    """The library of the bundled clips, made in a folder where it is not there yet."""
    if not CLIPS.is_dir():
        raise HearsightError("the bundled clips are missing from this installation; reinstall hearsight")
    from hearsight.cli.progress import ProgressBar
    from hearsight.library import Library
    from hearsight.speech import load_recogniser

    with console.spinner("loading the demo model"):
        model = hearsight.load("demo", dtype="auto")
    with _written(folder):
        folder.mkdir(parents=True, exist_ok=True)
    library = Library.create(folder, model, name="demo")  # which may refuse the folder
    with _written(folder):
        for clip in sorted(CLIPS.glob("*.mp4")):
            if not (folder / clip.name).exists():
                with atomic_file(folder / clip.name) as part:
                    shutil.copyfile(clip, part)
    with ProgressBar(console.get_console(stderr=True)) as progress:
        library.update(model, load_recogniser("pocketsphinx"), progress)
    return library, model


@contextmanager
def _written(folder: Path) -> Iterator[None]:
    """Raises HearsightError where the clips cannot be put into a folder."""
    try:
        yield
    except OSError as error:
        raise HearsightError(
            f"cannot copy the demo clips to {folder}: {error.strerror}; make room or get permission there, or name "
            "another folder: hearsight demo FOLDER"
        ) from error


def demo_queries() -> list[Query]:
    """The questions that come with the clips, made when the clips were."""
    rows = [jsonlib.loads(line) for line in (CLIPS / "queries.jsonl").read_text(encoding="utf-8").splitlines()]
    return [Query(row["text"], row["kind"], row["clip"], row["why"]) for row in rows]


def six(queries: Sequence[Query]) -> list[Query]:
    """The first two by sight, and the first of every other kind."""
    return [query for kind, count in SHOWN.items() for query in [q for q in queries if q.kind == kind][:count]]


def found(result: SearchResult) -> str:
    """The name of the clip that came first."""
    return result.hits[0].path.stem if result.hits else ""


def answers(queries: Sequence[Query], results: Sequence[SearchResult]) -> list[Text]:
    from rich.text import Text

    from hearsight.cli.results import format_result

    lines = []
    for query, result in zip(queries, results, strict=True):
        right = found(result) == query.clip
        verdict = ("right", "green") if right else ("wrong", "red")
        lines += [
            Text.assemble((f'\n{query.kind}: "{query.text}"', "bold")),
            Text.assemble(f"expected {query.clip}.mp4: ", verdict, (f"  ({query.why})", "dim")),
            *format_result(result, None, ("#", ".")),
        ]
    rights = sum(found(result) == query.clip for query, result in zip(queries, results, strict=True))
    return [*lines, Text(f"\n{rights} of {len(queries)} right", style="bold")]


def table(queries: Sequence[Query], results: Sequence[SearchResult]) -> list[str]:
    """How many of each kind came first."""
    right: dict[str, list[bool]] = {}
    for query, result in zip(queries, results, strict=True):
        right.setdefault(query.kind, []).append(found(result) == query.clip)
    every = [answer for answers in right.values() for answer in answers]
    rows = [f"{kind:<14}{len(a):>8}{100 * sum(a) / len(a):>8.0f}" for kind, a in {**right, "all kinds": every}.items()]
    return [f"{'':<14}{'queries':>8}{'R@1 %':>8}", *rows]
