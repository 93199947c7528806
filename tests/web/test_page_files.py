"""The page's files keep its rules: light, nothing inline, nothing from elsewhere, no text that becomes markup."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import hearsight

PAGE = Path(hearsight.__file__).parent / "web" / "page"
MODULES = sorted(PAGE.glob("*.js"))
MAX_BYTES = 150_000
SVG = "http://www.w3.org/2000/svg"  # a name, which nothing is fetched from


class Tags(HTMLParser):
    """Every tag with its attributes, and the text inside of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inline: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        if self.cdata_elem and data.strip():
            self.inline.append(data)


@pytest.fixture(scope="module")
def index() -> Tags:
    return Tags((PAGE / "index.html").read_text())


def imports(module: Path) -> list[str]:
    return re.findall(r"(?:from|^import) \"(\./[\w-]+\.js)\"", module.read_text(), re.MULTILINE)


def test_the_page_is_light_and_flat():
    assert all(path.is_file() for path in PAGE.iterdir())
    assert sum(path.stat().st_size for path in PAGE.iterdir()) < MAX_BYTES


def test_nothing_is_inline(index):
    assert not index.inline
    assert not [tag for tag, _ in index.tags if tag == "style"]
    assert not [(tag, name) for tag, names in index.tags for name in names if name == "style" or name.startswith("on")]
    assert all("src" in names for tag, names in index.tags if tag == "script")


def test_everything_named_is_in_the_folder(index):
    paths = [names.get("src") or names.get("href") for tag, names in index.tags if tag in ("script", "link", "img")]
    assert "page/main.js" in paths
    assert all((PAGE.parent / name).is_file() for name in paths)
    for module in MODULES:
        assert all((PAGE / name).is_file() for name in imports(module)), module.name


def test_every_module_is_used():
    used = {name.removeprefix("./") for module in MODULES for name in imports(module)} | {"main.js", "before-paint.js"}
    assert used == {module.name for module in MODULES}


@pytest.mark.parametrize("path", sorted(PAGE.iterdir()), ids=lambda path: path.name)
def test_nothing_comes_from_another_host(path):
    assert not re.findall(r"(?:https?:|wss?:|[\"'(=])//[\w.]+", path.read_text().replace(SVG, ""))
    assert "data:" not in re.sub(r"\{ data:?\b", "", path.read_text())


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_no_text_becomes_markup_or_code(module):
    forbidden = r"(?:inner|outer)HTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|setHTML"
    forbidden += r"|srcdoc|\beval\b|\bFunction\(|setAttribute\(\"(?:on|style)|javascript:"
    assert not re.findall(forbidden, module.read_text())


def test_every_drawing_is_there_and_used(index):
    defined = {names["id"] for tag, names in index.tags if tag == "symbol"}
    used = {names["href"].removeprefix("#") for tag, names in index.tags if tag == "use"}
    text = "".join(module.read_text() for module in MODULES)
    assert used <= defined
    assert all(name in used or f'"{name.removeprefix("i-")}"' in text for name in defined)


def test_every_place_that_a_module_looks_for_is_there(index):
    ids = {names["id"] for _, names in index.tags if "id" in names}
    used_ids = {name for module in MODULES for name in re.findall(r"\bbyId\(\"([\w-]+)\"\)", module.read_text())}
    assert used_ids
    assert used_ids <= ids
