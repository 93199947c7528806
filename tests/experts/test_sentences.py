"""Sentence encoders compute what transformers computes, from the hub's files."""

import json
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
import torch
import transformers
from transformers import AutoModel, PreTrainedTokenizerFast

from hearsight.errors import HearsightError
from hearsight.experts.sentences import SentenceEncoder
from tests.experts.sentence_checkpoints import CLASSES, tiny_checkpoint, write_json

TEXTS = [
    "the doctor lost a yellow bicycle", "a bell rings", "x", "a bell rings", "The Doctor: \n lost 日本", "bike " * 9,
    "word " * 3000, "  the query  ",
]  # fmt: skip
E5 = ("query: ", "passage: ")


def reference(folder, texts, pooling="mean", prefix="", max_tokens=None):
    """Unit vectors by transformers and sentence-transformers' pooling, of one padded batch."""
    model = AutoModel.from_pretrained(folder, add_pooling_layer=False, dtype=torch.float32).eval()
    specials = json.loads((folder / "tokenizer.json").read_text())["added_tokens"]
    padding = next(token["content"] for token in specials if "pad" in token["content"].lower())
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"), pad_token=padding)
    offset = 0 if model.config.model_type == "bert" else model.config.pad_token_id + 1
    length = max_tokens or model.config.max_position_embeddings - offset
    batch = tokenizer(
        [prefix + text.strip() for text in texts], padding=True, truncation=True, max_length=length, return_tensors="pt"
    )
    with torch.no_grad():
        states = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).last_hidden_state
    mask = batch["attention_mask"][..., None]
    pooled = states[:, 0] if pooling == "cls" else (states * mask).sum(1) / mask.sum(1)
    return torch.nn.functional.normalize(pooled, dim=-1).numpy()


@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize("pieces", ["words", "sentences"])
def test_it_computes_what_transformers_does(tmp_path, kind, pieces):
    folder = tiny_checkpoint(tmp_path / "model", kind, pieces)
    vectors = SentenceEncoder(str(folder)).encode_passages(TEXTS)
    np.testing.assert_allclose(vectors, reference(folder, TEXTS), atol=1e-5)
    assert np.ptp(vectors, axis=0).max() > 0.1  # texts differ


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_weights_in_half_precision_are_read_as_they_are(tmp_path, dtype):
    folder = tiny_checkpoint(tmp_path / "model", dtype=dtype)
    np.testing.assert_allclose(SentenceEncoder(str(folder)).encode_passages(TEXTS), reference(folder, TEXTS), atol=1e-5)


@pytest.mark.parametrize(
    ("configuration", "pooling"),
    [
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, "cls"),
        ({"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}, "mean"),
        ({"pooling_mode": "cls"}, "cls"),
        ({}, "mean"),
    ],
)
def test_states_are_pooled_as_the_checkpoint_says(tmp_path, configuration, pooling):
    folder = tiny_checkpoint(tmp_path / "model", pooling=configuration)
    vectors = SentenceEncoder(str(folder)).encode_passages(TEXTS)
    np.testing.assert_allclose(vectors, reference(folder, TEXTS, pooling), atol=1e-5)


def test_texts_are_cut_as_the_checkpoint_says(tmp_path):
    folder = tiny_checkpoint(tmp_path / "model")
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": 9, "do_lower_case": False})
    vectors = SentenceEncoder(str(folder)).encode_passages(TEXTS)
    np.testing.assert_allclose(vectors, reference(folder, TEXTS, max_tokens=9), atol=1e-5)


@pytest.mark.parametrize(
    ("name", "prompts", "prefixes"),
    [
        ("multilingual-e5-small", None, E5),
        ("my-e5", {"query": "", "document": ""}, E5),
        ("multilingual-e5-large-instruct", None, ("", "")),
        ("mine5", None, ("", "")),
        ("mine", {"query": "bell: ", "document": "word: "}, ("bell: ", "word: ")),
        ("my-e5", {"query": "bell: "}, ("bell: ", "")),
    ],
)
def test_queries_and_passages_are_prefixed_as_the_model_wants(tmp_path, name, prompts, prefixes):
    folder = tiny_checkpoint(tmp_path / name, pieces="sentences", prompts=prompts)
    encoder = SentenceEncoder(str(folder))
    for encode, prefix in zip((encoder.encode_queries, encoder.encode_passages), prefixes, strict=True):
        np.testing.assert_allclose(encode(TEXTS), reference(folder, TEXTS, prefix=prefix), atol=1e-5)


def test_a_copy_under_another_name_is_prefixed_too(tmp_path):
    folder = tiny_checkpoint(tmp_path / "copy")
    config = json.loads((folder / "config.json").read_text())
    write_json(folder / "config.json", {**config, "_name_or_path": "intfloat/e5-small-v2"})
    np.testing.assert_allclose(
        SentenceEncoder(str(folder)).encode_queries(TEXTS), reference(folder, TEXTS, prefix="query: "), atol=1e-5
    )


@pytest.mark.parametrize("pieces", ["words", "sentences"])
@pytest.mark.parametrize("name", ["e5", "mine"])
def test_what_cannot_be_read_is_near_to_nothing(tmp_path, pieces, name):
    encoder = SentenceEncoder(str(tiny_checkpoint(tmp_path / name, pieces=pieces)))
    vectors = encoder.encode_queries(["", " \n", "Ω", "ΩΨ ΩΩ", "Ω bell", "bell"])
    assert vectors.any(axis=1).tolist() == [False] * 4 + [True] * 2
    assert encoder.encode_passages([]).shape == (0, 36) and not encoder.encode_passages([""]).any()


@pytest.mark.parametrize("pieces", ["words", "sentences"])
def test_any_other_text_has_a_unit_vector(tmp_path, pieces):
    encoder = SentenceEncoder(str(tiny_checkpoint(tmp_path / "model", pieces=pieces)))
    for text in ("a", "日本", "x " * 100_000, "word " * 10_000, "\x00 a \ud7ff", "1972", "<s> </s> <pad>", "[PAD] a"):
        assert np.linalg.norm(encoder.encode_queries([text])) == pytest.approx(1, abs=1e-5), text[:20]


def test_special_tokens_in_a_text_are_letters(tmp_path):
    encoder = SentenceEncoder(str(tiny_checkpoint(tmp_path / "model")))
    letters, plain = encoder.encode_passages(["[SEP] bell [SEP]", "bell"])
    assert encoder._tokenizer.encode("[SEP] bell [SEP]").tokens.count("[SEP]") == 1 and letters @ plain < 0.999


def test_a_text_has_the_same_vector_in_any_batch(tmp_path):
    encoder = SentenceEncoder(str(tiny_checkpoint(tmp_path / "model")))
    texts = [" ".join(["bell"] * (number % 30 + 1) + ["a"] * (number % 7)) for number in range(300)]
    alone = np.concatenate([encoder.encode_passages([text]) for text in texts])
    np.testing.assert_allclose(encoder.encode_passages(texts), alone, atol=1e-5)


def test_weights_in_several_files_and_inside_another_model(tmp_path):
    folder = tiny_checkpoint(tmp_path / "model", shards="20KB")
    assert len(list(folder.glob("model-*.safetensors"))) > 1
    expected = reference(folder, TEXTS)
    np.testing.assert_allclose(SentenceEncoder(str(folder)).encode_passages(TEXTS), expected, atol=1e-5)
    inside = transformers.BertForMaskedLM.from_pretrained(folder)
    for file in folder.glob("model*"):
        file.unlink()
    inside.save_pretrained(folder)
    np.testing.assert_allclose(SentenceEncoder(str(folder)).encode_passages(TEXTS), expected, atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16], ids=str)
def test_the_table_of_tokens_stays_on_the_disk(tmp_path, dtype):
    folder = tiny_checkpoint(tmp_path / "model", dtype=dtype, vocab_size=200_000)
    tracemalloc.start()
    try:
        encoder = SentenceEncoder(str(folder))
        assert encoder.encode_queries(["a bell rings"]).any() and encoder.fingerprint
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000 < 200_000 * 36 * 2


def test_the_fingerprint_follows_what_changes_vectors(tmp_path):
    def fingerprint(folder="model", **options):
        return SentenceEncoder(str(tiny_checkpoint(tmp_path / folder, **options))).fingerprint

    changes = {"seed": 1}, {"kind": "xlm-roberta"}, {"pieces": "sentences"}, {"dtype": torch.float16}
    changes += {"pooling": {"pooling_mode_cls_token": True}}, {"prompts": {"query": "bell"}}, {"layer_norm_eps": 1e-3}
    first = fingerprint()
    assert fingerprint("copy") == first
    others = [fingerprint(str(number), **change) for number, change in enumerate(changes)]
    assert len({first, *others}) == 1 + len(changes)


def test_it_needs_neither_torch_nor_transformers(tmp_path):
    folder = tiny_checkpoint(tmp_path / "model")
    program = (
        f"import sys; from hearsight.experts.registry import load_expert; e = load_expert('sentences:{folder}');"
        "e.encode_queries(['a dog']); e.fingerprint;"
        "print({'torch', 'transformers', 'huggingface_hub.hf_api', 'httpx'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.stdout == "set()\n", run.stderr


def edit_config(folder, **values):
    config = json.loads((folder / "config.json").read_text())
    write_json(folder / "config.json", {**config, **values})


def edit_weights(folder, edit):
    from safetensors.numpy import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    edit(weights)
    save_file(weights, folder / "model.safetensors")


QUERY = "encoder.layer.1.attention.self.query.weight"
FAULTS = {
    "no weights": lambda folder: (folder / "model.safetensors").unlink(),
    "no tokenizer": lambda folder: (folder / "tokenizer.json").unlink(),
    "no config": lambda folder: (folder / "config.json").unlink(),
    "config of another kind": lambda folder: write_json(folder / "config.json", []),
    "config that is no JSON": lambda folder: (folder / "config.json").write_text("{"),
    "another model": lambda folder: edit_config(folder, model_type="mpnet"),
    "other positions": lambda folder: edit_config(folder, position_embedding_type="relative_key"),
    "another activation": lambda folder: edit_config(folder, hidden_act="relu"),
    "heads that do not divide": lambda folder: edit_config(folder, num_attention_heads=5),
    "too many layers": lambda folder: edit_config(folder, num_hidden_layers=10**9),
    "another width": lambda folder: edit_config(folder, hidden_size=33),
    "too few positions": lambda folder: edit_config(folder, max_position_embeddings=4),
    "positions that are used up": lambda folder: edit_config(folder, model_type="roberta", pad_token_id=60),
    "a dense layer": lambda folder: write_json(folder / "modules.json", [{"type": "models.Dense"}]),
    "another pooling": lambda folder: write_json(folder / "1_Pooling/config.json", {"pooling_mode_max_tokens": True}),
    "two poolings": lambda folder: write_json(
        folder / "1_Pooling/config.json", {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True}
    ),
    "weights cut short": lambda folder: (folder / "model.safetensors").write_bytes(
        (folder / "model.safetensors").read_bytes()[:-50_000]
    ),
    "empty weights": lambda folder: (folder / "model.safetensors").write_bytes(b""),
    "a header without end": lambda folder: (folder / "model.safetensors").write_bytes(b"\xff" * 64),
    "a header of another kind": lambda folder: (folder / "model.safetensors").write_bytes(
        (2).to_bytes(8, "little") + b"[]" + b"\x00" * 64
    ),
    "a damaged list of weights": lambda folder: (folder / "model.safetensors.index.json").write_text("[]"),
    "a missing tensor": lambda folder: edit_weights(folder, lambda weights: weights.pop(QUERY)),
    "no finite numbers": lambda folder: edit_weights(folder, lambda weights: weights[QUERY].fill(np.nan)),
    "a damaged tokenizer": lambda folder: (folder / "tokenizer.json").write_text("{}"),
    "a tokenizer of another model": lambda folder: edit_weights(
        folder, lambda weights: weights.update({WORD_TABLE: weights[WORD_TABLE][:20].copy()})
    ) or edit_config(folder, vocab_size=20),
}  # fmt: skip
WORD_TABLE = "embeddings.word_embeddings.weight"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_checkpoint_is_refused_in_one_line(tmp_path, fault):
    folder = tiny_checkpoint(tmp_path / "model")
    FAULTS[fault](folder)
    with pytest.raises(HearsightError) as raised:
        SentenceEncoder(str(folder)).encode_queries(["a bell"])
    message = str(raised.value)
    assert "\n" not in message and ";" in message and "model" in message
