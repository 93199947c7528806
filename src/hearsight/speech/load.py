"""The recognisers that can be loaded by name: Hearsight's own, and those that plugins register."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from typing import TypeVar

from hearsight.errors import HearsightError
from hearsight.speech.recogniser import Recogniser, RecogniserError
from hearsight.util.extras import install_command
from hearsight.util.registry import Registry

log = logging.getLogger(__name__)

# Makes a recogniser of the text behind the colon of a name, "" where there is none; None for no recogniser.
RecogniserFactory = Callable[[str], Recogniser | None]
Factory = TypeVar("Factory", bound=RecogniserFactory)


def load_recogniser(name: str = "auto") -> Recogniser | None:
    """Return the recogniser of a name; None for "none".

    "moonshine": in the base install, offline, English.
    "whisper": faster-whisper's "small" model; "whisper:NAME" another of its models, downloaded on first use;
    "whisper:FOLDER" a Whisper in CTranslate2's or in Hugging Face's format.
    "pocketsphinx": offline, English, with many errors; in the base install where Moonshine has no package.
    "auto": whisper if its extra is installed and one of its models is on this machine already, else the built-in one:
    moonshine, or pocketsphinx where that has no package. It never downloads a model: nobody asked for a gigabyte, and
    the machine may be offline.
    "NAME" or "NAME:DETAIL": a recogniser that a plugin registered as NAME.

    Raises HearsightError for an unknown name, a missing extra, or a model that cannot be found or downloaded.
    """
    kind, _, detail = name.partition(":")
    return RECOGNISERS.get(kind)(detail)


def register_recogniser(name: str) -> Callable[[Factory], Factory]:
    """Return a decorator that registers a recogniser's factory: a class, or a function that returns a recogniser.

        @hearsight.register_recogniser("mine")
        class MyRecogniser:
            def __init__(self, detail: str) -> None: ...

    The factory is called with the text behind the colon of a name: "large" for "mine:large", "" for "mine". See
    `Recogniser` for what it returns. Raises HearsightError for the name of one of Hearsight's own recognisers.
    """
    if not name or ":" in name:
        raise HearsightError(f"cannot register the recogniser '{name}': a name is not empty and has no colon")
    return RECOGNISERS.register(name)


def built_in() -> str:
    """Return the name of the recogniser that the base install has on this platform."""
    return "moonshine" if find_spec("moonshine_voice") or not find_spec("pocketsphinx") else "pocketsphinx"


def recorded_or_auto(name: str | None) -> str:
    """Return the name of the recogniser that a library records; "auto" if it is None or cannot be used any more.

    pocketsphinx was in the base install of version 0.1.
    """
    return "auto" if name is None or (name == "pocketsphinx" and not find_spec("pocketsphinx")) else name


def library_recogniser(choice: str | Recogniser | None, recorded: str | None) -> Recogniser | None:
    """Return the recogniser for an update of a library. choice: its name, or itself; None for the recorded name."""
    if choice is None:
        return load_recorded(recorded)
    return load_recogniser(choice) if isinstance(choice, str) else choice


def load_recorded(name: str | None) -> Recogniser | None:
    """Return the recogniser that a library records. Nothing is downloaded: the name may come with a stranger's library.

    Raises HearsightError as `load_recogniser` does, and for a model that is not on this machine.
    """
    name = recorded_or_auto(name)
    kind, _, model = name.partition(":")
    if kind == "whisper":
        from hearsight.speech.whisper import DEFAULT_MODEL, is_missing

        if is_missing(model or DEFAULT_MODEL):
            raise HearsightError(
                f"the library names the recogniser '{name}', whose model is not on this machine; to download it, give "
                f"--recogniser {name}, or choose another one"
            )
    return load_recogniser(name)


@dataclass(frozen=True)
class RecogniserSource:
    """What makes a recogniser in another process. factory: is called with the detail, the text behind the colon."""

    factory: RecogniserFactory
    detail: str


@lru_cache(maxsize=1)
def load_source(source: RecogniserSource) -> Recogniser | None:
    """Return the recogniser of a source; the latest one stays loaded. Raises RecogniserError if there is none."""
    try:
        return source.factory(source.detail)
    except HearsightError as error:
        raise RecogniserError(str(error)) from error


def recogniser_source(recogniser: Recogniser) -> RecogniserSource | None:
    """Return what makes a recogniser elsewhere; None if only this process has its code, or no name loads it.

    A program's variant of one of Hearsight's own often has the name of that one, which would be loaded in its place.
    """
    kind, _, detail = recogniser.name.partition(":")
    is_variant = kind in RECOGNISERS.builtin and not type(recogniser).__module__.startswith("hearsight.")
    if kind not in RECOGNISERS or is_variant:
        return None
    source = RecogniserSource(RECOGNISERS.get(kind), detail)
    with suppress(pickle.PicklingError, AttributeError, TypeError):
        return source if b"__main__" not in pickle.dumps(source) else None
    return None


def plugin_factory(name: str) -> RecogniserFactory | None:
    """Return the factory of a recogniser that a plugin registered; None for one of Hearsight's own."""
    return RECOGNISERS.registered.get(name.partition(":")[0])


def _none(detail: str) -> None:
    _check_no_detail("none", detail)


def _auto(detail: str) -> Recogniser:
    """Return the best recogniser that needs no download."""
    from hearsight.speech.whisper import WhisperRecogniser, cached_model

    _check_no_detail("auto", detail)
    model = cached_model()
    if model is None:
        return _moonshine("") if built_in() == "moonshine" else _pocketsphinx("")
    log.info("speech is recognised by whisper:%s, which is on this machine", model)
    return WhisperRecogniser(model)


def _moonshine(detail: str) -> Recogniser:
    from hearsight.speech.moonshine import MoonshineRecogniser

    _check_no_detail("moonshine", detail)
    return MoonshineRecogniser()


def _pocketsphinx(detail: str) -> Recogniser:
    _check_no_detail("pocketsphinx", detail)
    if find_spec("pocketsphinx") is None:
        raise HearsightError(
            f"pocketsphinx is not installed: use the recogniser {built_in()}, or run {install_command('pocketsphinx')}"
        )
    from hearsight.speech.sphinx import SphinxRecogniser

    return SphinxRecogniser()


def _whisper(detail: str) -> Recogniser:
    from hearsight.speech.whisper import DEFAULT_MODEL, WhisperRecogniser

    return WhisperRecogniser(detail or DEFAULT_MODEL)


def _check_no_detail(name: str, detail: str) -> None:
    if detail:
        raise HearsightError(f"there is no recogniser '{name}:{detail}', as {name} has no variants; use '{name}'")


RECOGNISERS: Registry[RecogniserFactory] = Registry(
    "recogniser",
    {"auto": _auto, "moonshine": _moonshine, "none": _none, "pocketsphinx": _pocketsphinx, "whisper": _whisper},
)
