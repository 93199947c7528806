"""faster-whisper behind the recogniser's interface, with a tiny random Whisper in Hugging Face's format."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers.pre_tokenizers import ByteLevel
from transformers import GenerationConfig, WhisperConfig, WhisperFeatureExtractor, WhisperForConditionalGeneration
from transformers.models.whisper.tokenization_whisper import LANGUAGES, WhisperTokenizer

from hearsight.errors import HearsightError
from hearsight.speech import load_recogniser

pytest.importorskip("faster_whisper", reason="the extra hearsight[whisper] is not installed")

TASKS = ["translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps"]


def tiny_whisper(folder: Path) -> None:
    """Random weights and a tokenizer of single bytes, in files as the public models have them."""
    tokenizer = WhisperTokenizer(vocab={byte: n for n, byte in enumerate(sorted(ByteLevel.alphabet()))}, merges=[])
    specials = ["endoftext", "startoftranscript", *LANGUAGES, *TASKS, *(f"{n / 50:.2f}" for n in range(1501))]
    tokenizer.add_tokens([f"<|{name}|>" for name in specials], special_tokens=True)
    ids = tokenizer.get_vocab()
    end, start = ids["<|endoftext|>"], ids["<|startoftranscript|>"]
    special = {"bos_token_id": end, "eos_token_id": end, "pad_token_id": end, "decoder_start_token_id": start}
    sizes = {
        f"{part}_{name}": size
        for part in ("encoder", "decoder")
        for name, size in {"layers": 1, "attention_heads": 2, "ffn_dim": 32}.items()
    }
    torch.manual_seed(0)
    model = WhisperForConditionalGeneration(
        WhisperConfig(vocab_size=len(ids), d_model=16, max_target_positions=448, **sizes, **special)
    )
    languages = {f"<|{code}|>": ids[f"<|{code}|>"] for code in LANGUAGES}
    model.generation_config = GenerationConfig(
        lang_to_id=languages, alignment_heads=[[0, 0]], suppress_tokens=[], begin_suppress_tokens=[end], **special
    )
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    WhisperFeatureExtractor().save_pretrained(folder)


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    tiny_whisper(tmp_path / "tiny")
    return tmp_path / "tiny"


def test_a_hugging_face_folder_is_converted_once(folder, tmp_path):
    recogniser = load_recogniser(f"whisper:{folder}")
    noise = np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32)
    recognised = recogniser.transcribe(noise)
    assert recogniser.name == f"whisper:{folder}"
    assert recognised.language in LANGUAGES
    assert all(0 <= word.start <= word.end <= 30 and word.text for word in recognised.words)
    (converted,) = (tmp_path / "cache" / "hearsight" / "whisper").iterdir()
    modified = (converted / "model.bin").stat().st_mtime_ns
    load_recogniser(f"whisper:{folder}")
    assert (converted / "model.bin").stat().st_mtime_ns == modified
    assert load_recogniser(f"whisper:{converted}").transcribe(noise) == recognised


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(HearsightError, match="neither"):
        load_recogniser(f"whisper:{tmp_path}")


def test_an_incomplete_folder_is_refused(folder):
    (folder / "config.json").write_text(json.dumps({"model_type": "nothing"}))
    with pytest.raises(HearsightError, match="cannot convert"):
        load_recogniser(f"whisper:{folder}")


@pytest.fixture
def downloaded(folder, tmp_path, monkeypatch) -> list[str]:
    """The models that are looked up on the hub, which has them all. The current directory holds the folder "tiny"."""
    load_recogniser(f"whisper:{folder}")
    (converted,) = (tmp_path / "cache" / "hearsight" / "whisper").iterdir()
    names: list[str] = []
    monkeypatch.setattr(
        "faster_whisper.download_model", lambda name, local_files_only: names.append(name) or str(converted)
    )
    monkeypatch.chdir(tmp_path)
    return names


def test_the_name_of_a_model_goes_before_a_folder_of_that_name(folder, downloaded):
    assert load_recogniser("whisper:tiny").name == "whisper:tiny"
    assert set(downloaded) == {"tiny"}
    downloaded.clear()
    load_recogniser("whisper:./tiny")
    folder.rename("mine")
    load_recogniser("whisper:mine")
    assert downloaded == []


def test_a_name_does_not_mean_a_folder_without_a_model(downloaded):
    Path("someone").mkdir()
    load_recogniser("whisper:someone")
    assert set(downloaded) == {"someone"}
    with pytest.raises(HearsightError, match="neither"):
        load_recogniser("whisper:./someone")


def test_an_unknown_model_is_refused_with_the_list():
    with pytest.raises(HearsightError, match="large-v3"):
        load_recogniser("whisper:smalll")
