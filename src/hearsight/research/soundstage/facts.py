"""The facts that are true of a scene ("icon: dog", "sound: bell"). Captions and queries are sets of such facts.

Whether a text is true of a clip is a question of subsets, so the right answers to a query are computed, not judged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import fields
from typing import Literal

from hearsight.research.soundstage.scenes import Scene
from hearsight.research.soundstage.sentences import Sentence

Sense = Literal["sight", "sound", "speech"]

_SENTENCE_PARTS = {field.name for field in fields(Sentence)}


def scene_facts(scene: Scene) -> frozenset[str]:
    """Return all facts that captions of a scene may state. Distractions are not among them."""
    facts = {f"background: {scene.background}"}
    for icon in scene.icons:
        facts |= {f"icon: {icon.name}", f"motion: {icon.name} {icon.motion}"}
        if icon.plate:
            facts.add(f"plate: {icon.name} {icon.plate}")
    if scene.sound:
        facts.add(f"sound: {scene.sound.name}")
    if scene.speech:
        parts = vars(scene.speech.sentence)
        facts |= {f"{part}: {word}" for part, word in parts.items() if word}
    return frozenset(facts)


def sense_of(fact: str) -> Sense:
    """Return the sense that perceives a fact: what is seen, heard as a sound, or heard as words."""
    subject = fact.partition(":")[0]
    if subject == "sound":
        return "sound"
    return "speech" if subject in _SENTENCE_PARTS else "sight"


def facts_of_senses(facts: Iterable[str], *senses: Sense) -> frozenset[str]:
    """Return the facts that these senses perceive."""
    return frozenset(fact for fact in facts if sense_of(fact) in senses)


class FactIndex:
    """An index from facts to clips. Clips are numbered in the order in which their facts are given."""

    def __init__(self, facts_per_clip: Iterable[Collection[str]]) -> None:
        self._clips: dict[str, set[int]] = {}
        self._all: set[int] = set()
        for index, facts in enumerate(facts_per_clip):
            self._all.add(index)
            for fact in facts:
                self._clips.setdefault(fact, set()).add(index)

    def matching(self, facts: Iterable[str]) -> set[int]:
        """Return the numbers of the clips for which all of the facts are true."""
        return self._all.intersection(*(self._clips.get(fact, set()) for fact in facts))
