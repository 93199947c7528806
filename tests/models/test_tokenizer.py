import pytest
import torch

from hearsight.errors import HearsightError
from hearsight.models import tokenizer as tokens
from hearsight.models.tokenizer import PUBLIC, Tokenizer
from hearsight.research.training.vocabulary import train_tokenizer
from tests.builders import tiny_model


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokenizer")
    train_tokenizer(["the doctor lost a yellow bicycle"] * 3, 700, folder)
    return Tokenizer(folder)


def test_start_words_end_padding(tokenizer):
    (ids,) = tokenizer(["the doctor"], 8)
    assert ids.tolist()[0] == tokenizer.start_id
    assert ids.tolist()[3:] == [tokenizer.end_id, 0, 0, 0, 0]
    assert torch.equal(tokenizer(["The  DOCTOR"], 8)[0], ids)


@pytest.mark.parametrize("text", ["", "word " * 10_000, "東京 ünïcode 🎸", "<|endoftext|>", "\x00\n\t", "!?;"])
def test_any_text_has_its_end_where_clip_looks_for_it(tokenizer, text):
    (ids,) = tokenizer([text], 32)
    end = int(ids.argmax())
    assert ids[end] == tokenizer.end_id
    assert not ids[end + 1 :].any()
    assert ids.max() == tokenizer.end_id


def test_missing_files_are_named():
    with pytest.raises(HearsightError, match="no CLIP tokenizer"):
        Tokenizer("no-such-folder")(["a"], 8)


def test_a_published_checkpoint_saved_offline_means_the_public_vocabulary(tmp_path, tokenizer, monkeypatch):
    fetched = []
    monkeypatch.setattr(tokens.HubModel, "fetch", lambda model: fetched.append(model.name) or tokenizer.source)
    assert Tokenizer(tmp_path, public=True)(["the doctor"], 8).tolist() == tokenizer(["the doctor"], 8).tolist()
    assert fetched == [PUBLIC]


def test_texts_are_independent(tmp_path):
    model = tiny_model(tmp_path)
    texts = ["a bell", "the doctor lost a yellow bicycle while a bell rings", ""]
    with torch.no_grad():
        together = model.encode_text(model.tokenize(texts))
        alone = torch.cat([model.encode_text(model.tokenize([text])) for text in texts])
    assert torch.allclose(together, alone, atol=1e-5)
