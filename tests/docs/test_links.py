"""Every link in README.md, CHANGELOG.md and docs leads to a file that exists, and to a heading of that page."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)")


def headings(page: Path) -> set[str]:
    """Return the anchors of a page, as GitHub makes them from its headings."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), f"{page.name}: no {target}"
        if anchor:
            assert anchor in headings(path), f"{page.name}: no heading {anchor} in {path.name}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_modules_that_pages_name_exist(page):
    if page.name == "CHANGELOG.md":  # which names what there was
        return
    source = ROOT / "src" / "hearsight"
    rooms = {path.name for path in source.iterdir() if path.is_dir()}
    for name in re.findall(r"`((?:\w+/)+\w*\.?\w*)`", page.read_text(encoding="utf-8")):
        room = name.split("/")[0]
        if room in rooms:
            assert (source / name).exists(), f"{page.name}: no {name} in src/hearsight"
        elif room in ("src", "docs", "benchmarks", "experiments", "scripts"):
            assert (ROOT / name).exists(), f"{page.name}: no {name}"
