"""Text in pictures is read, however it is turned, and none is invented."""

import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from hearsight.errors import HearsightError
from hearsight.ocr import load
from hearsight.ocr.picture_reader import TextLine

pytestmark = pytest.mark.recogniser
pytest.importorskip("cv2", reason="the extra ocr is not installed")
rapidocr = pytest.importorskip("hearsight.ocr.rapidocr")
if rapidocr.model_folder() is None:
    pytest.skip("the extra ocr is not installed", allow_module_level=True)
if find_spec("matplotlib") is None:
    pytest.skip("matplotlib, which has a font, is not installed", allow_module_level=True)

FONT = files("matplotlib").joinpath("mpl-data/fonts/ttf/DejaVuSans.ttf")
LINES = ["Budget 2024", "Revenue grows by 12 percent"]


@pytest.fixture(scope="module")
def reader():
    return load.load_reader("rapidocr")


def written(*lines: str, size: int = 40, width: int = 640, height: int = 360) -> np.ndarray:
    """Return a picture with lines of text, in the upper left corner."""
    image = Image.new("RGB", (width, height), (235, 235, 230))
    draw, font = ImageDraw.Draw(image), ImageFont.truetype(str(FONT), size)
    for number, line in enumerate(lines):
        draw.text((width // 12, height // 10 + 1.6 * size * number), line, fill=(20, 20, 60), font=font)
    return np.asarray(image)


def texts(lines):
    return [line.text for line in lines]


def test_lines_are_read_in_order_with_their_place(reader, capfd):
    first, second = reader.read(written(*LINES))
    assert [first.text, second.text] == LINES and min(first.confidence, second.confidence) > 0.9
    assert first.box == pytest.approx((0.08, 0.11, 0.49, 0.24), abs=0.03)
    assert second.box[1] > first.box[3] - 0.02
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_turned_text_is_read(reader, turns):
    picture = np.ascontiguousarray(np.rot90(written(*LINES), turns))
    assert set(texts(reader.read(picture))) == set(LINES)


def test_figures_that_look_alike_upside_down_are_not_turned(reader):
    assert texts(reader.read(written("0:00-0:06"))) == ["0:00-0:06"]


def test_small_letters_of_a_large_picture_are_read(reader):
    picture = written("the smallest letters", size=20, width=1920, height=1080)
    assert texts(reader.read(picture)) == ["the smallest letters"]


@pytest.mark.parametrize(
    "picture",
    [
        np.full((270, 480, 3), 120, np.uint8),
        np.random.default_rng(0).integers(0, 255, (270, 480, 3)).astype(np.uint8),
        np.repeat(np.linspace(0, 255, 480).astype(np.uint8)[None, :, None], 270, axis=0).repeat(3, axis=2),
        np.tile(np.arange(0, 480) // 8 % 2 * 200, (270, 1))[:, :, None].repeat(3, axis=2).astype(np.uint8),
        np.zeros((1, 1, 3), np.uint8),
        np.zeros((3, 3000, 3), np.uint8),
        np.zeros((3000, 3, 3), np.uint8),
    ],
    ids=["plain", "noise", "gradient", "fence", "a pixel", "a line", "a column"],
)
def test_where_nothing_is_written_nothing_is_read(reader, picture):
    assert list(reader.read(picture)) == []


def test_of_a_screen_full_of_text_the_largest_lines_are_read(reader):
    picture = written("Chapter seven", *["line of small text"] * 30, size=30, width=2560, height=1440).copy()
    picture[:120] = 235
    picture[:100, :960] = np.asarray(written("HEADLINE", size=70, width=960, height=100))
    lines = reader.read(picture)
    assert lines[0].text == "HEADLINE" and 20 <= len(lines) <= rapidocr.MOST_LINES


def test_threads_may_share_a_reader(reader):
    words = ["Monday", "Tuesday", "Friday", "Sunday"]
    pictures = [written(word, width=320, height=180, size=40) for word in words]
    with ThreadPoolExecutor(2) as pool:
        assert [texts(lines) for lines in pool.map(reader.read, pictures)] == [[word] for word in words]


def test_nothing_of_the_package_but_its_files_is_used(reader):
    assert "rapidocr" not in sys.modules and "omegaconf" not in sys.modules


def test_lines_are_in_reading_order():
    boxes = {"c": (0.1, 0.3, 0.3, 0.4), "b": (0.5, 0.12, 0.7, 0.22), "a": (0.1, 0.1, 0.3, 0.2), "d": (0, 0.8, 1, 0.9)}
    lines = [TextLine(text, 1.0, box) for text, box in boxes.items()]
    assert texts(rapidocr.in_reading_order(lines)) == ["a", "b", "c", "d"]


@pytest.mark.parametrize("lacking", ["the package", "the networks"])
def test_without_the_package_or_its_networks_a_person_is_told_what_to_install(monkeypatch, tmp_path, lacking):
    if lacking == "the package":
        monkeypatch.setattr(rapidocr, "find_spec", lambda name: None)
    else:
        monkeypatch.setattr(rapidocr, "FILES", ("another.onnx",))
    with pytest.raises(
        HearsightError, match=r"rapidocr with PP-OCRv6 is not installed; install it: .*hearsight\[ocr\]"
    ):
        rapidocr.RapidOcr()
