"""Uses a library in every way at once while its folder changes, and compares it with a fresh one.

    python benchmarks/mixed_use.py
    python benchmarks/mixed_use.py --seconds 20

Films are added, replaced, moved, deleted and damaged, and get subtitles, all the time. Meanwhile `hearsight index`,
`search`, `reindex` and `optimise` run again and again, each as a process of its own, some of them killed in between; a
server answers searches and runs updates. At the end the folder stands still, is indexed once more, and indexed afresh
elsewhere: both libraries must have the same files, clips, vectors and failures. A command or an answer that does not
end as documented counts as an error and is printed.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx2
import numpy as np

import hearsight
from harness import build_model, machine, print_results
from server_load import served
from synthetic_films import make_films

FILMS, SIZE = 10, (96, 64)
# What a command may say when another one holds or changes the library, or the folder is empty for a moment.
BUSY = re.compile(
    "is being updated|made anew meanwhile, or given another model|"
    "no video, sound or picture in|none of the indexed videos is in"
)
QUERIES = ["music plays", "water and fire", '"yellow bicycle"', "train -music", "said: engine"]
VECTORS = 2e-3  # largest difference: rounding depends on the size of batches


class Use:
    """One run. counts: how often each thing was done. errors: what went wrong."""

    def __init__(self, root: Path, seconds: float, seed: int) -> None:
        self.root, self.folder, self.seed = root, root / "films", seed
        self.seconds, self.end = seconds, 0.0
        self.counts, self.errors = Counter[str](), list[str]()
        self.address = ""

    def run(self, actors: Sequence[Callable[[random.Random], None]]) -> None:
        """Let each actor act again and again, in a thread of its own, until the time is over."""

        def act(actor: Callable[[random.Random], None], rng: random.Random) -> None:
            while time.monotonic() < self.end:
                try:
                    actor(rng)
                except Exception as error:
                    self.errors.append(f"{actor.__name__}: {type(error).__name__}: {error}")
                self.counts[actor.__name__] += 1

        self.end = time.monotonic() + self.seconds
        threads = [
            threading.Thread(target=act, args=(actor, random.Random(self.seed + number)))
            for number, actor in enumerate(actors)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def command(self, *arguments: object, statuses: Sequence[int] = (0,), kill_after: float | None = None) -> str:
        """Run a command, and return what it prints. kill_after: seconds."""
        command = [sys.executable, "-m", "hearsight", *map(str, arguments)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            printed, complaints = process.communicate(timeout=kill_after)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            self.counts["killed"] += 1
            return ""
        if process.returncode not in statuses and not BUSY.search(complaints):
            self.errors.append(f"{arguments[0]} ended with {process.returncode}: {complaints.strip()[-500:]}")
        return printed

    # Actors

    def change(self, rng: random.Random) -> None:
        """Change something in the folder."""
        time.sleep(rng.uniform(0.05, 0.6))
        films = [path for path in sorted(self.folder.rglob("*.mp4")) if path.is_file()]
        pool = sorted((self.root / "pool").glob("*.mp4"))
        target = self.folder / rng.choice(["", "trip", "trip/day 2"]) / f"{rng.randrange(20):02}.mp4"
        target.parent.mkdir(parents=True, exist_ok=True)
        kind = rng.choice(["add", "add", "replace", "move", "delete", "subtitles", "damage", "touch"])
        self.counts[kind] += 1
        if kind == "add" or len(films) < 4:
            shutil.copy(rng.choice(pool), target)
        elif kind == "replace":
            temporary = shutil.copy(rng.choice(pool), self.folder / "new.part")
            Path(temporary).replace(rng.choice(films))
        elif kind == "move":
            rng.choice(films).replace(target)
        elif kind == "delete":
            rng.choice(films).unlink()
        elif kind == "subtitles":
            text = f"1\n00:00:01,000 --> 00:00:04,000\nthe yellow bicycle number {rng.randrange(1000)}\n"
            rng.choice(films).with_suffix(".srt").write_text(text)
        elif kind == "damage":
            with rng.choice(films).open("r+b") as file:
                file.truncate(rng.randrange(1, 2000))
        else:
            rng.choice(films).touch()

    def index(self, rng: random.Random) -> None:
        kill_after = rng.uniform(1, 8) if rng.random() < 0.4 else None
        self.command("index", self.folder, "--recogniser", "none", "--quiet", kill_after=kill_after)

    def search(self, rng: random.Random) -> None:
        printed = self.command("search", rng.choice(QUERIES), "--in", self.folder, "--json", statuses=(0, 1))
        if printed:
            self.check(json.loads(printed))

    def reindex(self, rng: random.Random) -> None:
        time.sleep(2)
        model = self.root / rng.choice(["one", "two"])
        kill_after = rng.uniform(1, 5) if rng.random() < 0.3 else None
        self.command("reindex", self.folder, "--model", model, statuses=(0, 1), kill_after=kill_after)

    def optimise(self, rng: random.Random) -> None:
        time.sleep(1)
        self.command("optimise", self.folder)

    def ask_server(self, rng: random.Random) -> None:
        answer = httpx2.get(f"{self.address}api/v1/search", params={"q": rng.choice(QUERIES)}, timeout=60)
        if answer.status_code == 200:
            self.check(answer.json())
        elif answer.status_code != 503:
            self.errors.append(f"the server answered {answer.status_code}: {answer.text[:200]}")
        time.sleep(0.05)

    def follow(self, rng: random.Random) -> None:
        """Start an update by the server, and stop reading its events after a while."""
        libraries = httpx2.get(f"{self.address}api/v1/libraries", timeout=60).json()
        url = f"{self.address}api/v1/libraries/{libraries[0]['name']}/update"
        started = httpx2.post(url, timeout=60)
        if started.status_code not in (202, 409):
            self.errors.append(f"the server did not start an update: {started.status_code} {started.text[:200]}")
        with httpx2.stream("GET", f"{url}/events", timeout=60) as events:
            for _ in zip(events.iter_lines(), range(rng.randrange(1, 30)), strict=False):
                time.sleep(0.05)
        time.sleep(1)

    def check(self, result: Any) -> None:
        clips = [hit["clip"] for hit in result["hits"]]
        if len(clips) != len(set(clips)):
            self.errors.append(f"a clip is found twice: {clips}")


def make_models(root: Path) -> None:
    """Write two models with the same towers and different fusions."""
    import torch

    one = build_model(root / "one", "save", "tiny")
    one.save_pretrained(root / "one")
    torch.manual_seed(1)
    two = build_model(root / "two", "avigate", "tiny")
    two.clip.load_state_dict(one.clip.state_dict())
    two.ast.load_state_dict(one.ast.state_dict())
    two.save_pretrained(root / "two")


# The file, start and end of a clip; and what is compared of it.
Span = tuple[str, float, float]
COMPARED = ["transcript", "pooled", "frames"]


def contents(library: hearsight.Library) -> tuple[dict[str, Any], dict[Span, Any], list[str]]:
    """Return the contents of a library's files, its clips by where they are, and what failed.

    Ids are not compared: of two files with the same content, the first that is indexed has that of the content.
    """
    store = library.searchable.store
    videos = store.snapshot().videos
    rows = store.rows("true", ["video", "start", "end", *COMPARED]).to_pylist()
    clips = {(videos[row["video"]].path, row["start"], row["end"]): row for row in rows if row["video"] in videos}
    files = {video.path: (video.content, video.transcript_source) for video in videos.values()}
    return files, clips, sorted(failure.path for failure in library.failures())


def differences(library: hearsight.Library, fresh: hearsight.Library) -> list[str]:
    """Return how two libraries of a folder differ."""
    (files, clips, failed), (other_files, other_clips, other_failed) = contents(library), contents(fresh)
    lines = [f"{path} is in one of both, or differs" for path, _ in sorted(files.items() ^ other_files.items())]
    lines += [f"the clip {clip} is in one of both" for clip in sorted(clips.keys() ^ other_clips.keys())]
    if failed != other_failed:
        lines.append(f"failed: {failed}, and {other_failed}")
    for clip in clips.keys() & other_clips.keys():
        for name in COMPARED:
            value, other = clips[clip][name], other_clips[clip][name]
            if value != other if name == "transcript" else not np.allclose(value, other, atol=VECTORS):
                lines.append(f"the clip {clip} differs: {name}")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    hardware = machine()
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        make_models(root)
        make_films(root / "pool", SIZE, FILMS, spoken=False)
        shutil.copytree(root / "pool", root / "films")
        use = Use(root, options.seconds, options.seed)
        first = ["--model", root / "one", "--keep-features", "--recogniser", "none", "--quiet"]
        use.command("index", use.folder, *first)
        with served(use.folder) as (address, _):
            use.address = address
            use.run([use.change, use.index, use.search, use.reindex, use.optimise, use.ask_server, use.follow])
        use.command("index", use.folder, "--recogniser", "none", "--retry", "--quiet")
        library = hearsight.Library.open(use.folder)
        use.command("index", use.folder, *first[2:], "--model", library.identity.model, "--library", root / "fresh")
        fresh = hearsight.Library.open(use.folder, root / "fresh")
        wrong = differences(library, fresh)
        info = library.info()
    counts = [{"what": what, "times": str(times)} for what, times in sorted(use.counts.items())]
    result = {
        "seconds": options.seconds, "errors": len(use.errors), "differences": len(wrong), "videos": info.videos,
        "clips": info.clips,
    }  # fmt: skip
    rows = [{"what": what, "": str(value)} for what, value in result.items()]
    print_results(hardware, [("done", counts), ("the library and a fresh one", rows)], result, options.json)
    for line in [*use.errors[:20], *wrong[:20]]:
        print(line, file=sys.stderr)
    sys.exit(bool(use.errors or wrong))


if __name__ == "__main__":
    main()
