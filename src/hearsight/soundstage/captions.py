"""Captions: what a person might type to find a clip, by what is seen, heard, said, or several of these.

A scene is a set of facts ("icon: dog", "sound: bell"), and a caption tells some of them. So whether a caption holds
for any other clip is a question of subsets, which is how queries with one right answer are made.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import cycle, islice

from numpy.random import Generator

from hearsight.soundstage.icons import NAMES
from hearsight.soundstage.scenes import Icon, Scene
from hearsight.soundstage.sentences import ADJECTIVES, OBJECTS, PEOPLE, pick, reword, with_article
from hearsight.soundstage.words import CLAUSES, MOVING, NOUNS, PLACES, PLATES

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


def caption(scene: Scene, kind: str, rng: Generator) -> Caption:
    """A caption of one of kinds(scene)."""
    wanted = {"sight", "sound", "speech"} if kind == "all" else set(kind.split("+"))
    words: dict[str, str] = {}
    told: frozenset[str] = frozenset()
    if "sight" in wanted:
        words["sight"], told = sight(scene, rng)
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


def sight(scene: Scene, rng: Generator) -> Told:
    """What is seen, more or less of it: "a dog on a red disc and a car in the woods"."""
    text, told = subject(scene.icons[0], rng)
    for icon in scene.icons[1:]:
        if rng.random() < 0.7:
            other, more = subject(icon, rng)
            text, told = f"{text} {pick(rng, ('and', 'next to', 'beside'))} {other}", told | more
    if rng.random() < 0.75:
        place = pick(rng, PLACES[scene.background])
        text += f" {place}"
        told |= {f"background: {scene.background}"}
    return text, told


def subject(icon: Icon, rng: Generator) -> Told:
    """An icon by one of its names, perhaps with its plate and its motion."""
    text, told = with_article(pick(rng, NAMES[icon.name])), {f"icon: {icon.name}"}
    if icon.plate and rng.random() < 0.6:
        colour, shape = icon.plate.split()
        text += f" on {with_article(f'{colour} {pick(rng, PLATES[shape])}')}"
        told.add(f"plate: {icon.name} {icon.plate}")
    if rng.random() < 0.3:
        text += f" {pick(rng, MOVING[icon.motion])}"
        told.add(f"motion: {icon.name} {icon.motion}")
    return text, frozenset(told)


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
