"""Captions: what a person might type to find a clip, by what is seen, heard, said, or several of these.

A caption tells some of a scene's facts, chosen at random or given.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import cycle, islice

from numpy.random import Generator

from hearsight.research.soundstage.facts import facts
from hearsight.research.soundstage.icons import NAMES
from hearsight.research.soundstage.scenes import Icon, Scene
from hearsight.research.soundstage.sentences import ADJECTIVES, OBJECTS, PEOPLE, pick, reword, with_article
from hearsight.research.soundstage.words import CLAUSES, MOVING, NOUNS, PLACES, PLATES

KINDS = ("sight", "sound", "speech", "sight+sound", "sight+speech", "sound+speech", "all")
CAPTIONS_A_CLIP = 24

LEADS = ("", "", "", "a picture of ", "a video of ", "we see ", "here is ")
HEARD = ("{noun}", "we hear {noun}", "{clause}", "{clause}", "you can hear that {clause}")
TELLING = (
    "someone says that {}",
    "somebody says {}",
    "a voice tells us that {}",
    "we are told that {}",
    "a person mentions that {}",
    "someone tells how {}",
)
TOPICS = ("someone talks about {}", "there is talk of {}", "a voice speaks of {}")
JOINED = {
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

Told = tuple[str, frozenset[str]]


@dataclass(frozen=True)
class Caption:
    """A text of one of KINDS, and the facts that it tells."""

    kind: str
    text: str
    facts: frozenset[str]

    def holds(self, scene: Scene) -> bool:
        """Whether the caption is true of a scene, its own or any other."""
        return self.facts <= facts(scene)


def kinds(scene: Scene) -> tuple[str, ...]:
    """The kinds of captions that the scene can have."""
    missing = {"sound"} if not scene.sound else set()
    if not scene.speech:
        missing.add("speech")
    return tuple(kind for kind in KINDS if not (missing & set(kind.split("+")) or (missing and kind == "all")))


def captions(scene: Scene, count: int = CAPTIONS_A_CLIP) -> list[Caption]:
    """Captions of all the kinds that the scene can have, by turns; the same scene always gets the same."""
    rng = scene.generator(f"captions {sorted(facts(scene))}")
    return [caption(scene, kind, rng) for kind in islice(cycle(kinds(scene)), count)]


def describe(scene: Scene, kind: str, rng: Generator) -> str:
    """A caption's text; kind is one of kinds(scene)."""
    return caption(scene, kind, rng).text


def caption(scene: Scene, kind: str, rng: Generator, seen: frozenset[str] | None = None) -> Caption:
    """A caption of one of kinds(scene). seen: the facts to tell of what is seen; by default chance decides."""
    wanted = {"sight", "sound", "speech"} if kind == "all" else set(kind.split("+"))
    words: dict[str, str] = {}
    told: frozenset[str] = frozenset()
    if "sight" in wanted:
        told = choose_sight(scene, rng) if seen is None else seen
        words["sight"] = sight(scene, told, rng)
    if "sound" in wanted:
        assert scene.sound, "kinds(scene) says what a scene can be described by"
        name = scene.sound.name
        words |= {"clause": pick(rng, CLAUSES[name]), "noun": pick(rng, NOUNS[name])}
        told |= {f"sound: {name}"}
    if "speech" in wanted:
        words["speech"], said = speech(scene, rng)
        told |= said
    templates = {"sight": tuple(lead + "{sight}" for lead in LEADS), "sound": HEARD, "speech": ("{speech}",), **JOINED}
    return Caption(kind, pick(rng, templates[kind]).format(**words), told)


def choose_sight(scene: Scene, rng: Generator) -> frozenset[str]:
    """More or less of what is seen; always the first icon."""
    told = set()
    for icon in scene.icons:
        if icon != scene.icons[0] and rng.random() >= 0.7:
            continue
        told.add(f"icon: {icon.name}")
        if icon.plate and rng.random() < 0.6:
            told.add(f"plate: {icon.name} {icon.plate}")
        if rng.random() < 0.3:
            told.add(f"motion: {icon.name} {icon.motion}")
    if rng.random() < 0.75:
        told.add(f"background: {scene.background}")
    return frozenset(told)


def sight(scene: Scene, told: frozenset[str], rng: Generator) -> str:
    """What is seen, in words: "a dog on a red disc and a car in the woods"."""
    subjects = [subject(icon, told, rng) for icon in scene.icons if f"icon: {icon.name}" in told]
    text = f" {pick(rng, ('and', 'next to', 'beside'))} ".join(subjects)
    if f"background: {scene.background}" in told:
        text += f" {pick(rng, PLACES[scene.background])}"
    return text


def subject(icon: Icon, told: frozenset[str], rng: Generator) -> str:
    """An icon by one of its names, with its plate and its motion if they are told."""
    text = with_article(pick(rng, NAMES[icon.name]))
    if f"plate: {icon.name} {icon.plate}" in told:
        colour, shape = icon.plate.split()
        text += f" on {with_article(f'{colour} {pick(rng, PLATES[shape])}')}"
    if f"motion: {icon.name} {icon.motion}" in told:
        text += f" {pick(rng, MOVING[icon.motion])}"
    return text


def speech(scene: Scene, rng: Generator) -> Told:
    """What is said, in other words; now and then only what it is about."""
    assert scene.speech, "kinds(scene) says what a scene can be described by"
    sentence = scene.speech.sentence
    if rng.random() < 0.25:
        sentence = replace(sentence, place=None)
    told = {part: word for part, word in vars(sentence).items() if word}
    if rng.random() < 0.15:
        del told["action"]
        told.pop("place", None)
        adjective = pick(rng, (*ADJECTIVES[sentence.adjective], sentence.adjective))
        things = [
            f"the {pick(rng, PEOPLE[sentence.person])}",
            with_article(f"{adjective} {pick(rng, OBJECTS[sentence.object])}"),
        ]
        text = pick(rng, TOPICS).format(" and ".join(things))
    else:
        text = pick(rng, TELLING).format(reword(sentence, rng))
    return text, frozenset(f"{part}: {word}" for part, word in told.items())
