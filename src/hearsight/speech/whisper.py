"""Recognise speech with faster-whisper (the extra hearsight[whisper]): 100 languages."""

from __future__ import annotations

import hashlib
import os
import tempfile
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hearsight.errors import HearsightError
from hearsight.media.audio import Samples
from hearsight.speech.recogniser import RecognisedSpeech, RecogniserError
from hearsight.types import Word
from hearsight.util.config_file import read_config
from hearsight.util.extras import install_command
from hearsight.util.user_cache import user_cache

DEFAULT_MODEL = "small"
WEIGHTS = CTRANSLATE, HUGGING_FACE = "model.bin", "model.safetensors"


class WhisperRecogniser:
    """A recogniser with a Whisper model.

    model: a name of faster-whisper ("small"), a hub id of a model in CTranslate2's format, or a folder. A folder is in
    CTranslate2's format (model.bin) or in Hugging Face's (model.safetensors), which is converted once, into the user's
    cache. For a folder in the current directory whose name is also that of a model, write "./small".
    Raises HearsightError without the extra, and for a model that cannot be found or downloaded.
    """

    def __init__(self, model: str = DEFAULT_MODEL) -> None:
        if not _is_installed():
            raise HearsightError(
                f"whisper is not installed: use the recogniser auto, or run {install_command('whisper')}"
            )
        if _is_folder(model):
            model = str(Path(model).expanduser().resolve())  # a name that is right in any current directory
            self._folder = _converted_folder(Path(model))
        else:
            self._folder = _download(model)
        self.name = f"whisper:{model}"

    @cached_property
    def _model(self) -> Any:
        """The network, which is loaded when it is needed: an update recognises speech in another process."""
        from faster_whisper import WhisperModel

        try:
            return WhisperModel(str(self._folder), compute_type="auto")
        except (RuntimeError, ValueError, OSError) as error:
            raise RecogniserError(
                f"cannot load whisper from {self._folder}: {error}; download or convert it again"
            ) from error

    def transcribe(self, samples: Samples) -> RecognisedSpeech:
        """Recognise one stretch of speech (`Recogniser`)."""
        # Temperature 0 alone: where the default is unsure it samples at random, and gives other words each time.
        # Earlier text as a prompt makes Whisper repeat itself.
        segments, info = self._model.transcribe(
            samples, temperature=0.0, word_timestamps=True, condition_on_previous_text=False
        )
        timed = (word for segment in segments for word in segment.words)
        words = (Word(float(word.start), float(word.end), word.word.strip()) for word in timed)
        return RecognisedSpeech(tuple(word for word in words if word.text), info.language)


def cached_model() -> str | None:
    """Return a model that needs no download, the default if possible; None if there is none, or without the extra."""
    if not _is_installed():
        return None
    from faster_whisper import available_models

    names = sorted(available_models(), key=lambda name: name != DEFAULT_MODEL)
    return next((name for name in names if _is_cached(name)), None)


def is_missing(model: str) -> bool:
    """Return whether a model would have to be downloaded; not without the extra, as then none is."""
    return _is_installed() and not _is_folder(model) and not _is_cached(model)


def _is_installed() -> bool:
    return find_spec("faster_whisper") is not None


def _is_folder(model: str) -> bool:
    """Return whether a name is that of a folder: one with a model in it or with a slash, and not a model's name."""
    from faster_whisper import available_models

    folder = Path(model).expanduser()
    if model in available_models() or not folder.is_dir():
        return False
    return "/" in model or os.sep in model or any((folder / name).is_file() for name in WEIGHTS)


def _is_cached(name: str) -> bool:
    from faster_whisper import download_model

    try:
        return (Path(download_model(name, local_files_only=True)) / CTRANSLATE).is_file()
    except (OSError, ValueError):
        return False


def _download(name: str) -> Path:
    """Return the folder of a model of the hub; the hub is not contacted if the cache has it."""
    from faster_whisper import download_model

    try:
        return Path(download_model(name, local_files_only=_is_cached(name)))
    except ValueError as error:
        raise HearsightError(
            f"there is no whisper model or folder {name!r}; use a model (tiny, base, small, medium, large-v3, turbo) "
            "or the folder of one"
        ) from error
    except OSError as error:
        raise HearsightError(
            f"cannot download whisper model {name!r}: the hub cannot be reached, or has no such model; go online once, "
            "check the spelling, give a model's folder, or use the recogniser auto, which needs no network"
        ) from error


def _converted_folder(folder: Path) -> Path:
    """Return the folder itself if CTranslate2 can read it, else that of its conversion."""
    if (folder / CTRANSLATE).is_file():
        return folder
    weights = folder / HUGGING_FACE
    if not weights.is_file():
        raise HearsightError(
            f"no whisper model in {folder}: neither model.bin (CTranslate2) nor model.safetensors (Hugging Face); "
            "give the folder of a model"
        )
    status = weights.stat()
    key = hashlib.sha256(f"{folder.resolve()}:{status.st_size}:{status.st_mtime_ns}".encode()).hexdigest()[:16]
    converted = user_cache("whisper") / f"{folder.resolve().name}-{key}"
    if not converted.is_dir():
        _convert(folder, converted)
    return converted


def _convert(folder: Path, converted: Path) -> None:
    """Convert to a temporary folder and rename it: two runs at once, or an interrupted one, leave no half model."""
    from ctranslate2.converters import TransformersConverter
    from transformers import AutoTokenizer, WhisperFeatureExtractor

    read_config(folder)  # refuses sizes that no model has
    converted.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=converted.parent) as temporary:
        target = Path(temporary) / "model"
        try:
            TransformersConverter(str(folder)).convert(str(target))
            # Written and not copied: faster-whisper reads these two files, and downloads or assumes what is missing,
            # while Hugging Face's folders may hold the same in vocab.json or processor_config.json.
            tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
            tokenizer.backend_tokenizer.save(str(target / "tokenizer.json"))
            WhisperFeatureExtractor.from_pretrained(folder).save_pretrained(target)
        except Exception as error:  # whatever transformers raises for files that it cannot take
            reason = (str(error) or type(error).__name__).strip().partition("\n")[0]
            raise HearsightError(
                f"cannot convert the whisper model in {folder}: {reason}; is it a complete Hugging Face folder?"
            ) from error
        if not converted.is_dir():
            target.rename(converted)
