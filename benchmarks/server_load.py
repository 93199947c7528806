"""Measures `hearsight serve`: its start, searches under load, beside a streaming film, and with 64 clients.

    python benchmarks/server_load.py
    python benchmarks/server_load.py --seconds 60 --json

Needs wrk (Debian's package) and, for the last figure, Playwright and Debian's Chromium. The library of the load is made
up as in query.py: clips of the demo model's size, and one file of half a gigabyte that is streamed. The generator runs
on the same cores as the server and takes its share of them.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import httpx2
import numpy as np

import hearsight
from harness import WORDS, machine, print_results
from hearsight.cli.demo import index_demo
from query import make_library
from synthetic_clips import write_clips

LUA = Path(__file__).with_name("server_load.lua")
PAGE = Path(hearsight.__file__).parent / "web" / "page"
STARTS = 5
FILM_MB = 512
CHROMIUM = "/usr/bin/chromium"


@dataclass(frozen=True)
class Load:
    """Milliseconds of an answer; numbers of answers, of 503s with Retry-After, and of everything else."""

    clients: int
    seconds: float
    p50: float
    p95: float
    most: float
    answers: int
    busy: int
    errors: int
    peak_mb: float
    film_mb_per_second: float | None = None

    def row(self, name: str) -> dict[str, str]:
        return {
            "load": name,
            "clients": str(self.clients),
            "p50 / p95 / most ms": f"{self.p50:.1f} / {self.p95:.1f} / {self.most:.0f}",
            "answers a second": f"{self.answers / self.seconds:.0f}",
            "503": str(self.busy),
            "errors": str(self.errors),
            "server's peak": f"{self.peak_mb:.0f} MB",
            "film": "" if self.film_mb_per_second is None else f"{self.film_mb_per_second:.0f} MB/s",
        }


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, int]]:
    """Run a server of a library; yields its address and process."""
    command = [sys.executable, "-m", "hearsight", "serve", str(folder), "--port", "0"]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert server.stderr
        match = re.search(r"http://[^ ]+/", server.stderr.readline())
        assert match, "the server printed no address"
        yield match[0], server.pid
    finally:
        server.terminate()
        server.wait()


def ready(folder: Path) -> tuple[float, float]:
    """Return the seconds from the start of the process to the page, and to the first answer."""
    begun = time.perf_counter()
    with served(folder) as (address, _):
        httpx2.get(address).raise_for_status()
        page = time.perf_counter() - begun
        httpx2.get(f"{address}api/v1/search?q=bell", timeout=60).raise_for_status()
        return page, time.perf_counter() - begun


def load(address: str, process: int, clients: int, seconds: int, film: str | None = None) -> Load:
    """Search by so many clients, each of which searches again as soon as it has an answer."""
    options = ["-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "30s", "-s", str(LUA)]
    environment = {**os.environ, "WORDS": " ".join(WORDS)}
    download = Download(film, seconds) if film else None
    done = subprocess.run(["wrk", *options, address], capture_output=True, text=True, env=environment, check=True)
    match = re.search(r"RESULT (\{.*\})", done.stdout)
    assert match, done.stdout
    rate = download.rate() if download else None
    return Load(clients, peak_mb=peak(process), film_mb_per_second=rate, **json.loads(match[1]))


class Download(threading.Thread):
    """Downloads a file again and again, by curl, which costs less than Python would."""

    def __init__(self, url: str, seconds: int) -> None:
        super().__init__()
        self.url, self.seconds, self.taken = url, seconds, 0
        self.start()

    def run(self) -> None:
        end = time.monotonic() + self.seconds
        while (remaining := end - time.monotonic()) > 0:
            arguments = ["--silent", "--output", os.devnull, "--write-out", "%{size_download}"]
            done = subprocess.run(
                ["curl", *arguments, "--max-time", f"{remaining:.2f}", self.url], capture_output=True, text=True
            )
            self.taken += int(done.stdout)

    def rate(self) -> float:
        """Return the MB a second."""
        self.join()
        return self.taken / 1e6 / self.seconds


def peak(process: int) -> float:
    """Return the sum of the memory peaks of a server and its helpers, in MB."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    statuses = [Path(f"/proc/{one}/status").read_text() for one in (process, *children)]
    return sum(int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) for status in statuses) / 1000


def add_film(library: Any) -> str:
    """Add a file that stands for a film, as if it had been indexed, and return the id of its clip."""
    import torch

    from hearsight.library.tables.schema import ClipFacts, Video, clip_id
    from hearsight.types import Clip

    path = library.folder / "film.mp4"
    with path.open("wb") as file:
        file.truncate(FILM_MB * 1_000_000)
    store, schema = library.searchable.store, library.searchable.store.clips.schema
    F, W = schema.field("mask").type.list_size, schema.field("pooled").type.list_size
    D = schema.field("frames").type.list_size // F
    random = torch.from_numpy(np.random.default_rng(1).standard_normal((1, F, D), np.float32))
    video, clip = "f" * 16, Clip(Path(), 0.0, 15.0)
    facts = ClipFacts(clip_id(video, clip), video, clip, "", "", [], False, True, None)
    write_clips(store, [facts], random, torch.ones(1, W))
    status = path.stat()
    stamp = f"{status.st_size}:{status.st_mtime_ns}"
    store.put_videos([Video(video, path.name, status.st_size, stamp, video, 60.0)])
    return facts.id


def measure_paint(address: str, rounds: int = 9) -> float | None:
    """Return the median milliseconds from Enter to the first frame with results; None without a browser."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    if not Path(CHROMIUM).exists():
        return None
    times = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for turn in range(rounds + 1):
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(address, wait_until="networkidle")
            box = page.get_by_role("searchbox").first
            box.fill(f"{WORDS[turn]} and a bell")
            page.evaluate(PAINT)
            box.press("Enter")
            times.append(page.evaluate("window.painted"))
            page.close()
        browser.close()
    return median(times[1:])


PAINT = """() => {
  addEventListener("keydown", () => { window.entered = performance.now() }, {capture: true, once: true})
  window.painted = new Promise((resolve) => {
    const seen = new MutationObserver(() => {
      if (!document.querySelector("#grid > *")) return
      seen.disconnect()
      requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - window.entered)))
    })
    seen.observe(document.body, {childList: true, subtree: true})
  })
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=10_000, help="in the library that is searched")
    parser.add_argument("--seconds", type=int, default=60, help="of each load")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("wrk is missing; on Debian: apt-get install wrk")

    hardware = machine()
    with tempfile.TemporaryDirectory() as folder:
        demo = index_demo(Path(folder) / "demo")
        starts = [ready(demo.folder) for _ in range(STARTS)]
        with served(demo.folder) as (address, _):
            httpx2.get(f"{address}api/v1/search?q=bell", timeout=60)
            paint = measure_paint(address)
        library = make_library("demo", demo.model, Path(folder) / "many", options.clips)
        film = add_film(library)
        with served(library.folder) as (address, process):
            url = f"{address}api/v1/libraries/many/clips/{film}/media"
            httpx2.get(f"{address}api/v1/search?q=bell", timeout=60)
            load(address, process, 8, 5)  # what has been asked once is quicker
            loads = {
                "searches": load(address, process, 8, options.seconds),
                "beside a film": load(address, process, 8, options.seconds, url),
                "many": load(address, process, 64, options.seconds),
            }
    weight = sum(file.stat().st_size for file in PAGE.iterdir())
    facts = {
        "the page, after the start": f"{median(page for page, _ in starts):.2f} s",
        "the first answer, after the start": f"{median(answer for _, answer in starts):.2f} s",
        "first results painted, after Enter": "not measured" if paint is None else f"{paint:.0f} ms",
        "all files of the page": f"{weight / 1000:.0f} kB",
    }
    tables = [
        (f"medians of {STARTS} starts and 9 searches on the demo library", [facts]),
        (f"{options.clips:,} clips, {options.seconds} s each", [each.row(name) for name, each in loads.items()]),
    ]
    results = [{"starts": starts, "painted": paint, "weight": weight}, *(asdict(each) for each in loads.values())]
    print_results(hardware, tables, results, options.json)


if __name__ == "__main__":
    main()
