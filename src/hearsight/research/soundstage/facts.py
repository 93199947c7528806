"""What is true of a scene, as a set of plain facts ("icon: dog", "sound: bell"): what captions tell and queries ask.

Whether a text holds for a clip is a question of subsets, so the right answers to a query are known and not judged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import fields
from typing import Literal

from hearsight.research.soundstage.scenes import Scene
from hearsight.research.soundstage.sentences import Sentence

Sense = Literal["sight", "sound", "speech"]

_SPOKEN = {field.name for field in fields(Sentence)}


def facts(scene: Scene) -> frozenset[str]:
    """All that captions may tell of a scene; distractions are none of it."""
    told = {f"background: {scene.background}"}
    for icon in scene.icons:
        told |= {f"icon: {icon.name}", f"motion: {icon.name} {icon.motion}"}
        if icon.plate:
            told.add(f"plate: {icon.name} {icon.plate}")
    if scene.sound:
        told.add(f"sound: {scene.sound.name}")
    if scene.speech:
        parts = vars(scene.speech.sentence)
        told |= {f"{part}: {word}" for part, word in parts.items() if word}
    return frozenset(told)


def sense(fact: str) -> Sense:
    """How a fact comes to be known: seen, heard as a sound, or heard as words."""
    about = fact.partition(":")[0]
    if about == "sound":
        return "sound"
    return "speech" if about in _SPOKEN else "sight"


def of_senses(told: Iterable[str], *senses: Sense) -> frozenset[str]:
    """Those of the facts that these senses tell."""
    return frozenset(fact for fact in told if sense(fact) in senses)


class Answers:
    """Looks up which of some clips have all of some facts. known: the facts of each clip."""

    def __init__(self, known: Iterable[Collection[str]]) -> None:
        self._having: dict[str, set[int]] = {}
        self._all: set[int] = set()
        for place, true in enumerate(known):
            self._all.add(place)
            for fact in true:
                self._having.setdefault(fact, set()).add(place)

    def to(self, told: Iterable[str]) -> set[int]:
        """The places of the clips for which all that is told is true."""
        return self._all.intersection(*(self._having.get(fact, set()) for fact in told))
