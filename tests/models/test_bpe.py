"""Texts have the ids that transformers' CLIPTokenizer gives them, and files go from one to the other."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer, CLIPTokenizer

from hearsight.errors import HearsightError
from hearsight.models.bpe import END, START, read_bpe, write_bpe
from hearsight.models.catalog import DEMO

PIECES = [START, END, "</w>", "<|", "'ve", "\u2019s", "DON'T", "e\u0301", "İ", "ǅ", "ß", "ﬁ", "東京", "🎸"]
PIECES += ["\u200d", "\u2003", "\ufeff", "\x00", "\x85", " \t\n ", "x9²½٣", "...!!", "the doctor", "a_b-c", "ϓ\u0308"]


@pytest.fixture(scope="module")
def both():
    return read_bpe(DEMO), CLIPTokenizer.from_pretrained(DEMO)


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=6) | st.text("abc 'sTEv<|>", max_size=12)).map("".join))
def test_ids_are_those_of_transformers(both, text):
    ours, theirs = both
    expected = theirs.encode(text, add_special_tokens=False, split_special_tokens=True)
    assert ours.encode(text, add_special_tokens=False).ids == expected


def test_a_special_token_that_is_spelt_means_its_letters(both):
    ids = both[0].encode(f"{START} a bell {END}", add_special_tokens=False).ids
    assert ids and not {both[0].token_to_id(token) for token in (START, END)} & set(ids)


def as_older(folder):
    """The files that were CLIP's before there was tokenizer.json."""
    model = json.loads((folder / "tokenizer.json").read_text())["model"]
    (folder / "vocab.json").write_text(json.dumps(model["vocab"]))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in model["merges"]))
    (folder / "tokenizer.json").unlink()


def with_spaces(folder):
    """As tokenizer.json was written before merges were pairs."""
    file = json.loads((folder / "tokenizer.json").read_text())
    file["model"]["merges"] = [" ".join(pair) for pair in file["model"]["merges"]]
    (folder / "tokenizer.json").write_text(json.dumps(file))


@pytest.mark.parametrize("change", [as_older, with_spaces, lambda folder: None])
def test_any_of_its_files_will_do(both, change, tmp_path):
    write_bpe(both[0], tmp_path)
    change(tmp_path)
    text = "Someone's 2 bells ring, while the doctor lost a bicycle"
    assert read_bpe(tmp_path).encode(text).ids == both[1].encode(text)


def test_transformers_reads_what_is_written(both, tmp_path):
    write_bpe(both[0], tmp_path)
    again = AutoTokenizer.from_pretrained(tmp_path)
    assert isinstance(again, CLIPTokenizer) and again.get_vocab() == both[1].get_vocab()
    special = "bos_token_id", "eos_token_id", "pad_token_id", "unk_token_id"
    assert [getattr(again, name) for name in special] == [getattr(both[1], name) for name in special]
    assert again.encode("The  doctor's bell") == both[1].encode("The  doctor's bell")
    assert json.loads((tmp_path / "tokenizer.json").read_text()) == json.loads((DEMO / "tokenizer.json").read_text())


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "cannot read the tokenizer in .*; download or copy its files again"),
        ('{"model": {"type": "Unigram", "vocab": [["a", 0.0]]}}', "cannot read the tokenizer"),
        ('{"model": {"vocab": {"a": 0}, "merges": []}}', r"lacks <\|endoftext\|> and <\|startoftext\|>, so it is not"),
    ],
)
def test_what_is_no_tokenizer_of_clip(content, says, tmp_path):
    (tmp_path / "tokenizer.json").write_text(content)
    with pytest.raises(HearsightError, match=says):
        read_bpe(tmp_path)


def test_a_vocabulary_without_its_merges(tmp_path):
    (tmp_path / "vocab.json").write_text("{}")
    with pytest.raises(HearsightError, match="cannot read the tokenizer"):
        read_bpe(tmp_path)
