"""PE-AV as a video model: equal to transformers, from pictures and sounds to the logit, and searched without torch."""

import json
from importlib.util import find_spec

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer, PeAudioFeatureExtractor

import hearsight
from hearsight.errors import HearsightError
from hearsight.media.audio import read_audio
from hearsight.media.frames import read_frames
from hearsight.models.methods.perception_encoder import PerceptionEncoder
from hearsight.models.methods.perception_encoder_queries import PerceptionEncoderQueries
from hearsight.models.preprocess import collate
from hearsight.models.query_cache import read_queries, write_queries
from hearsight.models.torch_queries import TorchQueryEncoder, numpy_queries
from hearsight.towers import pe_av_towers
from hearsight.types import Clip
from tests.library.conftest import film
from tests.library.sound_experts import noise, sound_film
from tests.pe_checkpoints import tiny_pe_av

TEXTS = ["a dog barks", "The Doctor lost a YELLOW bicycle!", "狗在叫", "", "word " * 200]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def folder(tmp_path, timm_here):
    return tmp_path / "pe-av"


def random_clips():
    """Clips with both, with pictures alone, and with sound alone: frames (H, W, 3) and sound at 48 kHz."""
    random = np.random.default_rng(0)
    pictures = [random.integers(0, 255, (28, 28, 3), np.uint8) for _ in range(4)]
    sound = random.normal(0, 0.1, 60_000).astype(np.float32)
    return [(pictures, sound), (pictures[:3], sound[:9600]), (pictures, None), ([], sound), ([], sound[:2000])]


def reference(model, folder, texts, clips):
    """Logits (N, n) by transformers' own forward pass, of what each clip has. Pictures have the size of the tower."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    words = tokenizer(texts, padding=True, truncation=True, max_length=512, return_tensors="pt")
    words = {name: words[name] for name in ("input_ids", "attention_mask")}
    logits = []
    for pictures, sound in clips:
        inputs = {}
        if len(pictures):
            pixels = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2)[None] / 127.5 - 1
            inputs["pixel_values_videos"] = pixels
        if sound is not None:
            inputs |= PeAudioFeatureExtractor()(sound, sampling_rate=48_000, return_tensors="pt")
        with torch.no_grad():
            if len(pictures) and sound is not None:
                inputs = {name: tensor.repeat_interleave(len(texts), 0) for name, tensor in inputs.items()}
                logits.append(model(**words, **inputs).logits_audio_video_text[:1])  # of as many clips as texts
            elif len(pictures):
                logits.append(model.video_model(**words, **inputs).logits_video_text)
            else:
                logits.append(model.audio_model(**words, **inputs).logits_audio_text)
    return torch.cat(logits).T.numpy()


def fields(video):
    return {name: tensor.numpy() for name, tensor in video.fields(("pooled", "frames", "joint")).items()}


def test_from_pictures_and_sounds_to_logits_it_is_transformers_model(folder):
    expected = reference(tiny_pe_av(folder), folder, TEXTS, random_clips())
    model = hearsight.load(folder)
    assert type(model) is PerceptionEncoder and (model.config.frames, model.audio_rate) == (4, 48_000)
    with torch.inference_mode():
        video = model.fuse(model.extract(collate([model.prepare(*clip, "") for clip in random_clips()])))
        logits = model.similarity(model.encode_texts(TEXTS), video)
    np.testing.assert_allclose(logits, expected, atol=1e-4)
    assert np.ptp(expected, axis=0).min() > 0.01 and np.ptp(expected, axis=1).min() > 0.01
    write_queries(str(folder), model.fingerprint, numpy_queries(model))
    queries = read_queries(str(folder), model.fingerprint)
    assert type(queries) is PerceptionEncoderQueries and queries.extra == TorchQueryEncoder(model).extra
    np.testing.assert_allclose(queries.similarities(queries.encode(TEXTS), fields(video)), expected, atol=1e-4)
    one, per_frame = queries.similarity(queries.encode(TEXTS[:1])[0], fields(video))
    np.testing.assert_allclose(one, expected[0], atol=1e-4)
    assert (per_frame == np.where(video.mask, 0, -1)).all()
    assert queries.count_pieces(["bar", "x"]) == TorchQueryEncoder(model).count_pieces(["bar", "x"])


def test_saved_and_loaded_it_is_the_same(folder, tmp_path):
    tiny_pe_av(folder, frames=None)
    model = hearsight.load(folder)
    assert model.config.frames == 16
    model.save_pretrained(tmp_path / "saved")
    again = hearsight.load(tmp_path / "saved")
    assert again.fingerprint == model.fingerprint and again.config == model.config
    assert torch.equal(again.encode_texts(TEXTS), model.encode_texts(TEXTS))


def test_a_folder_is_indexed_searched_and_compared_with_examples(folder, tmp_path):
    """The hits are in the order of transformers' logits, and the library says that it sees and hears."""
    reference_model, films = tiny_pe_av(folder), tmp_path / "films"
    for number in range(3):
        sound_film(films / f"{number}.mkv", noise(1.5, 0.1, seed=number), seed=number)
    film(films / "mute.mkv", 1, sound=False)
    hearsight.index(films, model=folder, recogniser="none", meaning="none", keep_features=True)
    library = hearsight.open(films)
    info = library.info()
    assert (info.senses, info.method, info.model) == (["seen", "heard"], "pe-av", str(folder))
    result = library.search("a dog barks", mode="dense", min_confidence=0)
    names = [hit.path.name for hit in result.hits]
    assert result.notes == [] and set(names) == {"0.mkv", "1.mkv", "2.mkv", "mute.mkv"}
    assert [hit.path.name for hit in library.search("heard: a dog barks", min_confidence=0).hits]  # is no error
    clips = [(frames_of(hit), sound_of(hit)) for hit in result.hits]
    expected = reference(reference_model, folder, ["a dog barks"], clips)[0]
    np.testing.assert_allclose([hit.similarity for hit in result.hits], expected, atol=0.05)  # half precision
    Image.fromarray(clips[names.index("1.mkv")][0][0]).save(tmp_path / "example.png")
    assert library.search_by_example(tmp_path / "example.png", by="seen").hits
    assert library.similar(result.hits[0]).hits and library.similar(result.hits[0], by="seen").hits


def frames_of(hit, count=4):
    pictures = read_frames(hit.video, Clip(hit.video, hit.start, hit.end).frame_times(count), 240)
    return [np.array(Image.fromarray(picture).resize((28, 28), Image.Resampling.BILINEAR)) for _, picture in pictures]


def sound_of(hit):
    blocks = list(read_audio(hit.video, rate=48_000))
    return np.concatenate(blocks) if blocks else None


# What may be wrong


def test_without_timm_the_command_is_named(folder, monkeypatch):
    tiny_pe_av(folder)
    monkeypatch.setattr(pe_av_towers, "find_spec", lambda name: None if name == "timm" else find_spec(name))
    with pytest.raises(HearsightError, match=r"needs timm, which is not installed; .*pip install 'hearsight\[pe-av\]'"):
        hearsight.load(folder)


def change_weights(folder, change):
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors")


def settings(folder, **values):
    file = folder / "processor_config.json"
    content = json.loads(file.read_text())
    content["video_processor"] |= values
    file.write_text(json.dumps(content))


FAULTS = {
    "no settings": lambda folder: (folder / "processor_config.json").unlink(),
    "pictures that are no squares": lambda folder: settings(folder, size={"height": 28, "width": 30}),
    "no size": lambda folder: settings(folder, size=None),
    "an odd number of frames": lambda folder: settings(folder, num_frames="all"),
    "no tokenizer": lambda folder: (folder / "tokenizer.json").unlink(),
    "a missing part": lambda folder: change_weights(folder, lambda w: w.pop("audio_video_head.proj.weight")),
    "texts that are no numbers": lambda folder: change_weights(
        folder, lambda w: w["text_audio_video_head.proj.weight"].fill_(np.nan)
    ),
    "texts that are all the same": lambda folder: change_weights(
        folder, lambda w: [w[name].fill_(0) for name in w if name.endswith("head.layer_norm.weight")]
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_checkpoint_is_refused_in_one_line(folder, fault):
    tiny_pe_av(folder)
    FAULTS[fault](folder)
    with pytest.raises(HearsightError) as raised:
        hearsight.load(folder)
    message = str(raised.value)
    assert "\n" not in message and ";" in message
