"""PE-Audio computes what transformers computes, from the hub's files to the similarity of a text with a sound."""

import json
import subprocess
import sys
import wave

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer, PeAudioFeatureExtractor, PeAudioFrameLevelModel, PeAudioModel

import hearsight
from hearsight.errors import HearsightError
from hearsight.experts.pe_audio import PeAudio
from hearsight.media.audio import read_audio
from tests.experts.clap_checkpoints import edit_json
from tests.library.conftest import film
from tests.library.sound_experts import noise, sound_film
from tests.pe_checkpoints import tiny_pe_audio, tiny_pe_av

TEXTS = ["a dog barks", "bar bar", "x", "", "Regen auf dem Dach", "狗在叫", "word " * 300]
ODD = [
    {},
    {"by_frame": False},
    {"by_frame": False, "rate": 48_000, "ratios": (2, 8, 10, 12)},
    {"rate": 16_000, "ratios": (5, 7)},
    {"text": {"hidden_size": 36, "num_attention_heads": 3, "norm_eps": 1e-3, "local_attention": 2}},
    {"text": {"layer_types": ["sliding_attention"] * 3 + ["full_attention"], "tie_last_hidden_states": False}},
    {"text": {"global_attn_every_n_layers": 2, "global_rope_theta": 80.0, "local_rope_theta": 5.0}},
    {"text": {"rope_parameters": {"full_attention": {"rope_type": "default", "rope_theta": 50.0}}}},
    {"audio": {"hidden_size": 48, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8}},
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_pe_audio(tmp_path_factory.mktemp("pe") / "model")


@pytest.fixture(scope="module")
def expert(folder):
    return PeAudio(str(folder))


@pytest.fixture
def copy(folder, tmp_path):
    """A copy of the folder, to change."""
    target = tmp_path / "model"
    target.mkdir()
    for file in folder.iterdir():
        (target / file.name).write_bytes(file.read_bytes())
    return target


def sounds(rate, *seconds):
    random = np.random.default_rng(1)
    return [random.uniform(-0.5, 0.5, round(length * rate)).astype(np.float32) for length in seconds]


def reference(folder, texts, samples, by_frame=True):
    """The cosines (N, n) by transformers alone, of one padded batch of texts, and of the mean of a sound's frames."""
    model = (PeAudioFrameLevelModel if by_frame else PeAudioModel).from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer, extractor = AutoTokenizer.from_pretrained(folder), PeAudioFeatureExtractor.from_pretrained(folder)
    length = model.config.text_config.max_position_embeddings
    batch = tokenizer(texts, padding=True, truncation=True, max_length=length, return_tensors="pt")
    heard = []
    for sound in samples:
        inputs = extractor(sound, sampling_rate=extractor.sampling_rate, return_tensors="pt")
        with torch.no_grad():
            output = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], **inputs)
        heard.append(output.audio_embeds[0].mean(dim=0) if by_frame else output.audio_embeds[0])
    return torch.cosine_similarity(output.text_audio_embeds[:, None], torch.stack(heard)[None], dim=-1).numpy()


@pytest.mark.parametrize("options", ODD, ids=str)
def test_it_computes_what_transformers_does(tmp_path, options):
    folder = tiny_pe_audio(tmp_path / "model", **options)
    by_frame = options.get("by_frame", True)
    expert = PeAudio(str(folder))
    assert expert.window_seconds == (2 if by_frame else 10)
    assert expert.sample_rate == options.get("rate", 8000)
    samples = sounds(expert.sample_rate, 1, 0.5, 0.05, 0.2, 0.5)
    similarities = expert.encode_queries(TEXTS) @ expert.encode_sounds(samples).T
    np.testing.assert_allclose(similarities, reference(folder, TEXTS, samples, by_frame), atol=1e-4)
    assert np.ptp(similarities, axis=0).max() > 0.05 and np.ptp(similarities, axis=1).max() > 0.01


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_weights_in_half_precision_are_read_as_they_are(tmp_path, dtype):
    folder = tiny_pe_audio(tmp_path / "model", dtype=dtype)
    expert, samples = PeAudio(str(folder)), sounds(8000, 1)
    expected = reference(folder, TEXTS[:2], samples)
    np.testing.assert_allclose(expert.encode_queries(TEXTS[:2]) @ expert.encode_sounds(samples).T, expected, atol=1e-4)


def test_a_pe_av_has_a_pe_audio_in_it(tmp_path, timm_here):
    """As transformers' own pages load it: a PeAudioModel of the folder of a PE-AV."""
    model = tiny_pe_av(tmp_path / "pe-av")
    expert, samples = PeAudio(str(tmp_path / "pe-av")), sounds(48_000, 1, 0.2)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "pe-av")
    batch = tokenizer(TEXTS, padding=True, truncation=True, max_length=512, return_tensors="pt")
    assert expert.window_seconds == 10 and expert.width == 40
    with torch.no_grad():
        for row, sound in enumerate(samples):
            inputs = PeAudioFeatureExtractor()(sound, sampling_rate=48_000, return_tensors="pt")
            output = model.audio_model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], **inputs)
            expected = torch.cosine_similarity(output.text_audio_embeds, output.audio_embeds)
            ours = expert.encode_queries(TEXTS) @ expert.encode_sounds([sound])[0]
            np.testing.assert_allclose(ours, expected, atol=1e-4, err_msg=str(row))


def test_every_text_and_sound_has_a_unit_vector(expert):
    queries = expert.encode_queries([*TEXTS, "\x00", "x" * 100_000, "[CLS] a dog [SEP]"])
    silent = [np.zeros(8000, np.float32), np.ones(99, np.float32), np.ones(1, np.float32)]
    heard = expert.encode_sounds([*sounds(8000, 2, 0.001), *silent])
    for vectors in (queries, heard):
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert expert.encode_queries([]).shape == (0, 24) == expert.encode_sounds([]).shape


def test_a_sound_has_the_same_vector_in_any_batch(expert):
    samples = sounds(8000, 1, 0.5, 2, 0.1, 1)
    alone = np.concatenate([expert.encode_sounds([sound]) for sound in samples])
    np.testing.assert_allclose(expert.encode_sounds(samples), alone, atol=1e-5)


def test_the_fingerprint_follows_what_changes_vectors(tmp_path):
    changes = [{"seed": 1}, {"rate": 16_000}, {"by_frame": False}, {"dtype": torch.float16}]
    prints = [
        PeAudio(str(tiny_pe_audio(tmp_path / str(i), **each))).fingerprint for i, each in enumerate([{}, {}, *changes])
    ]
    assert prints[0] == prints[1] and len(set(prints)) == 1 + len(changes)


def test_queries_need_neither_torch_nor_transformers(folder):
    program = (
        f"from hearsight.experts.sound_registry import load_sound_expert as f; e = f('pe-audio:{folder}'); import sys;"
        "e.encode_queries(['a dog']); e.fingerprint;"
        "print({'torch', 'transformers', 'huggingface_hub.hf_api', 'httpx'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.stdout.strip() == "set()", run.stderr


def test_a_folder_is_indexed_and_searched(folder, tmp_path):
    """From the sound of a file to the order of hits, which is that of transformers' similarities."""
    for number, seconds in enumerate((2, 1.5, 0.2)):
        sound_film(tmp_path / "films" / f"{number}.mkv", noise(seconds, 0.1, seed=number), seed=number)
    sound_film(tmp_path / "films" / "silent.mkv", np.zeros(16_000, np.float32))
    film(tmp_path / "films" / "mute.mkv", 1, sound=False)
    with wave.open(str(tmp_path / "films" / "telephone.wav"), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes((noise(0.5, 0.2, seed=9) * 32767).astype("<i2").tobytes())
    library = hearsight.index(tmp_path / "films", model="none", recogniser="none", sound=f"pe-audio:{folder}")
    assert library.info().sounds == 5 and library.info().sound == f"pe-audio:{folder}"
    hits = library.search("heard: a dog barks", limit=9, min_confidence=0).hits
    paths = [tmp_path / "films" / hit.path for hit in hits if hit.path.name not in ("silent.mkv", "mute.mkv")]
    sounds = [np.concatenate(list(read_audio(path, rate=8000))) for path in paths]
    assert {path.name for path in paths} == {"0.mkv", "1.mkv", "2.mkv", "telephone.wav"}
    similarities = reference(folder, ["a dog barks"], [sound[:16_000] for sound in sounds])[0]
    assert list(similarities) == sorted(similarities, reverse=True)


# What may be wrong


def config(**values):
    return lambda folder: edit_json(folder / "config.json", **values)


def extractor(**values):
    return lambda folder: edit_json(folder / "preprocessor_config.json", **values)


def edit_weights(change):
    def edit(folder):
        weights = load_file(folder / "model.safetensors")
        change(weights)
        save_file(weights, folder / "model.safetensors")

    return edit


AUDIO, TEXT = "audio_encoder.output.weight", "text_audio_head.proj.weight"
FAULTS = {
    "another model": config(model_type="clap"),
    "another text tower": config(text_config__model_type="bert"),
    "texts of another size": config(text_config__hidden_size=32),
    "heads that do not fit": config(text_config__num_attention_heads=5),
    "heads that cannot be rotated": config(text_config__num_attention_heads=24),
    "biases": config(text_config__norm_bias=True),
    "layers without a kind": config(text_config__layer_types=["full_attention"]),
    "other rotations": config(text_config__rope_parameters={"full_attention": {"rope_type": "yarn"}}),
    "rotations of another kind": config(text_config__rope_parameters=[1]),
    "an odd length": config(text_config__max_position_embeddings="long"),
    "a part of another kind": config(text_config=[]),
    "sounds of another size": config(audio_config__hidden_size=16),
    "sounds of no size": config(audio_config__hidden_size="wide"),
    "no rate": extractor(sampling_rate=0),
    "stereo": extractor(feature_size=2),
    "frames of another length": extractor(hop_length=100),
    "no settings": lambda folder: (folder / "preprocessor_config.json").unlink(),
    "no tokenizer": lambda folder: (folder / "tokenizer.json").unlink(),
    "no weights": lambda folder: (folder / "model.safetensors").unlink(),
    "weights cut short": lambda folder: (folder / "model.safetensors").write_bytes(
        (folder / "model.safetensors").read_bytes()[:-9000]
    ),
    "no weights of sounds": edit_weights(lambda weights: weights.pop(AUDIO)),
    "no weights of texts": edit_weights(lambda weights: weights.pop(TEXT)),
    "sounds that are no numbers": edit_weights(lambda weights: weights[AUDIO].fill_(np.nan)),
    "texts that are no numbers": edit_weights(lambda weights: weights[TEXT].fill_(np.nan)),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_checkpoint_is_refused_in_one_line(copy, fault):
    FAULTS[fault](copy)
    with pytest.raises(HearsightError) as raised:
        PeAudio(str(copy)).check()
    message = str(raised.value)
    assert "\n" not in message and ";" in message and "model" in message


def test_a_text_tower_that_tells_no_texts_apart_is_noticed(expert, tmp_path):
    expert.check()
    with pytest.raises(HearsightError, match="nearly the same vector"):
        PeAudio(str(tiny_pe_audio(tmp_path / "broken", constant=True))).check()


def test_settings_may_be_those_of_a_processor(copy):
    settings = json.loads((copy / "preprocessor_config.json").read_text())
    (copy / "preprocessor_config.json").unlink()
    settings["sampling_rate"] = 16_000
    (copy / "processor_config.json").write_text(json.dumps({"feature_extractor": settings}))
    expert = PeAudio(str(copy))
    assert expert.sample_rate == 16_000 and expert.encode_sounds(sounds(16_000, 1)).any()
