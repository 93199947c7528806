"""Twelve generated backgrounds. No two pictures of one background are quite the same.

Each painter draws on a canvas of twice the clip's size, which is then halved: cheap antialiasing.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw

WIDTH, HEIGHT = 320, 240
W, H = 2 * WIDTH, 2 * HEIGHT

Colour = tuple[int, int, int]


def paint(name: str, rng: Generator) -> Image.Image:
    """Paint one of BACKGROUNDS, 320 x 240 RGB. The generator varies colours and positions."""
    canvas = BACKGROUNDS[name](rng)
    return canvas.resize((WIDTH, HEIGHT), Image.Resampling.BOX)


def beach(rng: Generator) -> Image.Image:
    canvas = gradient(vary(rng, (120, 200, 245)), (215, 240, 250))
    draw = ImageDraw.Draw(canvas)
    disc(draw, rng.uniform(0.1, 0.9) * W, 0.14 * H, 38, (255, 236, 130))
    draw.rectangle((0, 0.42 * H, W, H), fill=vary(rng, (28, 140, 190)))
    for row in range(3):
        wave(draw, (0.47 + 0.06 * row) * H, 5, 60 + 20 * row, rng, (110, 195, 220))
    ground(draw, 0.64 * H, 10, rng, (250, 250, 245))
    ground(draw, 0.665 * H, 10, rng, vary(rng, (240, 212, 150)))
    speckle(draw, rng, 160, 0.72, (214, 182, 118), 2)
    return canvas


def night(rng: Generator) -> Image.Image:
    canvas = gradient((8, 10, 40), vary(rng, (38, 44, 98)))
    draw = ImageDraw.Draw(canvas)
    for _ in range(130):
        disc(draw, rng.uniform(0, W), rng.uniform(0, 0.85 * H), rng.uniform(1, 3.2), (255, 250, 220))
    x, y = rng.uniform(0.1, 0.9) * W, 0.18 * H
    disc(draw, x, y, 44, (246, 240, 200))
    disc(draw, x + 20, y - 10, 38, (14, 16, 50))
    ground(draw, 0.88 * H, 24, rng, (10, 14, 30))
    return canvas


def forest(rng: Generator) -> Image.Image:
    canvas = gradient(vary(rng, (150, 200, 150)), (60, 110, 60))
    draw = ImageDraw.Draw(canvas)
    ground(draw, 0.8 * H, 12, rng, (52, 84, 40))
    for depth in range(3):
        green = (70 - 18 * depth, 125 - 24 * depth, 66 - 16 * depth)
        for x in np.arange(-20, W + 40, 92) + rng.uniform(-30, 30) + 40 * depth:
            foot, height = (0.76 + 0.09 * depth) * H, rng.uniform(190, 270)
            draw.rectangle((x - 8, foot - 40, x + 8, foot), fill=(88, 60, 38))
            for layer in range(3):
                top, width = foot - height + layer * height / 4.5, 34 + 16 * layer
                draw.polygon(((x, top), (x - width, top + height / 2.6), (x + width, top + height / 2.6)), fill=green)
    return canvas


def city(rng: Generator) -> Image.Image:
    canvas = gradient(vary(rng, (172, 186, 204)), (228, 222, 210))
    draw = ImageDraw.Draw(canvas)
    for depth, base in enumerate(((136, 142, 158), (92, 96, 112))):
        x = -rng.uniform(0, 40)
        while x < W:
            width, top = rng.uniform(58, 104), rng.uniform(0.16 + 0.16 * depth, 0.5 + 0.1 * depth) * H
            draw.rectangle((x, top, x + width, 0.86 * H), fill=vary(rng, base))
            for row in np.arange(top + 14, 0.84 * H, 26):
                for column in np.arange(x + 10, x + width - 14, 20):
                    lit = rng.random() < 0.35
                    draw.rectangle((column, row, column + 9, row + 13), fill=(255, 226, 130) if lit else (66, 74, 94))
            x += width + rng.uniform(2, 10)
    draw.rectangle((0, 0.86 * H, W, H), fill=(70, 70, 74))
    for x in np.arange(rng.uniform(-60, 0), W, 90):
        draw.rectangle((x, 0.925 * H, x + 48, 0.94 * H), fill=(238, 228, 180))
    return canvas


def desert(rng: Generator) -> Image.Image:
    canvas = gradient(vary(rng, (250, 190, 90)), (255, 232, 170))
    draw = ImageDraw.Draw(canvas)
    disc(draw, rng.uniform(0.15, 0.85) * W, 0.17 * H, 46, (255, 250, 214))
    for x, height in ((rng.uniform(0, 0.5) * W, 130), (rng.uniform(0.4, 1) * W, 90)):
        draw.polygon(
            ((x - 1.5 * height, 0.68 * H), (x, 0.62 * H - height), (x + 1.5 * height, 0.68 * H)), fill=(206, 142, 78)
        )
        draw.polygon(((x, 0.62 * H - height), (x + 1.5 * height, 0.68 * H), (x + 20, 0.68 * H)), fill=(172, 112, 60))
    for row, colour in enumerate(((230, 168, 90), (216, 150, 76), (198, 130, 62))):
        ground(draw, (0.58 + 0.14 * row) * H, 30, rng, colour)
    return canvas


def snow(rng: Generator) -> Image.Image:
    canvas = gradient(vary(rng, (178, 202, 226)), (226, 236, 246))
    draw = ImageDraw.Draw(canvas)
    for x in np.arange(0, W + 200, 200) + rng.uniform(-80, 20):
        height = rng.uniform(150, 250)
        peak = 0.7 * H - height
        draw.polygon(((x - 170, 0.72 * H), (x, peak), (x + 170, 0.72 * H)), fill=(128, 150, 178))
        draw.polygon(((x - 62, peak + 80), (x, peak), (x + 62, peak + 80), (x, peak + 56)), fill=(250, 252, 255))
    ground(draw, 0.68 * H, 16, rng, (236, 243, 250))
    ground(draw, 0.82 * H, 14, rng, (250, 252, 255))
    for _ in range(130):
        disc(draw, rng.uniform(0, W), rng.uniform(0, H), rng.uniform(2, 5), (255, 255, 255))
    return canvas


def underwater(rng: Generator) -> Image.Image:
    canvas = gradient(vary(rng, (70, 190, 215)), (6, 52, 110))
    draw = ImageDraw.Draw(canvas, "RGBA")
    for x in rng.uniform(0, W, 5).tolist():
        draw.polygon(((x, 0), (x + 50, 0), (x - 60, H), (x - 190, H)), fill=(200, 245, 255, 26))
    ground(draw, 0.87 * H, 14, rng, (196, 178, 122))
    for x in rng.uniform(0, W, 9).tolist():
        height, sway = rng.uniform(60, 170), rng.uniform(8, 18)
        points = [(x + sway * math.sin(s / 18), 0.93 * H - s) for s in np.arange(0, height, 4).tolist()]
        draw.line(points, fill=vary(rng, (38, 130, 76)), width=11, joint="curve")
    for _ in range(26):
        x, y, r = rng.uniform(0, W), rng.uniform(0, 0.8 * H), rng.uniform(3, 10)
        draw.ellipse((x - r, y - r, x + r, y + r), outline=(220, 248, 255), width=2)
    return canvas


def meadow(rng: Generator) -> Image.Image:
    canvas = gradient(vary(rng, (96, 176, 246)), (200, 232, 255))
    draw = ImageDraw.Draw(canvas)
    for _ in range(3):
        cloud(draw, rng.uniform(0.05, 0.9) * W, rng.uniform(0.08, 0.3) * H)
    ground(draw, 0.56 * H, 28, rng, (124, 196, 88))
    ground(draw, 0.68 * H, 22, rng, vary(rng, (96, 174, 66)))
    for _ in range(60):
        x, y = rng.uniform(0, W), rng.uniform(0.74, 0.99) * H
        disc(draw, x, y, 5.5, ((250, 250, 250), (255, 214, 60), (240, 110, 140))[rng.integers(3)])
        disc(draw, x, y, 2, (250, 180, 40))
    return canvas


def room(rng: Generator) -> Image.Image:
    wall = vary(rng, (226, 204, 178))
    canvas = Image.new("RGB", (W, H), wall)
    draw = ImageDraw.Draw(canvas)
    for stripe in range(0, W, 40):
        draw.rectangle((stripe, 0, stripe + 8, 0.76 * H), fill=shade(wall, 0.94))
    floor = vary(rng, (150, 98, 60))
    draw.rectangle((0, 0.76 * H, W, H), fill=floor)
    for row in range(4):
        draw.line((0, (0.76 + 0.06 * row) * H, W, (0.76 + 0.06 * row) * H), fill=shade(floor, 0.8), width=3)
    draw.rectangle((0, 0.735 * H, W, 0.765 * H), fill=(250, 246, 238))
    x = rng.uniform(0.06, 0.6) * W
    draw.rectangle((x, 50, x + 170, 230), fill=(250, 246, 238))
    for column in (0, 1):
        for row in (0, 1):
            pane_x, pane_y = x + 10 + 78 * column, 60.0 + 83 * row
            draw.rectangle((pane_x, pane_y, pane_x + 72, pane_y + 76), fill=(168, 214, 244))
    for side in (x - 34, x + 156):
        draw.polygon(((side, 36), (side + 50, 36), (side + 44, 260), (side + 4, 260)), fill=vary(rng, (180, 70, 70)))
    return canvas


def sunset(rng: Generator) -> Image.Image:
    canvas = gradient(vary(rng, (88, 42, 122)), (255, 150, 70))
    draw = ImageDraw.Draw(canvas)
    x = rng.uniform(0.2, 0.8) * W
    for radius, colour in ((110, (252, 140, 84)), (84, (254, 176, 96)), (60, (255, 228, 150))):
        disc(draw, x, 0.62 * H, radius, colour)
    draw.rectangle((0, 0.66 * H, W, H), fill=(96, 40, 88))
    for row in range(9):
        y, width = (0.675 + 0.035 * row) * H, rng.uniform(20, 90)
        draw.rectangle((x - width, y, x + width, y + 5), fill=(252, 164, 96))
    return canvas


def theatre(rng: Generator) -> Image.Image:
    red = vary(rng, (168, 24, 38))
    canvas = Image.new("RGB", (W, H), (58, 10, 20))
    draw = ImageDraw.Draw(canvas, "RGBA")
    fold = rng.uniform(26, 36)
    for x in np.arange(-fold, W, fold):
        for step in range(4):
            fold_x = x + step * fold / 4
            draw.rectangle((fold_x, 0, fold_x + fold / 4, 0.8 * H), fill=shade(red, (0.7, 1.0, 1.15, 0.88)[step]))
    for x in range(0, W, 80):
        draw.ellipse((x - 4, -60, x + 84, 62), fill=shade(red, 0.62), outline=(236, 188, 80), width=5)
    draw.rectangle((0, 0.8 * H, W, H), fill=(134, 84, 48))
    draw.rectangle((0, 0.8 * H, W, 0.82 * H), fill=(92, 54, 30))
    x = rng.uniform(0.35, 0.65) * W
    draw.polygon(((x - 20, 0), (x + 20, 0), (x + 190, 0.92 * H), (x - 190, 0.92 * H)), fill=(255, 246, 200, 46))
    return canvas


def rainbow(rng: Generator) -> Image.Image:
    canvas = gradient((126, 160, 206), (214, 228, 242))
    draw = ImageDraw.Draw(canvas)
    x, y = rng.uniform(0.4, 0.6) * W, 0.98 * H
    bands = ((224, 58, 58), (244, 142, 44), (250, 222, 66), (84, 184, 84), (64, 118, 214), (124, 72, 178))
    for band, colour in enumerate(bands):
        disc(draw, x, y, 400 - 24 * band, colour)
    disc(draw, x, y, 400 - 24 * len(bands), (198, 216, 236))
    for side in (0.08, 0.92):
        cloud(draw, side * W, 0.72 * H)
    ground(draw, 0.84 * H, 16, rng, vary(rng, (122, 186, 112)))
    return canvas


BACKGROUNDS: dict[str, Callable[[Generator], Image.Image]] = {
    painter.__name__: painter
    for painter in (
        beach,
        night,
        forest,
        city,
        desert,
        snow,
        underwater,
        meadow,
        room,
        sunset,
        theatre,
        rainbow,
    )
}


def vary(rng: Generator, colour: Colour, amount: int = 14) -> Colour:
    red, green, blue = np.clip(np.array(colour) + rng.integers(-amount, amount + 1, 3), 0, 255).tolist()
    return red, green, blue


def shade(colour: Colour, factor: float) -> Colour:
    red, green, blue = (min(255, round(part * factor)) for part in colour)
    return red, green, blue


def gradient(top: Colour, bottom: Colour) -> Image.Image:
    down = np.linspace(0, 1, H)[:, None, None]
    rows = np.array(top) * (1 - down) + np.array(bottom) * down
    return Image.fromarray(np.broadcast_to(rows, (H, W, 3)).round().astype(np.uint8))


def disc(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float, colour: Colour) -> None:
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def cloud(draw: ImageDraw.ImageDraw, x: float, y: float) -> None:
    for dx, dy, radius in ((-44, 8, 24), (-14, -8, 34), (24, -2, 30), (52, 10, 22)):
        disc(draw, x + dx, y + dy, radius, (252, 253, 255))


def ground(draw: ImageDraw.ImageDraw, y: float, swell: float, rng: Generator, colour: Colour) -> None:
    """Fill everything below a gently rolling line."""
    x = np.arange(0, W + 8, 8)
    line = y + swell * np.sin(x / rng.uniform(90, 150) + rng.uniform(0, 6.28))
    draw.polygon([*zip(x.tolist(), line.tolist(), strict=True), (W, H), (0, H)], fill=colour)


def wave(draw: ImageDraw.ImageDraw, y: float, swell: float, length: float, rng: Generator, colour: Colour) -> None:
    x = np.arange(0, W + 8, 8)
    line = y + swell * np.sin(x / length * 6.28 + rng.uniform(0, 6.28))
    draw.line([*zip(x.tolist(), line.tolist(), strict=True)], fill=colour, width=4)


def speckle(draw: ImageDraw.ImageDraw, rng: Generator, count: int, top: float, colour: Colour, radius: float) -> None:
    for _ in range(count):
        disc(draw, rng.uniform(0, W), rng.uniform(top, 1) * H, radius, colour)
