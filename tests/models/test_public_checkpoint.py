"""SigLIP, SigLIP2 and MetaCLIP 2 from the hub's files: equal to transformers, from a picture to the similarity."""

import json

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from torch.nn.functional import normalize
from transformers import AutoTokenizer, Siglip2Tokenizer
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

import hearsight
from hearsight.media.frames import read_frames
from hearsight.models import tokenizer_tables
from hearsight.models.methods.clip4clip import CLIP4Clip
from hearsight.models.query_cache import read_queries, write_queries
from hearsight.models.torch_queries import TorchQueryEncoder, numpy_queries
from tests.media_files import make_media
from tests.public_checkpoints import (
    tiny_metaclip,
    tiny_siglip,
    write_gemma_tokenizer,
    write_t5_tokenizer,
)

TEXTS = ["a cat", "The Doctor lost a YELLOW bicycle!", "ein Hund", "夜の海", "", "<eos>", "word " * 200, "🚲", "   x  "]
ODD = [
    {},
    {"text": {"max_position_embeddings": 16}, "vision": {"image_size": 37, "patch_size": 8}},
    {"text": {"hidden_size": 36, "num_attention_heads": 3, "num_hidden_layers": 1}, "vision": {"hidden_size": 20}},
    {"text": {"hidden_act": "gelu"}, "vision": {"layer_norm_eps": 1e-5, "intermediate_size": 33}},
    {"dtype": torch.bfloat16},
    {"dtype": torch.float16},
    {"tokenizer": write_t5_tokenizer},
]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "hearsight" / "queries"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "siglip"


def pictures(seed: int = 0) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    shapes = [(48, 64), (64, 48), (40, 40), (3, 90), (240, 320)]
    return [random.integers(0, 255, (*shape, 3), dtype=np.uint8) for shape in shapes]


def reference_ids(folder, texts, length: int) -> torch.Tensor:
    """Token ids by transformers' class of SigLIP2, which lower-cases, or of the folder's own."""
    reader = Siglip2Tokenizer if "Gemma" in (folder / "tokenizer_config.json").read_text() else AutoTokenizer
    tokenizer = reader.from_pretrained(folder)
    return tokenizer(texts, padding="max_length", max_length=length, truncation=True, return_tensors="pt").input_ids


@pytest.mark.parametrize("change", ODD, ids=range(len(ODD)))
def test_from_pictures_and_texts_to_similarities_it_is_transformers_model(folder, change):
    reference = tiny_siglip(folder, **change)
    model = hearsight.load(folder)
    assert type(model) is CLIP4Clip
    frames = pictures()
    processor = SiglipImageProcessorPil.from_pretrained(folder)
    expected_pixels = processor([Image.fromarray(frame) for frame in frames], return_tensors="pt").pixel_values
    clips = model.prepare(frames, None, "")
    torch.testing.assert_close(clips.pixel_values[: len(frames)], expected_pixels, rtol=0, atol=1e-6)
    ids = model.tokenize(TEXTS)
    with torch.no_grad():
        theirs = reference(input_ids=ids, pixel_values=expected_pixels)
        video = model.encode_video(expected_pixels[:, None], torch.ones(len(frames), 1))
        text = model.encode_text(ids)
        ours = model.similarity(text, video)
    torch.testing.assert_close(text, theirs.text_embeds, rtol=0, atol=1e-5)
    torch.testing.assert_close(video.pooled, theirs.image_embeds, rtol=0, atol=1e-5)
    # Cosines times 100. A clip of one frame has the similarity of that frame. The bias is the same for all.
    scaled = theirs.logits_per_text - reference.logit_bias
    torch.testing.assert_close(ours, scaled, rtol=0, atol=1e-3)


@pytest.mark.parametrize("length", [64, 16])
def test_texts_are_tokens_of_transformers_class_for_siglip2(folder, length):
    tiny_siglip(folder, {"max_position_embeddings": length})
    model = hearsight.load(folder)
    texts = [text for text in TEXTS if "<eos>" not in text]
    assert torch.equal(model.tokenize(texts), reference_ids(folder, texts, length))
    assert torch.equal(model.tokenize(["A CAT"]), model.tokenize(["a cat"]))
    assert model.tokenize(["x"]).shape == (1, length)


def test_a_text_that_spells_a_special_token_is_letters(folder):
    tiny_siglip(folder)
    ids = hearsight.load(folder).tokenize(["<eos>"])[0].tolist()
    assert ids.count(1) == 1 and ids.index(1) > 1  # the one that ends the text


def test_siglips_texts_lose_punctuation(folder):
    """As transformers' SiglipTokenizer does it, which needs sentencepiece."""
    tiny_siglip(folder, tokenizer=write_t5_tokenizer)
    model = hearsight.load(folder)
    assert torch.equal(model.tokenize(["  A  CAT, (two)\ndogs! "]), model.tokenize(["a cat two dogs"]))
    assert model.tokenize(["a cat"])[0, -1] == 1  # padded with </s>


def test_a_tokenizer_that_keeps_capitals(folder):
    tiny_siglip(folder, tokenizer=lambda folder: write_gemma_tokenizer(folder, do_lower_case=False))
    model = hearsight.load(folder)
    assert not torch.equal(model.tokenize(["A CAT"]), model.tokenize(["a cat"]))


def test_a_shorter_text_by_the_tokenizers_own_limit(folder):
    tiny_siglip(folder, tokenizer=lambda folder: write_gemma_tokenizer(folder, model_max_length=12))
    assert hearsight.load(folder).tokenize(["a cat"]).shape == (1, 12)


def test_metaclip_is_transformers_model(folder):
    reference = tiny_metaclip(folder)
    model = hearsight.load(folder)
    frames = pictures()
    expected = CLIPImageProcessorPil.from_pretrained(folder)([Image.fromarray(f) for f in frames], return_tensors="pt")
    ours = torch.stack([model.clip.prepare(frame) for frame in frames])
    torch.testing.assert_close(ours, expected.pixel_values, rtol=0, atol=1e-6)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    texts = [text for text in TEXTS if text.strip() == text]
    ids = tokenizer(texts, padding="max_length", max_length=77, truncation=True, return_tensors="pt").input_ids
    assert torch.equal(model.tokenize(texts), ids)
    with torch.no_grad():
        theirs = reference(input_ids=ids, pixel_values=ours)
        video = model.encode_video(ours[:, None], torch.ones(len(frames), 1))
        similarity = model.similarity(model.encode_text(ids), video)
    torch.testing.assert_close(model.encode_texts(texts), theirs.text_embeds, rtol=0, atol=1e-5)
    torch.testing.assert_close(similarity, theirs.logits_per_text, rtol=0, atol=1e-4)


@pytest.mark.parametrize("make", [tiny_siglip, tiny_metaclip])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_queries_in_numpy_are_the_models(folder, cache, make, dtype):
    make(folder)
    model = hearsight.load(folder)
    expected = TorchQueryEncoder(model).encode(TEXTS)
    loaded = hearsight.load(folder, dtype=dtype)
    write_queries(str(folder), loaded.fingerprint, numpy_queries(loaded))
    assert (cache / f"{loaded.fingerprint}-1" / "weights.npy").stat().st_size == 128  # nothing is copied
    encoder = read_queries(str(folder), loaded.fingerprint)
    np.testing.assert_allclose(encoder.encode(TEXTS), expected, atol=1e-5)
    assert encoder.count_pieces(["a", "yellow", "", "🚲"]) == TorchQueryEncoder(model).count_pieces(
        ["a", "yellow", "", "🚲"]
    )
    assert encoder.count_pieces(["a"]) == [1]


def test_of_a_large_vocabulary_only_the_tokens_of_a_query_are_read(folder, cache, monkeypatch):
    monkeypatch.setattr(tokenizer_tables, "SMALLEST", 0)
    tiny_siglip(folder)
    model = hearsight.load(folder)
    write_queries(str(folder), model.fingerprint, numpy_queries(model))
    assert not (cache / f"{model.fingerprint}-1" / "tokenizer.json").exists()
    encoder = read_queries(str(folder), model.fingerprint)
    np.testing.assert_allclose(encoder.encode(TEXTS), TorchQueryEncoder(model).encode(TEXTS), atol=1e-5)
    assert encoder.count_pieces(TEXTS) == model.tokenizer.count_pieces(TEXTS)
    (cache / f"{model.fingerprint}-1" / "tokenizer.npz").write_bytes(b"no tables")
    assert read_queries(str(folder), model.fingerprint) is None
    write_queries(str(folder), model.fingerprint, numpy_queries(model))
    assert read_queries(str(folder), model.fingerprint) is not None


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_of_a_checkpoint_in_half_only_the_table_is_mapped(folder, cache, dtype):
    tiny_siglip(folder, dtype=dtype)
    model = hearsight.load(folder)
    write_queries(str(folder), model.fingerprint, numpy_queries(model))
    description = json.loads((cache / f"{model.fingerprint}-1" / "encoder.json").read_text())
    [mapped] = description["mapped"].values()
    assert list(mapped["tensors"].values()) == ["text_model.embeddings.token_embedding.weight"]
    encoder = read_queries(str(folder), model.fingerprint)
    np.testing.assert_allclose(encoder.encode(TEXTS), TorchQueryEncoder(model).encode(TEXTS), atol=1e-5)


def test_queries_of_a_changed_file_are_not_used(folder, tmp_path):
    """The checkpoint is elsewhere than the model's name says, as in the cache of the hub."""
    tiny_siglip(folder)
    model = hearsight.load(folder)
    write_queries("org/name", model.fingerprint, numpy_queries(model))
    assert read_queries("org/name", model.fingerprint) is not None
    file = folder / "model.safetensors"
    content = file.read_bytes()
    file.write_bytes(content[:-4] + bytes(4))
    assert read_queries("org/name", model.fingerprint) is None
    file.unlink()
    assert read_queries("org/name", model.fingerprint) is None


def test_a_model_that_was_trained_on_does_not_use_the_file(folder):
    tiny_siglip(folder)
    model = hearsight.load(folder)
    with torch.no_grad():
        model.clip.model.text_model.embeddings.token_embedding.weight[300, 3] += 1
    encoder = numpy_queries(model)
    assert [name for name, tensor in encoder.tensors.items() if tensor.file is None] == [
        "clip.model.text_model.embeddings.token_embedding.weight"
    ]
    np.testing.assert_allclose(encoder.encode(TEXTS), TorchQueryEncoder(model).encode(TEXTS), atol=1e-5)


@pytest.mark.parametrize("make", [tiny_siglip, tiny_metaclip])
def test_saved_and_loaded_it_is_the_same(folder, tmp_path, make):
    make(folder)
    model = hearsight.load(folder)
    model.save_pretrained(tmp_path / "saved")
    again = hearsight.load(tmp_path / "saved")
    assert again.fingerprint == model.fingerprint and again.config == model.config
    assert torch.equal(again.encode_texts(TEXTS), model.encode_texts(TEXTS))
    frame = pictures()[0]
    assert torch.equal(again.clip.prepare(frame), model.clip.prepare(frame))


def test_bfloat16_is_the_same_model(folder):
    tiny_siglip(folder)
    model, half = hearsight.load(folder), hearsight.load(folder, dtype="bfloat16")
    assert half.fingerprint == model.fingerprint
    batch = torch.stack([model.clip.prepare(frame) for frame in pictures()])[:, None]
    with torch.no_grad():
        cosine = half.encode_video(batch, torch.ones(5, 1)).pooled * model.encode_video(batch, torch.ones(5, 1)).pooled
    assert cosine.sum(dim=-1).min() > 0.99


def test_an_older_checkpoint_without_safetensors(folder, cache):
    expected = tiny_siglip(folder)
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    weights["text_model.embeddings.position_ids"] = torch.arange(64)[None]
    torch.save(weights, folder / "pytorch_model.bin")
    model = hearsight.load(folder)
    ids = model.tokenize(TEXTS)
    with torch.no_grad():
        text = normalize(expected.get_text_features(ids).pooler_output, dim=-1)
    torch.testing.assert_close(model.encode_texts(TEXTS), text, rtol=0, atol=1e-5)
    write_queries(str(folder), model.fingerprint, numpy_queries(model))
    encoder = read_queries(str(folder), model.fingerprint)
    np.testing.assert_allclose(encoder.encode(TEXTS), text, atol=1e-5)


def test_a_file_of_both_processors(folder):
    """As newer versions of transformers write it."""
    tiny_siglip(folder)
    pictures_file = folder / "preprocessor_config.json"
    settings = json.loads(pictures_file.read_text())
    pictures_file.unlink()
    (folder / "processor_config.json").write_text(json.dumps({"image_processor": settings}))
    assert hearsight.load(folder).clip.pictures.resample == 2


def test_a_folder_is_indexed_and_searched(folder, tmp_path, cache):
    """From the pictures of a file to the similarity: the hits are in the order that transformers gives them."""
    reference = tiny_siglip(folder)
    (tmp_path / "videos").mkdir()
    for number in range(4):
        picture = np.random.default_rng(number).integers(0, 255, (6, 8, 3), np.uint8).repeat(8, 0).repeat(8, 1)
        make_media(tmp_path / "videos" / f"{number}.mkv", [picture] * 20)
    library = hearsight.index(tmp_path / "videos", model=folder, recogniser="none")
    assert list(cache.iterdir())  # the query side
    result = hearsight.open(tmp_path / "videos").search("A yellow bicycle", mode="dense", min_confidence=0)
    similarities = {str(hit.path): hit.score for hit in result.hits}
    assert similarities.keys() == {f"{number}.mkv" for number in range(4)}
    frames = {path: next(read_frames(tmp_path / "videos" / path, [0]))[1] for path in similarities}
    processor = SiglipImageProcessorPil.from_pretrained(folder)
    pixel_values = processor([Image.fromarray(frame) for frame in frames.values()], return_tensors="pt").pixel_values
    ids = reference_ids(folder, ["A yellow bicycle"], 64)
    with torch.no_grad():
        theirs = reference(input_ids=ids, pixel_values=pixel_values).logits_per_text[0]
    assert list(frames) == [list(frames)[i] for i in theirs.argsort(descending=True)]
    assert library.info().senses == ["seen"] and library.info().model == str(folder)
