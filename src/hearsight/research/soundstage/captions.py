"""Captions: what a person might type to find a clip, by what is seen, heard, said, or several of these.

A caption states some of a scene's facts, chosen at random or by the caller.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import cycle, islice

from numpy.random import Generator

from hearsight.research.soundstage.caption_words import (
    BACKGROUND_PHRASES,
    MOTION_PHRASES,
    PLATE_NAMES,
    SOUND_CLAUSES,
    SOUND_NOUNS,
)
from hearsight.research.soundstage.facts import scene_facts
from hearsight.research.soundstage.icons import ICON_NAMES
from hearsight.research.soundstage.scenes import Icon, Scene
from hearsight.research.soundstage.sentences import ADJECTIVES, OBJECTS, PEOPLE, pick, reword, with_article

KINDS = ("sight", "sound", "speech", "sight+sound", "sight+speech", "sound+speech", "all")
CAPTIONS_PER_CLIP = 24

SIGHT_OPENINGS = ("", "", "", "a picture of ", "a video of ", "we see ", "here is ")
SOUND_TEMPLATES = ("{noun}", "we hear {noun}", "{clause}", "{clause}", "you can hear that {clause}")
SPEECH_TEMPLATES = (
    "someone says that {}",
    "somebody says {}",
    "a voice tells us that {}",
    "we are told that {}",
    "a person mentions that {}",
    "someone tells how {}",
)
TOPIC_TEMPLATES = ("someone talks about {}", "there is talk of {}", "a voice speaks of {}")
COMBINED_TEMPLATES = {
    "sight+sound": (
        "{sight} while {clause}",
        "{sight}, and {clause}",
        "{sight} with {noun}",
        "{noun} and {sight}",
        "{clause} and we see {sight}",
    ),
    "sight+speech": ("{sight} while {speech}", "{sight}, and {speech}", "{speech} and we see {sight}"),
    "sound+speech": ("{speech} while {clause}", "{clause} and {speech}", "{noun}, and {speech}"),
    "all": (
        "{sight} while {clause} and {speech}",
        "{speech} while {clause}, and we see {sight}",
        "{clause}, {speech}, and we see {sight}",
        "{sight} with {noun}, and {speech}",
    ),
}


@dataclass(frozen=True)
class Caption:
    """A text of one of KINDS, and the facts that it states."""

    kind: str
    text: str
    facts: frozenset[str]

    def holds(self, scene: Scene) -> bool:
        """Return whether the caption is true of a scene, its own or any other."""
        return self.facts <= scene_facts(scene)


def caption_kinds(scene: Scene) -> tuple[str, ...]:
    """Return the kinds of captions that the scene can have."""
    missing = {"sound"} if not scene.sound else set()
    if not scene.speech:
        missing.add("speech")
    return tuple(kind for kind in KINDS if not (missing & set(kind.split("+")) or (missing and kind == "all")))


def scene_captions(scene: Scene, count: int = CAPTIONS_PER_CLIP) -> list[Caption]:
    """Return captions of all the kinds that the scene can have, in turn. The same scene always gets the same."""
    rng = scene.generator(f"captions {sorted(scene_facts(scene))}")
    return [sample_caption(scene, kind, rng) for kind in islice(cycle(caption_kinds(scene)), count)]


def sample_caption(scene: Scene, kind: str, rng: Generator, sight: frozenset[str] | None = None) -> Caption:
    """Sample a caption of one of caption_kinds(scene).

    `sight` has the visible facts to mention; by default they are chosen at random.
    """
    senses = {"sight", "sound", "speech"} if kind == "all" else set(kind.split("+"))
    phrases: dict[str, str] = {}
    facts: frozenset[str] = frozenset()
    if "sight" in senses:
        facts = choose_sight(scene, rng) if sight is None else sight
        phrases["sight"] = sight_phrase(scene, facts, rng)
    if "sound" in senses:
        assert scene.sound, "caption_kinds(scene) lists the kinds that a scene can have"
        name = scene.sound.name
        phrases |= {"clause": pick(rng, SOUND_CLAUSES[name]), "noun": pick(rng, SOUND_NOUNS[name])}
        facts |= {f"sound: {name}"}
    if "speech" in senses:
        phrases["speech"], speech_facts = speech_phrase(scene, rng)
        facts |= speech_facts
    templates = {
        "sight": tuple(opening + "{sight}" for opening in SIGHT_OPENINGS),
        "sound": SOUND_TEMPLATES,
        "speech": ("{speech}",),
        **COMBINED_TEMPLATES,
    }
    return Caption(kind, pick(rng, templates[kind]).format(**phrases), facts)


def choose_sight(scene: Scene, rng: Generator) -> frozenset[str]:
    """Choose some of the visible facts at random; the first icon is always among them."""
    facts = set()
    for icon in scene.icons:
        if icon != scene.icons[0] and rng.random() >= 0.7:
            continue
        facts.add(f"icon: {icon.name}")
        if icon.plate and rng.random() < 0.6:
            facts.add(f"plate: {icon.name} {icon.plate}")
        if rng.random() < 0.3:
            facts.add(f"motion: {icon.name} {icon.motion}")
    if rng.random() < 0.75:
        facts.add(f"background: {scene.background}")
    return frozenset(facts)


def sight_phrase(scene: Scene, facts: frozenset[str], rng: Generator) -> str:
    """Return words for the visible facts: "a dog on a red disc and a car in the woods"."""
    icons = [icon_phrase(icon, facts, rng) for icon in scene.icons if f"icon: {icon.name}" in facts]
    text = f" {pick(rng, ('and', 'next to', 'beside'))} ".join(icons)
    if f"background: {scene.background}" in facts:
        text += f" {pick(rng, BACKGROUND_PHRASES[scene.background])}"
    return text


def icon_phrase(icon: Icon, facts: frozenset[str], rng: Generator) -> str:
    """Return one of the icon's names, with its plate and its motion if these are among the facts."""
    text = with_article(pick(rng, ICON_NAMES[icon.name]))
    if f"plate: {icon.name} {icon.plate}" in facts:
        colour, shape = icon.plate.split()
        text += f" on {with_article(f'{colour} {pick(rng, PLATE_NAMES[shape])}')}"
    if f"motion: {icon.name} {icon.motion}" in facts:
        text += f" {pick(rng, MOTION_PHRASES[icon.motion])}"
    return text


def speech_phrase(scene: Scene, rng: Generator) -> tuple[str, frozenset[str]]:
    """Return what is said in other words, sometimes only its topic, and the facts that this states."""
    assert scene.speech, "caption_kinds(scene) lists the kinds that a scene can have"
    sentence = scene.speech.sentence
    if rng.random() < 0.25:
        sentence = replace(sentence, place=None)
    parts = {part: word for part, word in vars(sentence).items() if word}
    if rng.random() < 0.15:
        del parts["action"]
        parts.pop("place", None)
        adjective = pick(rng, (*ADJECTIVES[sentence.adjective], sentence.adjective))
        topics = [
            f"the {pick(rng, PEOPLE[sentence.person])}",
            with_article(f"{adjective} {pick(rng, OBJECTS[sentence.object])}"),
        ]
        text = pick(rng, TOPIC_TEMPLATES).format(" and ".join(topics))
    else:
        text = pick(rng, SPEECH_TEMPLATES).format(reword(sentence, rng))
    return text, frozenset(f"{part}: {word}" for part, word in parts.items())
