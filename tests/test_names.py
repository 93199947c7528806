"""Names and prose need no key: no vague word is a name, and no riddle is left in the text."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("src/hearsight", "tests", "benchmarks", "experiments", "scripts")
VAGUE = {
    "ahead", "alike", "asked", "asking", "at", "beside", "besides", "filling", "found", "kept", "known", "left", "made",
    "place", "places", "ranked", "resident", "serving", "stored", "telling", "told", "unplaced", "where", "whole",
}  # fmt: skip
# Names that mean what they say: the real place that a sentence of Soundstage names, which is a key of its manifests.
ALLOWED = {("src/hearsight/research/soundstage/sentences.py", "place")}
FILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
RIDDLES = (
    "What was made of clips that are others now",
    "Do not encode nothing twice",
    "Of all clips.",
    "Of its run",
    "who comes second",
    "whoever watches",
    "nothing of them",
    "for who fuses them",
)
TEXTS = {".py", ".md", ".js", ".html", ".css", ".toml", ".yaml", ".yml", ".txt", ""}


def defined_names(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every name that a file defines, with its line: classes, functions, parameters, variables, attributes."""
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                yield node.name, node.lineno
            case ast.arg():
                yield node.arg, node.lineno
            case ast.Name(ctx=ast.Store()):
                yield node.id, node.lineno
            case ast.Attribute(ctx=ast.Store()):
                yield node.attr, node.lineno
            case ast.alias(asname=str()):
                yield node.asname, node.lineno
            case ast.ExceptHandler(name=str()):
                yield node.name, node.lineno


def vague_names(path: Path) -> list[str]:
    names = [(path.stem, 1), *defined_names(ast.parse(path.read_text(encoding="utf-8")))]
    file = str(path.relative_to(ROOT))
    wrong = {(n, name) for name, n in names if name.strip("_").lower() in VAGUE and (file, name) not in ALLOWED}
    return [f"{file}:{line} {name}" for line, name in sorted(wrong)]


def room_of(path: Path) -> str:
    parts = path.relative_to(ROOT).parts
    return "/".join(parts[: 3 if parts[0] == "src" else 2][: len(parts) - 1]) + "/"


@pytest.mark.parametrize("room", sorted({room_of(path) for path in FILES}))
def test_no_name_is_vague(room):
    wrong = [name for path in FILES if room_of(path) == room for name in vague_names(path)]
    assert not wrong, "rename these after what they are:\n" + "\n".join(wrong)


def test_no_riddle_is_left():
    folders = (*FOLDERS, "docs")
    texts = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in TEXTS]
    texts += list(ROOT.glob("*.md"))
    wrong = []
    for path in texts:
        if path.is_file() and path != Path(__file__):
            text = re.sub(r"\s+", " ", path.read_text(encoding="utf-8", errors="replace"))
            wrong += [f"{path.relative_to(ROOT)}: {riddle}" for riddle in RIDDLES if riddle in text]
    assert not wrong, "say these plainly:\n" + "\n".join(wrong)
