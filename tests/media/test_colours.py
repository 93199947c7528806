"""Colours as a player shows them: HDR, HD without tags, interlaced pictures, pictures that stand."""

import av
import numpy as np
import pytest
from av.video.reformatter import ColorPrimaries, Colorspace, ColorTrc

from hearsight.media.colours import UNTAGGED, to_rgb
from hearsight.media.frames import read_frames
from hearsight.media.probe import probe
from tests.media_files import beep, grey, make_media

TO_BT2020 = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])
PQ, HLG, SDR = ColorTrc.SMPTE2084, ColorTrc.ARIB_STD_B67, ColorTrc.BT2020_10


def signal_of(light: np.ndarray, transfer: int) -> np.ndarray:
    """The signal for light, of which white is 1 (203 cd/m2)."""
    if transfer == PQ:
        power = (light * 203 / 10_000) ** (2610 / 16384)
        return ((3424 / 4096 + 2413 / 128 * power) / (1 + 2392 / 128 * power)) ** (2523 / 32)
    if transfer == HLG:
        shown = light * 203 / 1000
        brightness = shown @ [0.2627, 0.6780, 0.0593]
        scene = shown * max(brightness, 1e-9) ** (1 / 1.2 - 1)
        high = 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
        return np.where(scene <= 1 / 12, np.sqrt(3 * scene), high)
    return light ** (1 / 2.4)


def hdr_frame(light: np.ndarray, transfer: int) -> av.VideoFrame:
    """A picture of one colour in ten bits, in BT.2020. light: red, green and blue of BT.709."""
    signal = signal_of(np.clip(TO_BT2020 @ light, 0, None), transfer)
    pixels = np.broadcast_to(np.round(65535 * signal).astype(np.uint16), (48, 64, 3))
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb48le")
    frame = frame.reformat(format="yuv420p10le", dst_colorspace=Colorspace.BT2020)
    frame.color_trc, frame.color_primaries = transfer, ColorPrimaries.BT2020
    return frame


@pytest.mark.parametrize("transfer", [PQ, HLG, SDR])
@pytest.mark.parametrize("colour", [(240, 240, 240), (200, 30, 30), (30, 120, 200), (16, 16, 16), (0, 0, 0)])
def test_colours_of_bt2020(transfer, colour):
    picture = to_rgb(hdr_frame((np.array(colour) / 255) ** 2.4, transfer), 64, 48)
    assert picture.shape == (48, 64, 3)
    assert np.abs(picture.mean((0, 1)) - colour).max() < 8


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_what_is_brighter_than_white_keeps_its_shapes(transfer):
    lights = [np.full(3, light) for light in (0.8, 1.0, 1.5, 3.0)]
    shown = [to_rgb(hdr_frame(light, transfer), 64, 48).mean() for light in lights]
    assert shown == sorted(set(shown)) and shown[-1] <= 255


@pytest.mark.parametrize(
    ("width", "height", "matrix"), [(1280, 720, "ITU709"), (64, 48, "ITU601"), (720, 576, "ITU601")]
)
def test_pictures_without_tags(width, height, matrix):
    frame = av.VideoFrame.from_ndarray(np.full((height, width, 3), (200, 30, 30), np.uint8), format="rgb24")
    frame = frame.reformat(format="yuv420p", dst_colorspace=Colorspace[matrix])
    frame.colorspace = UNTAGGED
    assert np.abs(to_rgb(frame, 64, 48).mean((0, 1)) - (200, 30, 30)).max() < 5


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv422p"])
def test_interlaced_pictures_show_no_combs(tmp_path, pix_fmt):
    """One field is white, the other black: what moves between the two."""
    combed = np.zeros((96, 128, 3), np.uint8)
    combed[::2] = 255
    path = tmp_path / "a.mkv"
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "1", "x264-params": "tff=1"})
        stream.width, stream.height, stream.pix_fmt = 128, 96, pix_fmt
        for _ in range(5):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(combed, format="rgb24")))
        container.mux(stream.encode(None))
    for side in (None, 48):
        [(_, picture)] = read_frames(path, [0.05], side)
        assert picture.shape == ((96, 128, 3) if side is None else (48, 64, 3))
        assert picture.min() > 235
    assert (probe(path).video.width, probe(path).video.height) == (128, 96)


def test_a_picture_stands_until_the_end_of_the_sound(tmp_path):
    path = make_media(tmp_path / "talk.mkv", [grey(200)], sounds=[beep(5)])
    assert [(time, round(float(picture.mean()), -1)) for time, picture in read_frames(path, [0, 2.5, 4.9])] == [
        (0, 200), (2.5, 200), (4.9, 200),
    ]  # fmt: skip
