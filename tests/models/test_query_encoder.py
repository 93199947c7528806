"""Queries are encoded and compared in NumPy as the model does it."""

import numpy as np
import pytest
import torch

import hearsight
from hearsight.models.base import VideoTextModel
from hearsight.models.config import ModelConfig
from hearsight.models.load import build
from hearsight.models.methods.clip4clip import CLIP4Clip
from hearsight.models.query_encoder import logsumexp, unit
from hearsight.models.registry import METHODS
from hearsight.models.tokenizer import Tokenizer
from hearsight.models.torch_queries import TorchQueryEncoder, numpy_queries
from hearsight.research.training.vocabulary import train_tokenizer
from hearsight.towers.numpy_layers import gelu
from tests.builders import tiny_ast, tiny_clip, tiny_model

TEXTS = [
    "a bell rings",
    "the doctor lost a yellow bicycle while a bell rings",
    "x",
    "",
    "🎻🐕 🚲",
    "医生丢了一辆自行车",
    "<|endoftext|> is text here",
    "word " * 10_000,
    "a bell rings",
]
OPTIONS = [
    ("clip4clip", {}),
    ("blind", {}),
    ("avigate", {"gated": False}),
    ("save", {"mask_padding": True}),
    ("chorus", {}),
    ("chorus", {"query_weights": False}),
    ("chorus", {"query_projections": False}),
    ("chorus", {"query_weights": False, "query_projections": False, "learned_absence": False}),
]


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vocabulary")
    train_tokenizer(["the doctor lost a yellow bicycle while a bell rings"], 600, folder)
    return folder


def random_model(vocabulary, method="clip4clip", options=None, **settings) -> VideoTextModel:
    """A model whose weights are all random, those that begin as zeros or as an identity, too."""
    torch.manual_seed(1)
    tokenizer = Tokenizer(vocabulary)
    clip = tiny_clip(tokenizer.end_id + 1)
    clip["text_config"] |= settings.pop("text", {})
    listens = method not in ("clip4clip", "louder")
    sizes, ast = ({"layers": 1, "heads": 2, "queries": 4}, tiny_ast()) if listens else ({}, None)
    config = ModelConfig(method, clip, ast, frames=6, options={**sizes, **(options or {})}, **settings)
    model = build(config, tokenizer)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if not name.endswith("logit_scale"):
                parameter.add_(0.05 * torch.randn_like(parameter))
        model.clip.logit_scale.fill_(np.log(100))  # as trained CLIPs have it, which makes errors large
    return model.eval()


def random_clips(encoder, n=40, dtype=np.float16) -> dict[str, np.ndarray]:
    """Clips with random vectors; some have padded frames, one has no frame that counts."""
    random = np.random.default_rng(0)
    mask = np.arange(6) < random.integers(1, 7, n)[:, None]
    mask[0] = False
    frames = unit(random.standard_normal((n, 6, encoder.width), np.float32)) * mask[..., None]
    pooled = unit(random.standard_normal((n, encoder.text_width), np.float32))
    return {"pooled": pooled.astype(dtype).astype(np.float32), "frames": frames.astype(dtype), "mask": mask}


def assert_equal(model, texts=TEXTS):
    expected, ours = TorchQueryEncoder(model), numpy_queries(model)
    assert (ours.width, ours.text_width, ours.extra) == (expected.width, expected.text_width, expected.extra)
    vectors, expected_vectors = ours.encode(texts), expected.encode(texts)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, expected_vectors, atol=1e-6)
    for dtype in (np.float16, np.float32):
        clips = random_clips(ours, dtype=dtype)
        for vector, expected_vector in zip(vectors, expected_vectors, strict=True):
            similarity, per_frame = ours.similarity(vector, clips)
            expected_similarity, expected_per_frame = expected.similarity(expected_vector, clips)
            assert similarity.dtype == per_frame.dtype == np.float32
            np.testing.assert_allclose(similarity, expected_similarity, atol=1e-4)
            np.testing.assert_allclose(per_frame, expected_per_frame, atol=1e-6)
            assert (per_frame[~clips["mask"]] == -1).all()
        together = ours.similarities(vectors, clips)
        assert together.dtype == np.float32
        np.testing.assert_allclose(together, expected.similarities(expected_vectors, clips), atol=1e-4)


@pytest.mark.parametrize(("method", "options"), OPTIONS)
def test_every_method_is_the_same_in_numpy(vocabulary, method, options):
    assert_equal(random_model(vocabulary, method, options))


def test_every_method_of_hearsight_is_tested():
    assert {method for method, _ in OPTIONS} == set(METHODS.names()) - {"words", "pe-av"}  # of their own tests


@pytest.mark.parametrize("activation", ["gelu", "quick_gelu"])
def test_activations_depths_and_temperatures(vocabulary, activation):
    text = {"hidden_act": activation, "num_hidden_layers": 1, "layer_norm_eps": 1e-3}
    assert_equal(random_model(vocabulary, text=text, temperature=2.5))


def test_the_published_checkpoint_is_the_same_in_numpy(save_model, vocabulary):
    """Its vocabulary is not a part of it, and its special tokens are not those of the vocabulary."""
    save_model.tokenizer = Tokenizer(vocabulary, start_id=998, end_id=999)
    assert_equal(save_model)


def test_texts_are_cut_to_the_length_of_the_model(vocabulary):
    model = random_model(vocabulary, words=7)
    assert_equal(model)
    long = numpy_queries(model).tokenize(["the doctor lost a yellow bicycle while a bell rings"])[0]
    assert len(long) == 7 and long[-1] == model.tokenizer.end_id


def test_texts_are_encoded_alike_alone_and_together(vocabulary):
    encoder = numpy_queries(random_model(vocabulary, "chorus"))
    many = [f"{text} {number % 7 * 'bell '}" for number in range(30) for text in TEXTS]
    alone = np.concatenate([encoder.encode([text]) for text in many])
    np.testing.assert_allclose(encoder.encode(many), alone, atol=1e-6)
    assert encoder.encode([]).shape == (0, encoder.text_width)


def test_no_clips_have_no_similarities(vocabulary):
    encoder = numpy_queries(random_model(vocabulary))
    similarity, per_frame = encoder.similarity(encoder.encode(["a bell"])[0], random_clips(encoder, n=0 + 1))
    assert similarity.shape == (1,) and per_frame.shape == (1, 6)
    none = {name: values[:0] for name, values in random_clips(encoder).items()}
    similarity, per_frame = encoder.similarity(encoder.encode(["a bell"])[0], none)
    assert similarity.shape == (0,) and per_frame.shape == (0, 6)


def test_training_on_does_not_change_a_query_encoder(vocabulary):
    model = random_model(vocabulary)
    encoder = numpy_queries(model)
    before = encoder.encode(TEXTS)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    np.testing.assert_array_equal(encoder.encode(TEXTS), before)


def test_a_tower_in_bfloat16_has_no_exact_arrays(tmp_path):
    tiny_model(tmp_path, "clip4clip")
    assert numpy_queries(hearsight.load(tmp_path, dtype="bfloat16")) is None
    assert numpy_queries(hearsight.load(tmp_path)) is not None


class Louder(CLIP4Clip):
    def similarity(self, text, video):
        return 2 * super().similarity(text, video)


def test_a_method_of_ones_own_is_left_to_torch(vocabulary, house_methods):
    hearsight.register("louder")(Louder)
    model = random_model(vocabulary, "louder")
    assert numpy_queries(model) is None
    encoder = TorchQueryEncoder(model)
    clips, vector = random_clips(encoder), encoder.encode(TEXTS)[0]
    usual = numpy_queries(random_model(vocabulary))
    np.testing.assert_allclose(encoder.similarity(vector, clips)[0], 2 * usual.similarity(vector, clips)[0], atol=2e-4)


def test_gelu_is_exact():
    x = np.linspace(-8, 8, 4001, dtype=np.float32)
    np.testing.assert_allclose(gelu(x), torch.nn.functional.gelu(torch.from_numpy(x)).numpy(), atol=1e-6)


def test_logsumexp_of_nothing_is_minus_infinity():
    x = np.array([[1.0, -np.inf], [-np.inf, -np.inf]], np.float32)
    np.testing.assert_array_equal(logsumexp(x), np.array([1.0, -np.inf], np.float32))
