"""Pictures are the same if only encoding changes them."""

import numpy as np
import pytest

from hearsight.media.decode_clips import decode_clips
from hearsight.media.probe import probe
from hearsight.media.same_picture import SAME_SIGHT, SAME_THUMBNAIL, is_same, reuse_same
from hearsight.media.segments import cut
from tests.media_files import grey, level_of, make_media
from tests.picture_files import write_animation


def test_pictures_are_the_same_if_only_encoding_changes_them():
    random = np.random.default_rng(0)
    picture = random.integers(0, 255, (90, 130, 3)).astype(np.uint8)
    noisy = np.clip(picture + random.normal(0, 3, picture.shape), 0, 255).astype(np.uint8)
    assert is_same(picture, picture) and is_same(picture, noisy)
    assert not is_same(grey(40), grey(50)) and is_same(grey(40), grey(50), SAME_THUMBNAIL)
    assert not is_same(picture, picture[:80]) and not is_same(picture, picture.swapaxes(0, 1))


def test_another_figure_is_noticed():
    picture = np.full((720, 1280, 3), 240, np.uint8)
    changed = picture.copy()
    changed[301:313, 407:409] = 20  # a stroke of a letter that is 12 pixels high
    assert not is_same(picture, changed)


def numbers_of(pictures: list[np.ndarray]) -> list[int]:
    """The number of the distinct array that each picture is."""
    distinct = list(dict.fromkeys(id(picture) for picture in pictures))
    return [distinct.index(id(picture)) for picture in pictures]


def reused(*levels: int) -> list[int]:
    return numbers_of([picture for _, picture in reuse_same([(0.0, grey(level)) for level in levels])])


def test_a_picture_that_stands_is_one_array():
    assert reused(50, 50, 52, 54, 50) == [0] * 5
    assert reused(50, 60, 60, 50) == [0, 1, 1, 2]


def test_slow_changes_are_not_missed():
    assert len(set(reused(*range(0, 100, 2)))) == pytest.approx(100 / (SAME_SIGHT + 2), abs=2)


def test_pictures_of_another_size_differ():
    frames = [(0.0, grey(50)), (1.0, grey(50, 32, 48)), (2.0, grey(50, 32, 48))]
    assert numbers_of([picture for _, picture in reuse_same(frames)]) == [0, 1, 1]


def slides(folder):
    """Two slides of 10 s with a drawing, poorly encoded, with a key frame a second."""
    random = np.random.default_rng(0)
    small = [random.integers(0, 255, (12, 16, 3), np.uint8) for _ in range(2)]
    first, second = (picture.repeat(16, axis=0).repeat(16, axis=1) for picture in small)
    coding = {"crf": "30", "g": "10"}
    return make_media(folder / "slides.mp4", [first] * 100 + [second] * 100, coding=coding)


def test_slides_are_one_picture_each_where_pictures_are_reduced(tmp_path):
    info = probe(slides(tmp_path))
    [(pictures, _)] = decode_clips(info, cut(info, "file"), 20, None, short_side=120)
    assert numbers_of(pictures) == [0] * 10 + [1] * 10
    [(pictures, _)] = decode_clips(info, cut(info, "file"), 20, None)
    assert len(set(numbers_of(pictures))) == 20, "as published, each is decoded"


def test_a_film_keeps_its_pictures(tmp_path):
    info = probe(make_media(tmp_path / "a.mp4", [grey(10 * i) for i in range(20)], [float(i) for i in range(20)]))
    [(pictures, _)] = decode_clips(info, cut(info, "file"), 20, None, short_side=48)
    assert [level_of(picture) for picture in pictures] == [10 * i for i in range(20)]


def test_an_animation_has_several_pictures_in_its_clip(tmp_path):
    info = probe(write_animation(tmp_path / "cat.gif", [0, 100, 200]))
    [(pictures, sound)] = decode_clips(info, cut(info), 12, None, short_side=48)
    assert ([level_of(picture) for picture in pictures], sound) == ([0, 100, 200], None)
