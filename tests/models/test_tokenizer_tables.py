"""A tokenizer of the few tokens that texts can have gives them the ids of the complete one."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, normalizers

from hearsight.models import tokenizer_tables
from hearsight.models.bpe import make_bpe
from hearsight.models.padded_texts import count_tokens, padded_ids, read_tokenizer
from hearsight.models.tokenizer_tables import TokenizerTables
from tests.public_checkpoints import SENTENCES, write_gemma_tokenizer, write_t5_tokenizer

LETTERS = "".join(SENTENCES) + "<eos>pd0xE3▁ \n🚲É"


@pytest.fixture(autouse=True)
def no_smallest(monkeypatch):
    monkeypatch.setattr(tokenizer_tables, "SMALLEST", 0)


@pytest.fixture(scope="module")
def complete(tmp_path_factory) -> Tokenizer:
    folder = tmp_path_factory.mktemp("tokenizer")
    write_gemma_tokenizer(folder)
    return read_tokenizer(folder, 16, lower_case=True)


@pytest.fixture(scope="module")
def tables(complete, tmp_path_factory) -> TokenizerTables:
    file = tmp_path_factory.mktemp("tables") / "tokenizer.npz"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokenizer_tables, "SMALLEST", 0)
        TokenizerTables.of(complete).write(file)
    return TokenizerTables.read(file)


@given(st.lists(st.text(LETTERS, max_size=60) | st.sampled_from(SENTENCES), max_size=4))
def test_texts_have_the_same_ids(complete, tables, texts):
    assert padded_ids(tables, texts) == padded_ids(complete, texts)
    assert count_tokens(tables, texts) == count_tokens(complete, texts)


@pytest.mark.parametrize("text", ["", "<eos>", "<0xE3>", "  ", "A CAT", "a" * 9000, "\0", "夜の海🚲", "<pad>a photo"])
def test_odd_texts(complete, tables, text):
    assert padded_ids(tables, [text]) == padded_ids(complete, [text])


def test_few_tokens_are_read(complete, tables):
    assert tables.tokenizer_of(["a cat"]).get_vocab_size() < complete.get_vocab_size() - 100


def test_another_form_has_no_tables(complete, tmp_path):
    write_t5_tokenizer(tmp_path)
    assert TokenizerTables.of(read_tokenizer(tmp_path, 16, lower_case=True)) is None
    clip = make_bpe({"a": 0, "a</w>": 1, "<|startoftext|>": 2, "<|endoftext|>": 3}, [("a", "a</w>")][:0])
    assert TokenizerTables.of(clip) is None
    composed = Tokenizer.from_str(complete.to_str())
    composed.normalizer = normalizers.NFC()
    assert TokenizerTables.of(composed) is None
    form = json.loads(complete.to_str())
    form["added_tokens"].append({**form["added_tokens"][0], "id": len(form["model"]["vocab"]), "content": "<new>"})
    assert TokenizerTables.of(Tokenizer.from_str(json.dumps(form))) is None


def test_a_small_vocabulary_needs_none(complete, monkeypatch):
    monkeypatch.setattr(tokenizer_tables, "SMALLEST", 50_000)
    assert TokenizerTables.of(complete) is None


def test_a_damaged_file_is_not_read(tables, tmp_path):
    file = tmp_path / "tokenizer.npz"
    tables.write(file)
    content = np.frombuffer(file.read_bytes(), np.uint8).copy()
    content[len(content) // 3] ^= 255
    file.write_bytes(content.tobytes())
    with pytest.raises(Exception, match=r".+"):
        TokenizerTables.read(file)
