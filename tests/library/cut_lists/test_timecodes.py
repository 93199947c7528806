"""Timecodes, with and without drop frames."""

from fractions import Fraction

import pytest

from hearsight.library.cut_lists.timecodes import frame_number, is_drop, timecode

NTSC, NTSC_FILM, NTSC_DOUBLE = Fraction(30_000, 1001), Fraction(24_000, 1001), Fraction(60_000, 1001)


@pytest.mark.parametrize(
    ("count", "rate", "written"),
    [
        (0, NTSC, "00:00:00:00"),
        (29, NTSC, "00:00:00:29"),
        (1800, NTSC, "00:01:00:00"),  # drop frame would skip two here
        (108_000, NTSC, "01:00:00:00"),
        (86_399, NTSC_FILM, "00:59:59:23"),
        (25 * 3600 * 24 + 24, Fraction(25), "24:00:00:24"),
        (59, NTSC_DOUBLE, "00:00:00:59"),
    ],
)
def test_timecode(count, rate, written):
    assert timecode(count, rate) == written


@pytest.mark.parametrize(
    ("count", "rate", "written"),
    [
        (0, NTSC, "00:00:00;00"),
        (1799, NTSC, "00:00:59;29"),
        (1800, NTSC, "00:01:00;02"),
        (17_981, NTSC, "00:09:59;29"),
        (17_982, NTSC, "00:10:00;00"),
        (107_892, NTSC, "01:00:00;00"),
        (3600, NTSC_DOUBLE, "00:01:00;04"),
        (215_784, NTSC_DOUBLE, "01:00:00;00"),
    ],
)
def test_timecode_with_drop_frames(count, rate, written):
    assert timecode(count, rate, drop=True) == written
    assert is_drop(written, rate) and frame_number(written, rate) == count


@pytest.mark.parametrize("rate", [NTSC, NTSC_DOUBLE])
def test_every_frame_has_a_timecode_of_its_own(rate):
    written = [timecode(count, rate, drop=True) for count in range(40_000)]
    assert len(set(written)) == len(written) and written == sorted(written)
    assert [frame_number(each, rate) for each in written] == list(range(40_000))


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(25), Fraction(30), NTSC_FILM])
def test_other_rates_drop_nothing(rate):
    assert not is_drop("01:00:00;00", rate)
    assert frame_number("01:00:01;02", rate) == 3601 * round(rate) + 2
