"""A picture is read as a viewer shows it, and a bad one fails with a reason."""

import zlib
from datetime import datetime

import numpy as np
import pytest
from PIL import Image

from hearsight.errors import HearsightError
from hearsight.media.frames import read_frames
from hearsight.media.pictures import MOST_STORED_PIXELS, describe_picture, read_pictures
from hearsight.media.probe import probe
from hearsight.media.segments import cut
from tests.heic_files import write_heic
from tests.picture_files import BLUE, RED, blue_on_the_left, colour_at, exif, plain, write_animation, write_picture


@pytest.mark.parametrize(
    "suffix", [".jpg", ".JPEG", ".jfif", ".png", ".webp", ".avif", ".bmp", ".tif", ".tiff", ".gif"]
)
def test_formats(tmp_path, suffix):
    path = write_picture(tmp_path / f"a{suffix}", plain(RED, (300, 200)))
    info = probe(path)
    assert (info.duration, info.audio, info.subtitles, info.is_picture) == (0.0, None, (), True)
    assert (info.video.width, info.video.height, info.video.rate) == (300, 200, None)
    [picture] = read_pictures(path, 12, short_side=100)
    assert picture.shape == (100, 150, 3)
    assert np.abs(picture.mean(axis=(0, 1)) - RED).max() < 5


def test_the_content_tells_the_format_and_not_the_suffix(tmp_path):
    path = write_picture(tmp_path / "a.jpg", format="WEBP")
    assert describe_picture(path).format == "webp"


# Where the blue left half of the stored picture is shown, by the orientation that the camera wrote (EXIF, CIPA DC-008).
@pytest.mark.parametrize(
    ("orientation", "blue"),
    [(1, "left"), (2, "right"), (3, "right"), (4, "left"), (5, "top"), (6, "top"), (7, "bottom"), (8, "bottom")],
)
@pytest.mark.parametrize("short_side", [None, 24])
def test_pictures_are_upright(tmp_path, orientation, blue, short_side):
    path = write_picture(tmp_path / "a.jpg", blue_on_the_left((64, 48)), exif=exif(orientation))
    [picture] = read_pictures(path, 1, short_side)
    sideways = orientation > 4
    assert (picture.shape[0] > picture.shape[1]) == sideways
    assert (describe_picture(path).width, describe_picture(path).height) == ((48, 64) if sideways else (64, 48))
    height, width = len(picture) // 2, picture.shape[1] // 2
    halves = {
        "left": picture[:, :width],
        "right": picture[:, width:],
        "top": picture[:height],
        "bottom": picture[height:],
    }
    assert {side for side, half in halves.items() if np.abs(half.mean(axis=(0, 1)) - BLUE).max() < 15} == {blue}


def test_damaged_exif_is_ignored(tmp_path):
    path = write_picture(tmp_path / "a.jpg", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 40)
    assert describe_picture(path).created is None
    assert len(read_pictures(path, 1)) == 1


@pytest.mark.parametrize(
    ("picture", "colour"),
    [
        (plain((0, 0, 0, 0), mode="RGBA"), (255, 255, 255)),
        (plain((0, 0), mode="LA"), (255, 255, 255)),
        (plain((200, 30, 30, 255), mode="RGBA"), RED),
        (plain().quantize(8), RED),
        (plain((55, 225, 225, 0), mode="CMYK"), RED),
        (plain(1, mode="1"), (255, 255, 255)),
        (plain(90, mode="L"), (90, 90, 90)),
        (Image.fromarray(np.full((48, 64), 25700, np.uint16)), (100, 100, 100)),
        (Image.fromarray(np.linspace(-2, 3, 3072, dtype=np.float32).reshape(48, 64)), (130, 130, 130)),
    ],
    ids=["transparent", "transparent grey", "opaque", "palette", "CMYK", "bits", "grey", "16 bits", "floats"],
)
def test_pictures_keep_their_colours(tmp_path, picture, colour):
    [read] = read_pictures(write_picture(tmp_path / "a.tif", picture), 1)
    assert np.abs(read.mean(axis=(0, 1)) - colour).max() < 6


@pytest.mark.parametrize("suffix", [".png", ".gif", ".webp"])
def test_transparent_palettes_and_files(tmp_path, suffix):
    picture = plain((200, 30, 30, 255), mode="RGBA")
    picture.paste((0, 0, 0, 0), (0, 0, 32, 48))
    [read] = read_pictures(write_picture(tmp_path / f"a{suffix}", picture), 1)
    assert colour_at(read, 0.1, 0.5)[1] >= 250
    assert abs(int(read[24, 60, 0]) - 200) < 8


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png"])
def test_animations_are_several_pictures(tmp_path, suffix):
    path = write_animation(tmp_path / f"a{suffix}", list(range(0, 200, 20)))

    def levels(count):
        return [round(float(picture.mean()) / 20) * 20 for picture in read_pictures(path, count)]

    assert probe(path).duration == 0
    assert levels(12) == list(range(0, 200, 20))
    assert levels(4) == [0, 60, 120, 180]
    assert levels(1) == [100]


def test_further_pages_are_no_animation(tmp_path):
    path = write_animation(tmp_path / "scan.tif", [0, 100, 200])
    assert [float(picture.mean()) for picture in read_pictures(path, 12)] == [0.0]


ORIGINAL, OFFSET, EDITED = "DateTimeOriginal", "OffsetTimeOriginal", {"DateTime": "2022:01:01 00:00:00"}
TAKEN, TIME = {ORIGINAL: "2019:05:17 10:20:30"}, "2019-05-17T10:20:30"
DATES = {
    "offset": ({**TAKEN, OFFSET: "+02:00"}, "2019-05-17T08:20:30+00:00"),
    "west": ({**TAKEN, OFFSET: "-03:30"}, "2019-05-17T13:50:30+00:00"),
    "local": (TAKEN, TIME),
    "edited": ({**EDITED, "DateTimeDigitized": "2019:05:17 10:20:30"}, TIME),
    "file": (EDITED, "2022-01-01T00:00:00"),
    "scan": ({ORIGINAL: "1958:08:01 12:00:00"}, "1958-08-01T12:00:00"),
    "dashes": ({ORIGINAL: "2019-05-17 10:20:30"}, TIME),
    "no clock": ({ORIGINAL: "0000:00:00 00:00:00"}, None),
    "empty": ({ORIGINAL: "    :  :     :  :  "}, None),
    "1970": ({ORIGINAL: "1970:01:01 00:00:00"}, None),
    "future": ({ORIGINAL: "9999:12:31 23:59:59"}, None),
    "nonsense": ({ORIGINAL: "yesterday", OFFSET: "+99:99"}, None),
    "none": ({}, None),
}


@pytest.mark.parametrize(("dates", "expected"), DATES.values(), ids=DATES)
def test_photos_are_dated_by_their_exif(tmp_path, dates, expected):
    created = probe(write_picture(tmp_path / "a.jpg", exif=exif(**dates))).created
    assert created == (None if expected is None else datetime.fromisoformat(expected).timestamp())


def test_a_picture_is_one_clip_however_files_are_cut_and_stands_at_all_times(tmp_path):
    path = write_picture(tmp_path / "a.png")
    for by in ("window", "shots", "file"):
        [clip] = cut(probe(path), by)
        assert (clip.start, clip.end, clip.frame_times(12)) == (0.0, 0.0, [0.0])
    assert [time for time, _ in read_frames(path, [0.0, 3.0])] == [0.0, 3.0]
    assert list(read_frames(path, [])) == []


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".gif", ".tif", ".avif"])
def test_files_that_are_cut_short_fail(tmp_path, suffix):
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    path = write_picture(tmp_path / f"a{suffix}", Image.fromarray(noise))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(HearsightError, match=f"^cannot read {path}: .*damaged.*; replace or remove it$"):
        read_pictures(path, 1)


@pytest.mark.parametrize(
    "content", [b"some words", b"\xff\xd8\xff", b"GIF89a", b"\x89PNG\r\n\x1a\n" + b"\0" * 50, b"BM" * 40]
)
def test_what_is_no_picture_fails(tmp_path, content):
    (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(HearsightError, match="damaged"):
        read_pictures(tmp_path / "a.jpg", 1)


def test_missing_and_empty_files_fail(tmp_path):
    with pytest.raises(HearsightError, match="no such file"):
        probe(tmp_path / "a.jpg")
    (tmp_path / "a.jpg").touch()
    with pytest.raises(HearsightError, match="the file is empty"):
        probe(tmp_path / "a.jpg")


def png_head(width: int, height: int) -> bytes:
    """A PNG that claims a size and has hardly any pixels."""
    header = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\0\0\0"
    data = b"IDAT" + zlib.compress(bytes(1000))
    chunks = [len(each[4:]).to_bytes(4, "big") + each + zlib.crc32(each).to_bytes(4, "big") for each in (header, data)]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize("size", [(16000, 16000), (2**31 - 1, 2**31 - 1), (100_000_001, 1)])
def test_pictures_of_an_absurd_size_are_refused_by_their_head(tmp_path, size):
    (tmp_path / "bomb.png").write_bytes(png_head(*size))
    for read in (probe, lambda path: read_pictures(path, 1)):
        with pytest.raises(HearsightError, match=r"more than 100,000,000 pixels|damaged"):
            read(tmp_path / "bomb.png")


@pytest.mark.parametrize("format", ["JPEG", "MPO"])
def test_a_photo_of_two_hundred_million_pixels_is_reduced_while_it_is_decoded(tmp_path, format):
    """MPO: phones put a second picture behind it, the brightness of an HDR photo."""
    path = tmp_path / "phone.jpg"
    second = {"save_all": True, "append_images": [plain((90,), (64, 48), "L")]} if format == "MPO" else {}
    plain((90,), (16320, 12240), "L").save(path, format, **second)
    limit = Image.MAX_IMAGE_PIXELS
    [picture] = read_pictures(path, 1, short_side=240)
    assert picture.shape == (240, 320, 3)
    assert abs(float(picture.mean()) - 90) < 3
    assert limit == Image.MAX_IMAGE_PIXELS, "Pillow keeps its own limit for others"
    with pytest.raises(HearsightError, match="more than 100,000,000 pixels"):
        read_pictures(path, 1)


def test_larger_jpegs_are_refused(tmp_path):
    content = bytearray(write_picture(tmp_path / "a.jpg").read_bytes())
    start = content.index(b"\xff\xc0") + 5
    content[start : start + 4] = (16000).to_bytes(2, "big") * 2
    (tmp_path / "a.jpg").write_bytes(bytes(content))
    with pytest.raises(HearsightError, match=f"more than {MOST_STORED_PIXELS:,} pixels"):
        probe(tmp_path / "a.jpg")


@pytest.mark.parametrize(("quarter_turns", "blue"), [(0, "left"), (1, "bottom"), (3, "top")])
def test_photos_of_phones(tmp_path, quarter_turns, blue):
    pytest.importorskip("pi_heif")
    path = write_heic(tmp_path / "IMG_1.HEIC", blue_on_the_left((128, 96)), quarter_turns)
    [picture] = read_pictures(path, 12, short_side=48)
    info = probe(path)
    assert (info.video.codec, info.video.width, info.video.height) == (
        "heif",
        *((96, 128) if quarter_turns else (128, 96)),
    )
    assert picture.shape == ((64, 48, 3) if quarter_turns else (48, 64, 3))
    x, y = {"left": (0.1, 0.6), "bottom": (0.6, 0.9), "top": (0.6, 0.1)}[blue]
    assert np.abs(picture[int(y * len(picture)), int(x * picture.shape[1])] - np.array(BLUE)).max() < 15
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(HearsightError, match="damaged"):
        read_pictures(path, 1)
