"""Scenes: everything that a clip shows, sounds and says, as plain data. Samples scenes and draws their frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from hearsight.research.soundstage import backgrounds
from hearsight.research.soundstage.background_sounds import DISTRACTORS
from hearsight.research.soundstage.backgrounds import BACKGROUNDS, HEIGHT, WIDTH
from hearsight.research.soundstage.icons import ICON_NAMES, sprite
from hearsight.research.soundstage.sentences import Sentence, pick, sample_sentence
from hearsight.research.soundstage.sound_events import EVENTS
from hearsight.research.soundstage.splits import SplitName, allowed
from hearsight.research.soundstage.text_to_speech import VOICES

MOTIONS: dict[str, Callable[[float], tuple[float, float, float]]] = {
    # From the elapsed share of the clip, 0 to 1, to the shift right and down (times a maximum) and the size.
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
SECONDS_PER_CHARACTER = 0.085  # of speech, rather slow
SPARE_SECONDS = 0.4
# At the lower end pocketsphinx hears nearly as well as without a distraction. At the upper end music and noise are
# clearly audible, and it gets two or three times as many words wrong (docs/soundstage-datasheet.md).
FADES = (-40, -22)


@dataclass(frozen=True)
class Icon:
    """An icon in the picture. `size` is in pixels; `plate` is "" or a colour and a shape, such as "red disc"."""

    name: str
    motion: str
    size: int
    plate: str = ""


@dataclass(frozen=True)
class Sound:
    """A sound event. `start` is in seconds from the start of the clip, `level` in dB of full scale."""

    name: str
    start: float
    level: float


@dataclass(frozen=True)
class Distraction:
    """Music or noise under the whole clip that no caption mentions. `level` is in dB of full scale."""

    name: str
    level: float


@dataclass(frozen=True)
class Speech:
    """A sentence spoken by one of flite's voices from `start` seconds on.

    `stretch` 1.1 is a little slow. `fade` is the level of all other sound while it is spoken, in dB against the voice.
    """

    sentence: Sentence
    voice: str
    start: float
    stretch: float
    fade: float = -40.0


@dataclass(frozen=True)
class Scene:
    """One clip before it is rendered. The seed decides everything that the other fields leave open."""

    seed: int
    icons: tuple[Icon, ...]
    background: str
    duration: float
    sound: Sound | None = None
    distraction: Distraction | None = None
    speech: Speech | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the scene as plain data for JSON."""
        return asdict(self)

    @staticmethod
    def from_dict(data: dict[str, Any]) -> Scene:
        """Return the scene that `to_dict` described."""
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
        """Return random numbers for one part of the clip. Twins have one seed, so they share what does not differ."""
        return np.random.default_rng([self.seed, *part.encode()])


def sample_sight(rng: Generator, split: SplitName = "train", number: int = 1) -> Scene:
    """Sample a silent scene with one or two icons over a background."""
    background = pick(rng, BACKGROUNDS)
    fitting_names = tuple(name for name in ICON_NAMES if allowed(split, name, background))
    names = rng.choice(fitting_names, number, replace=False).tolist()
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


def fitting_sounds(scene: Scene, split: SplitName) -> tuple[str, ...]:
    """Return the sound events that the split may combine with the scene's icons."""
    return tuple(name for name in EVENTS if all(allowed(split, icon.name, name) for icon in scene.icons))


def sample_sound(rng: Generator, names: tuple[str, ...]) -> Sound:
    """Sample one of the named sound events, with its start and its level."""
    return Sound(pick(rng, names), round(rng.uniform(0, 0.8), 2), round(rng.uniform(-24, -17), 1))


def sample_distraction(rng: Generator) -> Distraction:
    """Sample music or noise, between far softer and much louder than a sound event."""
    return Distraction(pick(rng, DISTRACTORS), round(rng.uniform(-34, -14), 1))


def sample_speech(rng: Generator, duration: float, split: SplitName = "train", spare: float = SPARE_SECONDS) -> Speech:
    """Sample a sentence near the start or the end of a clip, which leaves `spare` seconds of the clip free."""
    while True:
        sentence, stretch = sample_sentence(rng, split), round(rng.uniform(1.0, 1.12), 2)
        free = duration - SECONDS_PER_CHARACTER * stretch * len(sentence.text)
        if free >= spare:
            margin = rng.uniform(0.15, 0.4)
            start = margin if rng.random() < 0.5 else free - margin
            fade = round(rng.uniform(*FADES), 1)
            return Speech(sentence, pick(rng, VOICES), round(max(0.0, start), 2), stretch, fade)


def draw_frames(scene: Scene, times: list[float], background: Image.Image | None = None) -> Iterator[np.ndarray]:
    """Draw the scene at each time in seconds: RGB uint8, 240 x 320 x 3. `background` replaces the scene's own."""
    background = background or backgrounds.paint(scene.background, scene.generator("background"))
    centres = np.linspace(0.3, 0.7, len(scene.icons)) if len(scene.icons) > 1 else [0.5]
    pictures = [draw_icon(icon) for icon in scene.icons]
    for time in times:
        frame = background.copy()
        for icon, picture, centre in zip(scene.icons, pictures, centres, strict=True):
            right, down, size = MOTIONS[icon.motion](min(1.0, time / scene.duration))
            reach = 0.27 if len(scene.icons) == 1 else 0.13
            if size != 1:
                picture = picture.resize((round(picture.width * size), round(picture.height * size)))
            x = (centre + reach * right) * WIDTH - picture.width / 2
            y = (0.5 + 0.22 * down) * HEIGHT - picture.height / 2
            frame.paste(picture, (round(x), round(y)), picture)
        yield np.asarray(frame)


def draw_icon(icon: Icon) -> Image.Image:
    """Draw an icon with a soft shadow, and on its plate if it has one."""
    picture = sprite(icon.name)
    scale = icon.size / max(picture.size)
    picture = picture.resize((round(picture.width * scale), round(picture.height * scale)), Image.Resampling.LANCZOS)
    side = round(1.5 * icon.size)
    front = Image.new("RGBA", (side, side))
    if icon.plate:
        colour, shape = icon.plate.split()
        front = draw_plate(side, shape, PLATE_COLOURS[colour])
    front.alpha_composite(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
    shadow = front.getchannel("A").point(lambda alpha: alpha * 0.45).filter(ImageFilter.GaussianBlur(3))
    picture_with_shadow = Image.new("RGBA", (side, side))
    picture_with_shadow.putalpha(ImageChops.offset(shadow, 2, 4))
    picture_with_shadow.alpha_composite(front)
    return picture_with_shadow


def draw_plate(side: int, shape: str, colour: tuple[int, int, int]) -> Image.Image:
    """Draw a coloured disc or square, antialiased, with some room for a shadow."""
    canvas = Image.new("RGBA", (2 * side, 2 * side))
    draw = ImageDraw.Draw(canvas)
    edge = 16
    if shape == "disc":
        draw.ellipse((edge, edge, 2 * side - edge, 2 * side - edge), fill=colour)
    else:
        inset = edge + side // 7
        draw.rounded_rectangle((inset, inset, 2 * side - inset, 2 * side - inset), radius=18, fill=colour)
    return canvas.resize((side, side), Image.Resampling.BOX)
