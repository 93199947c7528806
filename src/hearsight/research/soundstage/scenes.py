"""A scene is all that a clip shows, sounds and says, as plain data; this file samples scenes and draws their frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from hearsight.research.soundstage import backgrounds
from hearsight.research.soundstage.backgrounds import BACKGROUNDS, HEIGHT, WIDTH
from hearsight.research.soundstage.distractors import DISTRACTORS
from hearsight.research.soundstage.icons import NAMES, sprite
from hearsight.research.soundstage.sentences import Sentence, pick, sample_sentence
from hearsight.research.soundstage.sounds import EVENTS
from hearsight.research.soundstage.splits import Split, allowed
from hearsight.research.soundstage.voices import VOICES

MOTIONS: dict[str, Callable[[float], tuple[float, float, float]]] = {
    # from the share of the clip that has passed, 0 to 1, to the shift right and down (in reaches) and the size
    "still": lambda u: (0, 0, 1),
    "left": lambda u: (1 - 2 * u, 0, 1),
    "right": lambda u: (2 * u - 1, 0, 1),
    "up": lambda u: (0, 1 - 2 * u, 1),
    "down": lambda u: (0, 2 * u - 1, 1),
    "circle": lambda u: (np.cos(4 * np.pi * u), np.sin(4 * np.pi * u), 1),
    "bounce": lambda u: (0, 1 - 2 * abs(np.sin(4 * np.pi * u)), 1),
    "grow": lambda u: (0, 0, 0.7 + 0.5 * u),
}
PLATE_SHAPES = ("disc", "square")
PLATE_COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (222, 60, 56),
    "blue": (60, 106, 226),
    "green": (64, 168, 82),
    "yellow": (248, 210, 60),
    "purple": (150, 84, 196),
    "white": (248, 248, 248),
    "black": (34, 34, 38),
    "orange": (246, 148, 44),
}
PLATE_SHARE = 0.6
SECONDS_A_CHARACTER = 0.085  # of speech, on the slow side
SPARE = 0.4
# At the lower end pocketsphinx hears nearly as well as without any distraction. At the upper end music and noise are
# plain to hear, and it gets two or three times as many words wrong (docs/soundstage-datasheet.md).
FADES = (-40, -22)


@dataclass(frozen=True)
class Icon:
    """An icon on the stage: size in pixels; plate is "" or a colour and a shape, such as "red disc"."""

    name: str
    motion: str
    size: int
    plate: str = ""


@dataclass(frozen=True)
class Sound:
    """A sound event: seconds from the start of the clip, and its level in dB of full scale."""

    name: str
    start: float
    level: float


@dataclass(frozen=True)
class Distraction:
    """Music or noise under the whole clip that no caption mentions; the level is in dB of full scale."""

    name: str
    level: float


@dataclass(frozen=True)
class Speech:
    """A sentence spoken by one of flite's voices, from start seconds on; stretch 1.1 is a little slow.

    fade: the level of all else while it is spoken, in dB against the voice.
    """

    sentence: Sentence
    voice: str
    start: float
    stretch: float
    fade: float = -40.0


@dataclass(frozen=True)
class Scene:
    """One clip before it is rendered. The seed fixes everything that the other fields leave open."""

    seed: int
    icons: tuple[Icon, ...]
    background: str
    duration: float
    sound: Sound | None = None
    distraction: Distraction | None = None
    speech: Speech | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(data: dict[str, Any]) -> Scene:
        """The scene that as_json described."""
        speech = data["speech"]
        return Scene(
            seed=data["seed"],
            icons=tuple(Icon(**icon) for icon in data["icons"]),
            background=data["background"],
            duration=data["duration"],
            sound=Sound(**data["sound"]) if data["sound"] else None,
            distraction=Distraction(**data["distraction"]) if data["distraction"] else None,
            speech=Speech(**{**speech, "sentence": Sentence(**speech["sentence"])}) if speech else None,
        )

    def generator(self, part: str) -> Generator:
        """Random numbers for one part of the clip, so that twins who share a seed share what does not differ."""
        return np.random.default_rng([self.seed, *part.encode()])


def sample_sight(rng: Generator, split: Split = "train", number: int = 1) -> Scene:
    """A silent scene: so many icons, one or two, over a background."""
    background = pick(rng, BACKGROUNDS)
    fitting = tuple(name for name in NAMES if allowed(split, name, background))
    names = rng.choice(fitting, number, replace=False).tolist()
    smallest, largest = (84, 116) if len(names) == 1 else (76, 96)
    icons = tuple(
        Icon(
            name=name,
            motion=pick(rng, MOTIONS),
            size=int(rng.integers(smallest, largest)),
            plate=f"{pick(rng, PLATE_COLOURS)} {pick(rng, PLATE_SHAPES)}" if rng.random() < PLATE_SHARE else "",
        )
        for name in names
    )
    seed = int(rng.integers(2**31))
    return Scene(seed=seed, icons=icons, background=background, duration=round(rng.uniform(5, 7), 1))


def fitting_sounds(scene: Scene, split: Split) -> tuple[str, ...]:
    """The sound events that the split may show with the scene's icons."""
    return tuple(name for name in EVENTS if all(allowed(split, icon.name, name) for icon in scene.icons))


def sample_sound(rng: Generator, names: tuple[str, ...]) -> Sound:
    """One of the named sound events."""
    return Sound(pick(rng, names), round(rng.uniform(0, 0.8), 2), round(rng.uniform(-24, -17), 1))


def sample_distraction(rng: Generator) -> Distraction:
    """Music or noise, between far softer and much louder than a sound event."""
    return Distraction(pick(rng, DISTRACTORS), round(rng.uniform(-34, -14), 1))


def sample_speech(rng: Generator, duration: float, split: Split = "train", spare: float = SPARE) -> Speech:
    """A sentence near the start or the end of a clip of this duration, with some seconds to spare besides it."""
    while True:
        sentence, stretch = sample_sentence(rng, split), round(rng.uniform(1.0, 1.12), 2)
        left = duration - SECONDS_A_CHARACTER * stretch * len(sentence.text)
        if left >= spare:
            margin = rng.uniform(0.15, 0.4)
            start = margin if rng.random() < 0.5 else left - margin
            fade = round(rng.uniform(*FADES), 1)
            return Speech(sentence, pick(rng, VOICES), round(max(0.0, start), 2), stretch, fade)


def draw(scene: Scene, times: list[float], stage: Image.Image | None = None) -> Iterator[np.ndarray]:
    """The scene at each time in seconds: RGB uint8, 240 x 320 x 3; on another stage than its background, if given."""
    stage = stage or backgrounds.paint(scene.background, scene.generator("background"))
    spread = np.linspace(0.3, 0.7, len(scene.icons)) if len(scene.icons) > 1 else [0.5]
    cards = [card(icon) for icon in scene.icons]
    for time in times:
        frame = stage.copy()
        for icon, picture, centre in zip(scene.icons, cards, spread, strict=True):
            right, down, size = MOTIONS[icon.motion](min(1.0, time / scene.duration))
            reach = 0.27 if len(scene.icons) == 1 else 0.13
            if size != 1:
                picture = picture.resize((round(picture.width * size), round(picture.height * size)))
            x = (centre + reach * right) * WIDTH - picture.width / 2
            y = (0.5 + 0.22 * down) * HEIGHT - picture.height / 2
            frame.paste(picture, (round(x), round(y)), picture)
        yield np.asarray(frame)


def card(icon: Icon) -> Image.Image:
    """The icon as it is pasted: with its soft shadow and, where it has one, on its plate."""
    picture = sprite(icon.name)
    scale = icon.size / max(picture.size)
    picture = picture.resize((round(picture.width * scale), round(picture.height * scale)), Image.Resampling.LANCZOS)
    side = round(1.5 * icon.size)
    front = Image.new("RGBA", (side, side))
    if icon.plate:
        colour, shape = icon.plate.split()
        front = plate(side, shape, PLATE_COLOURS[colour])
    front.alpha_composite(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
    shadow = front.getchannel("A").point(lambda alpha: alpha * 0.45).filter(ImageFilter.GaussianBlur(3))
    whole = Image.new("RGBA", (side, side))
    whole.putalpha(ImageChops.offset(shadow, 2, 4))
    whole.alpha_composite(front)
    return whole


def plate(side: int, shape: str, colour: tuple[int, int, int]) -> Image.Image:
    """A coloured disc or square, antialiased, with some room for a shadow."""
    canvas = Image.new("RGBA", (2 * side, 2 * side))
    draw = ImageDraw.Draw(canvas)
    edge = 16
    if shape == "disc":
        draw.ellipse((edge, edge, 2 * side - edge, 2 * side - edge), fill=colour)
    else:
        inset = edge + side // 7
        draw.rounded_rectangle((inset, inset, 2 * side - inset, 2 * side - inset), radius=18, fill=colour)
    return canvas.resize((side, side), Image.Resampling.BOX)
