"""Turn a decoded picture into RGB as a player shows it: its colours, brightness and rows."""

from __future__ import annotations

from typing import Any

import av
import numpy as np
from av.video.reformatter import ColorPrimaries, Colorspace, ColorTrc
from numpy.typing import NDArray

UNTAGGED = 2  # a frame that does not tell its colours: BT.601 in small pictures, BT.709 in these
HD_WIDTH, HD_HEIGHT = 1280, 577
# ITU-R BT.2100: what light a value of the signal stands for. White paper and faces are at 203 cd/m2 (BT.2408).
WHITE = 203.0
HDR = frozenset([ColorTrc.SMPTE2084, ColorTrc.ARIB_STD_B67])  # PQ and HLG
PQ_PEAK, HLG_PEAK = 10_000.0, 1000.0
PQ_M1, PQ_M2, PQ_C1, PQ_C2, PQ_C3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
HLG_A, HLG_B, HLG_C, HLG_GAMMA = 0.17883277, 0.28466892, 0.55991073, 1.2
LUMINANCE = np.array([0.2627, 0.6780, 0.0593])  # of the primaries of BT.2020
TO_BT709 = np.array([[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]])
SCREEN_GAMMA = 2.4
KNEE = 0.9  # light above this, of white, is compressed, so that what is brighter than white keeps its shapes

Pixels = NDArray[np.float64]


def to_rgb(frame: av.VideoFrame, width: int, height: int) -> NDArray[np.uint8]:
    """Return a picture (height, width, 3) of a screen without HDR.

    Of interlaced pictures one of the two fields is taken: together they show combs where something moves.
    """
    size = {"width": width, "height": height}
    is_large = frame.width >= HD_WIDTH or frame.height >= HD_HEIGHT
    matrix = Colorspace.ITU709 if frame.colorspace == UNTAGGED and is_large else None
    picture = top_field(frame) if frame.interlaced_frame else frame
    if frame.color_primaries != ColorPrimaries.BT2020 and frame.color_trc not in HDR:
        rgb: NDArray[np.uint8] = picture.to_ndarray(format="rgb24", src_colorspace=matrix, **size)
        return rgb
    signal = picture.to_ndarray(format="rgb48le", **size) / 65535
    light = np.clip(_light(signal, frame.color_trc) @ TO_BT709.T, 0, None)
    return np.round(255 * _compressed(light) ** (1 / SCREEN_GAMMA)).astype(np.uint8)


def _light(signal: Pixels, transfer: int) -> Pixels:
    """Return the light of a signal in [0, 1], relative to white."""
    if transfer == ColorTrc.SMPTE2084:
        power = signal ** (1 / PQ_M2)
        light = (np.clip(power - PQ_C1, 0, None) / (PQ_C2 - PQ_C3 * power)) ** (1 / PQ_M1)
        return np.asarray(light * PQ_PEAK / WHITE)
    if transfer == ColorTrc.ARIB_STD_B67:
        scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - HLG_C) / HLG_A) + HLG_B) / 12)
        brightness = np.clip(scene @ LUMINANCE, 1e-9, None)[..., None]
        return np.asarray(scene * brightness ** (HLG_GAMMA - 1) * HLG_PEAK / WHITE)
    return np.asarray(signal**SCREEN_GAMMA)


def _compressed(light: Pixels) -> Pixels:
    """Return light in [0, 1], of the same hues."""
    brightest = light.max(axis=-1, keepdims=True)
    above = np.clip((brightest - KNEE) / (1 - KNEE), 0, None)
    lower = KNEE + (1 - KNEE) * above / (1 + above)
    return np.asarray(light * np.where(brightest > KNEE, lower / np.maximum(brightest, KNEE), 1.0))


def top_field(frame: av.VideoFrame) -> av.VideoFrame:
    """Return every other row of an interlaced picture."""
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format.name, time_base=frame.time_base
    )
    field, sink = graph.add("field", "top"), graph.add("buffersink")
    graph.link_nodes(source, field, sink).configure()
    graph.push(frame)
    result: Any = graph.pull()
    return result
