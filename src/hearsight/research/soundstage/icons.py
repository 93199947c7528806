"""Icons: colour emoji of Noto, each with the names that a caption may use for it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from hearsight.errors import HearsightError

FONT = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
FONT_SIZE = 109  # the only size of a bitmap font

# The first name identifies the icon; captions use all of them.
ICONS: dict[str, tuple[str, ...]] = {
    "🐶": ("dog", "puppy"),
    "🐱": ("cat", "kitten"),
    "🐴": ("horse", "pony"),
    "🐮": ("cow",),
    "🐷": ("pig", "hog"),
    "🐰": ("rabbit", "bunny"),
    "🐻": ("bear",),
    "🦁": ("lion",),
    "🐵": ("monkey", "ape"),
    "🐘": ("elephant",),
    "🐸": ("frog", "toad"),
    "🐠": ("fish", "tropical fish"),
    "🐳": ("whale",),
    "🐢": ("turtle", "tortoise"),
    "🐍": ("snake", "serpent"),
    "🦋": ("butterfly",),
    "🐝": ("bee", "bumblebee"),
    "🕷": ("spider",),
    "🦉": ("owl",),
    "🦆": ("duck",),
    "🐧": ("penguin",),
    "🐔": ("chicken", "hen"),
    "🐙": ("octopus",),
    "🦖": ("dinosaur",),
    "🐌": ("snail",),
    "🐼": ("panda",),
    "🦊": ("fox",),
    "🦄": ("unicorn",),
    "🦩": ("flamingo", "pink bird"),
    "🦀": ("crab",),
    "🚗": ("car", "automobile"),
    "🚌": ("bus", "coach"),
    "🚲": ("bicycle", "bike"),
    "🚂": ("train", "locomotive"),
    "🚜": ("tractor",),
    "✈": ("aeroplane", "airplane", "plane"),
    "🚀": ("rocket", "spaceship"),
    "🚁": ("helicopter", "chopper"),
    "⛵": ("boat", "sailing boat"),
    "🍎": ("apple",),
    "🍌": ("banana",),
    "🍓": ("strawberry",),
    "🥕": ("carrot",),
    "🍕": ("pizza", "slice of pizza"),
    "🎂": ("cake", "birthday cake"),
    "🍦": ("ice cream", "ice cream cone"),
    "🍔": ("hamburger", "burger"),
    "🍍": ("pineapple",),
    "⚽": ("ball", "football"),
    "🎸": ("guitar",),
    "🎹": ("piano", "keyboard"),
    "🎺": ("trumpet",),
    "☂": ("umbrella", "parasol"),
    "🏠": ("house", "home"),
    "🔑": ("key",),
    "📕": ("book", "red book"),
    "💡": ("lamp", "light bulb"),
    "🪑": ("chair", "seat"),
    "🤖": ("robot", "android"),
    "👻": ("ghost", "spook"),
    "👑": ("crown",),
    "📷": ("camera",),
    "🎩": ("hat", "top hat"),
    "🔨": ("hammer",),
    "🎁": ("present", "gift"),
    "🎈": ("balloon",),
    "⛄": ("snowman",),
    "🌻": ("sunflower", "flower"),
    "🍄": ("mushroom", "toadstool"),
    "🌵": ("cactus",),
    "💎": ("diamond", "jewel"),
    "🏆": ("trophy", "cup"),
    "⚓": ("anchor",),
    "📺": ("television", "TV set"),
    "🕯": ("candle",),
    "🎒": ("backpack", "rucksack"),
    "🛸": ("flying saucer", "UFO"),
}
ICON_NAMES: dict[str, tuple[str, ...]] = {names[0]: names for names in ICONS.values()}
CHARACTERS: dict[str, str] = {names[0]: character for character, names in ICONS.items()}


@lru_cache(maxsize=1)
def _font() -> ImageFont.FreeTypeFont:
    if not FONT.exists():
        raise HearsightError(f"cannot draw icons: no font at {FONT}; apt-get install fonts-noto-color-emoji")
    return ImageFont.truetype(str(FONT), FONT_SIZE)


@lru_cache(maxsize=len(ICONS))
def sprite(name: str) -> Image.Image:
    """Return the icon as an RGBA image, cropped to its drawing (about 110 to 136 pixels on the longer side).

    Raises HearsightError if the font is missing.
    """
    canvas = Image.new("RGBA", (160, 160))
    ImageDraw.Draw(canvas).text((8, 8), CHARACTERS[name], font=_font(), embedded_color=True)
    return canvas.crop(canvas.getbbox())
