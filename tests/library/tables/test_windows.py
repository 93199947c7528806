"""Tables of windows have names that are safe as files' names, whatever their experts are called."""

import re

import pytest

from hearsight.library.tables.windows import drop_other_windows, table_name

NAMES = [
    "sentences:intfloat/multilingual-e5-small", "sentences:intfloat/multilingual-e5-base", "sentences:/home/ada/e5",
    "sentences:/home/ada/E5", "../../outside", "..", "", "/", "C:\\models", "a" * 5000, "\x00", "\ud800", "日本", "a b",
]  # fmt: skip


def test_a_plain_name_is_a_part_of_its_tables():
    assert table_name("wordllama") == "windows-wordllama" and table_name("my_2nd-expert") == "windows-my_2nd-expert"


@pytest.mark.parametrize("name", NAMES)
def test_any_other_name_becomes_one(name):
    assert re.fullmatch(r"windows-[a-z0-9-]{0,41}[0-9a-f]{8}", table_name(name))


def test_no_two_names_share_a_table():
    assert len({table_name(name) for name in NAMES}) == len(NAMES)
    assert table_name(NAMES[0]).startswith("windows-sentences-intfloat-multilingual-e5-small-")


def test_tables_of_other_experts_are_removed(tmp_path):
    for name in ("windows-wordllama.lance", "windows-letters.lance", f"{table_name(NAMES[0])}.lance", "clips.lance"):
        (tmp_path / name).mkdir()
    drop_other_windows(tmp_path, [NAMES[0], "letters"])
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"windows-letters.lance", f"{table_name(NAMES[0])}.lance", "clips.lance"}
