"""CLAP computes what transformers computes, from the hub's files to the similarity of a text with a sound."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer, ClapFeatureExtractor, ClapModel

from hearsight.errors import HearsightError
from hearsight.experts.clap import Clap
from tests.experts.clap_checkpoints import edit_json, tiny_clap

TEXTS = ["a dog barks", "bar bar", "x", "", "Regen auf dem Dach", "狗在叫", "word " * 300, "<s> a dog </s>"]


def sounds(expert, *seconds):
    random = np.random.default_rng(1)
    return [random.uniform(-0.5, 0.5, round(length * expert.sample_rate)).astype(np.float32) for length in seconds]


def reference(folder, texts, samples):
    """Similarities (N, n) by transformers alone, of one padded batch of texts."""
    model = ClapModel.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer, extractor = AutoTokenizer.from_pretrained(folder), ClapFeatureExtractor.from_pretrained(folder)
    length = model.config.text_config.max_position_embeddings - 2
    batch = tokenizer(texts, padding=True, truncation=True, max_length=length, return_tensors="pt")
    features = extractor(samples, sampling_rate=extractor.sampling_rate, return_tensors="pt")["input_features"]
    with torch.no_grad():
        words = model.get_text_features(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"])
        heard = model.get_audio_features(features.float(), is_longer=torch.zeros(len(samples), 1, dtype=torch.bool))
    return (words.pooler_output @ heard.pooler_output.T).numpy()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"fused": True},
        {"rate": 48_000},
        {"width": 7, "text": {"hidden_size": 36, "layer_norm_eps": 1e-5}},
        {"audio": {"patch_embeds_hidden_size": 8, "hidden_size": 64}},
        {"audio": {"depths": [1, 1, 1], "num_attention_heads": [1, 2, 2], "hidden_size": 16}},
    ],
    ids=str,
)
def test_it_computes_what_transformers_does(tmp_path, options):
    folder = tiny_clap(tmp_path / "model", **options)
    expert = Clap(str(folder))
    samples = sounds(expert, 1, 0.5, 0.03, 0.77)
    texts = TEXTS[:-1]  # transformers takes the letters of special tokens for these
    similarities = expert.encode_queries(texts) @ expert.encode_sounds(samples).T
    np.testing.assert_allclose(similarities, reference(folder, texts, samples), atol=1e-4)
    assert np.ptp(similarities, axis=0).max() > 0.05 and np.ptp(similarities, axis=1).max() > 0.01
    assert expert.window_seconds == 2 and expert.encode_sounds(samples).shape == (4, expert.width)


@pytest.mark.parametrize(("seconds", "window"), [(10, 10), (7, 7), (30, 10), (25, 25 / 3)])
def test_a_window_is_at_most_ten_seconds_long(tmp_path, seconds, window):
    assert Clap(str(tiny_clap(tmp_path / "model", seconds=seconds))).window_seconds == window


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_weights_in_half_precision_are_read_as_they_are(tmp_path, dtype):
    folder = tiny_clap(tmp_path / "model", dtype=dtype)
    expert = Clap(str(folder))
    samples = sounds(expert, 1)
    expected = reference(folder, TEXTS[:2], samples)
    np.testing.assert_allclose(expert.encode_queries(TEXTS[:2]) @ expert.encode_sounds(samples).T, expected, atol=1e-4)


def test_older_weights_are_read_too(tmp_path):
    folder = tiny_clap(tmp_path / "model")
    expected = Clap(str(folder)).encode_queries(TEXTS)
    model = ClapModel.from_pretrained(folder)
    torch.save(model.state_dict(), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    expert = Clap(str(folder))
    np.testing.assert_allclose(expert.encode_queries(TEXTS), expected, atol=1e-6)
    assert expert.encode_sounds(sounds(expert, 1)).shape == (1, 12)


def test_settings_may_be_those_of_a_processor(tmp_path):
    folder = tiny_clap(tmp_path / "model", rate=16_000)
    extractor = (folder / "preprocessor_config.json").read_text()
    (folder / "preprocessor_config.json").unlink()
    (folder / "processor_config.json").write_text(f'{{"feature_extractor": {extractor}}}')
    expert = Clap(str(folder))
    assert expert.sample_rate == 16_000 and expert.encode_sounds(sounds(expert, 1)).any()


def test_every_text_and_sound_has_a_unit_vector(tmp_path):
    expert = Clap(str(tiny_clap(tmp_path / "model")))
    queries = expert.encode_queries([*TEXTS, "\x00", "x" * 100_000, "\ud7ff"])
    heard = expert.encode_sounds([*sounds(expert, 2, 0.001), np.zeros(8000, np.float32), np.ones(99, np.float32)])
    for vectors in (queries, heard):
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert expert.encode_queries([]).shape == (0, 12)


def test_a_sound_has_the_same_vector_in_any_batch(tmp_path):
    for fused in (False, True):
        expert = Clap(str(tiny_clap(tmp_path / str(fused), fused=fused)))
        samples = sounds(expert, 1, 0.5, 2, 0.1)
        alone = np.concatenate([expert.encode_sounds([sound]) for sound in samples])
        np.testing.assert_allclose(expert.encode_sounds(samples), alone, atol=1e-5)


def test_the_fingerprint_follows_what_changes_vectors(tmp_path):
    changes = [{"seed": 1}, {"rate": 16_000}, {"fused": True}, {"width": 9}, {"dtype": torch.float16}, {"seconds": 4}]
    prints = [Clap(str(tiny_clap(tmp_path / str(i), **each))).fingerprint for i, each in enumerate([{}, {}, *changes])]
    assert prints[0] == prints[1] and len(set(prints)) == 1 + len(changes)


def test_queries_need_neither_torch_nor_transformers(tmp_path):
    folder = tiny_clap(tmp_path / "model")
    program = (
        f"import sys; from hearsight.experts.sound_registry import load_sound_expert as f; e = f('clap:{folder}');"
        "e.encode_queries(['a dog']); e.fingerprint;"
        "print({'torch', 'transformers', 'huggingface_hub.hf_api', 'httpx'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.stdout == "set()\n", run.stderr


def edit_weights(folder, edit):
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    edit(weights)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def config(**values):
    return lambda folder: edit_json(folder / "config.json", **values)


def extractor(**values):
    return lambda folder: edit_json(folder / "preprocessor_config.json", **values)


AUDIO, TEXT = "audio_projection.linear1.weight", "text_projection.linear1.weight"
FAULTS = {
    "another model": config(model_type="clip"),
    "sizes that do not fit": config(audio_config__hidden_size=33),
    "no stages": config(audio_config__depths=[]),
    "a part of another kind": config(audio_config=[]),
    "another activation": config(projection_hidden_act="gelu"),
    "an odd width": config(projection_dim="wide"),
    "fused by its model alone": config(audio_config__enable_fusion=True),
    "fused by its extractor alone": extractor(truncation="fusion"),
    "no rate": extractor(sampling_rate=0),
    "other frequencies": extractor(feature_size=20),
    "too long for the model": extractor(max_length_s=20),
    "no settings": lambda folder: (folder / "preprocessor_config.json").unlink(),
    "no tokenizer": lambda folder: (folder / "tokenizer.json").unlink(),
    "no weights": lambda folder: (folder / "model.safetensors").unlink(),
    "weights cut short": lambda folder: (folder / "model.safetensors").write_bytes(
        (folder / "model.safetensors").read_bytes()[:-9000]
    ),
    "no weights of sounds": lambda folder: edit_weights(folder, lambda weights: weights.pop(AUDIO)),
    "no weights of texts": lambda folder: edit_weights(folder, lambda weights: weights.pop(TEXT)),
    "sounds that are no numbers": lambda folder: edit_weights(folder, lambda weights: weights[AUDIO].fill_(np.nan)),
    "texts that are no numbers": lambda folder: edit_weights(folder, lambda weights: weights[TEXT].fill_(np.nan)),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_checkpoint_is_refused_in_one_line(tmp_path, fault):
    folder = tiny_clap(tmp_path / "model")
    FAULTS[fault](folder)
    with pytest.raises(HearsightError) as raised:
        Clap(str(folder)).check()
    message = str(raised.value)
    assert "\n" not in message and ";" in message and "model" in message


def test_a_text_tower_that_tells_no_texts_apart_is_noticed(tmp_path):
    Clap(str(tiny_clap(tmp_path / "good"))).check()
    broken = Clap(str(tiny_clap(tmp_path / "broken", constant=True)))
    assert len(np.unique(broken.encode_queries(["a", "b"]), axis=0)) == 2  # nearly constant, as the published one
    with pytest.raises(HearsightError, match="nearly the same vector"):
        broken.check()
