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


def test_a_hugging_face_folder_is_converted_once_and_listens(folder, tmp_path):
    recogniser = load_recogniser(f"whisper:{folder}")
    noise = np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32)
    recognised = recogniser.transcribe(noise)
    assert recogniser.name == f"whisper:{folder}"
    assert recognised.language in LANGUAGES
    assert all(0 <= word.start <= word.end <= 30 and word.text for word in recognised.words)
    (converted,) = (tmp_path / "cache" / "hearsight" / "whisper").iterdir()
    written = (converted / "model.bin").stat().st_mtime_ns
    load_recogniser(f"whisper:{folder}")
    assert (converted / "model.bin").stat().st_mtime_ns == written
    assert load_recogniser(f"whisper:{converted}").transcribe(noise) == recognised


def test_a_folder_without_a_model(tmp_path):
    with pytest.raises(HearsightError, match="neither"):
        load_recogniser(f"whisper:{tmp_path}")


def test_an_incomplete_folder(folder):
    (folder / "config.json").write_text(json.dumps({"model_type": "nothing"}))
    with pytest.raises(HearsightError, match="cannot convert"):
        load_recogniser(f"whisper:{folder}")


@pytest.fixture
def asked(folder, tmp_path, monkeypatch) -> list[str]:
    """The models that the hub is asked for; it has them all. The current directory is that of the folder "tiny"."""
    load_recogniser(f"whisper:{folder}")
    (converted,) = (tmp_path / "cache" / "hearsight" / "whisper").iterdir()
    names: list[str] = []
    monkeypatch.setattr(
        "faster_whisper.download_model", lambda name, local_files_only: names.append(name) or str(converted)
    )
    monkeypatch.chdir(tmp_path)
    return names


def test_a_models_name_goes_before_a_folder_called_so(folder, asked):
    assert load_recogniser("whisper:tiny").name == "whisper:tiny"
    assert set(asked) == {"tiny"}
    asked.clear()
    load_recogniser("whisper:./tiny")
    folder.rename("mine")
    load_recogniser("whisper:mine")
    assert asked == []


def test_a_folder_without_a_model_is_not_meant_by_a_name(asked):
    Path("someone").mkdir()
    load_recogniser("whisper:someone")
    assert set(asked) == {"someone"}
    with pytest.raises(HearsightError, match="neither"):
        load_recogniser("whisper:./someone")


def test_a_name_that_is_none():
    with pytest.raises(HearsightError, match="large-v3"):
        load_recogniser("whisper:smalll")
