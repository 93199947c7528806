"""Cut lists, read back as spreadsheets and editing programs would."""

import csv
import io
import json
import os
import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearsight.errors import HearsightError
from hearsight.library.cut_lists import cuts, save_cut_list
from hearsight.library.cut_lists.edl import to_edl
from hearsight.library.cut_lists.fcpxml import to_fcpxml
from hearsight.library.cut_lists.otio import to_otio
from hearsight.library.cut_lists.spreadsheet import to_csv
from hearsight.library.results import Hit, SearchResult
from tests.media_files import beep, grey, make_media

NTSC_FILM, NTSC, NTSC_DOUBLE = Fraction(24000, 1001), Fraction(30000, 1001), Fraction(60000, 1001)
RATES = [NTSC_FILM, Fraction(24), Fraction(25), NTSC, Fraction(30), Fraction(50), NTSC_DOUBLE, Fraction(60)]
ODD_NAMES = [
    "=cmd|calc!A0.mp4",
    '"quoted", it\'s.mp4',
    "two\nlines.mp4",
    "100% 日本 😀#?.mp4",
    "<b>&amp;.mp4",
    "\x1b[2J",
]


def film(path: Path, rate: Fraction, seconds: float = 4, timecode: str = "", size: tuple[int, int] = (64, 48)) -> Path:
    """A silent film of that many frames a second."""
    with av.open(f"file:{path}", "w", format="mov" if timecode else "mp4") as container:
        stream = container.add_stream("libx264", rate=rate)
        (stream.width, stream.height), stream.pix_fmt = size, "yuv420p"
        if timecode:
            stream.metadata["timecode"] = timecode
        for number in range(round(seconds * rate)):
            frame = av.VideoFrame.from_ndarray(grey(100, *size), format="rgb24")
            frame.pts, frame.time_base = number, 1 / rate
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def result(*moments: tuple[Path, float, float], line: str = "the bell rings", query: str = "a bell") -> SearchResult:
    """What a search found: these files, from and to these seconds."""
    hits = [
        Hit(
            rank=rank,
            score=90.5,
            similarity=31.2,
            clip=f"abc-{rank}",
            path=Path(video.name),
            library="films",
            video=video,
            start=start,
            end=end,
            moment=(start + end) / 2,
            seen=0.2,
            heard=-0.05,
            said=0.0,
            words=0.5,
            gates={"audio": 0.4},
            line=line,
            spans=[(4, 8)],
            more=2,
        )
        for rank, (video, start, end) in enumerate(moments, 1)
    ]
    return SearchResult(query, "hybrid", hits, clips=9, videos=5, total_clips=20, milliseconds=12.0)


# CSV


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_table_has_a_row_for_each_hit_and_the_columns_of_json(tmp_path):
    matches = result((tmp_path / "a.mp4", 0.0, 15.0), (tmp_path / "b.mp4", 15.0, 30.0))
    first, second = rows(to_csv(matches))
    expected = matches.to_dict()["hits"][0]
    assert list(first) == list(expected)
    assert (first["path"], first["video"], first["line"]) == ("a.mp4", str(tmp_path / "a.mp4"), "the bell rings")
    assert (float(first["start"]), float(first["end"]), float(first["heard"])) == (0, 15, -0.05)
    assert json.loads(first["gates"]) == {"audio": 0.4} and json.loads(first["spans"]) == [[4, 8]]
    assert (second["rank"], second["start"]) == ("2", "15.0")


def test_the_table_without_hits_is_a_header():
    assert to_csv(result()).split(",")[0] == "rank" and rows(to_csv(result())) == []


@pytest.mark.parametrize("line", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_cell_is_a_formula(line):
    (row,) = rows(to_csv(result((Path("/films/=cmd.mp4"), 0, 1), line=line)))
    assert row["line"] == f"'{line}" and row["path"] == "'=cmd.mp4"


# EDL


class Event(NamedTuple):
    number: int
    channels: str
    times: list[str]
    comments: dict[str, str]
    speed: float | None


def events(text: str) -> list[Event]:
    """A small reader of CMX 3600, strict about its form."""
    title, mode, *lines = text.split("\n")
    assert title.startswith("TITLE: ") and mode == "FCM: NON-DROP FRAME" and lines[-1] == ""
    matches: list[Event] = []
    for line in filter(lambda line: line and not line.startswith("FCM"), lines):
        if matched := re.fullmatch(r"(\d{3})  AX       (\S+) +C        (\S+) (\S+) (\S+) (\S+)", line):
            times = list(matched.groups()[2:])
            assert all(re.fullmatch(r"\d\d:[0-5]\d:[0-5]\d[:;]\d\d", time) for time in times)
            matches.append(Event(int(matched[1]), matched[2], times, {}, None))
        elif matched := re.fullmatch(r"M2   AX       (\d{3}\.\d) +(\S+)", line):
            assert matched[2] == matches[-1].times[0]
            matches[-1] = matches[-1]._replace(speed=float(matched[1]))
        else:
            name, value = re.fullmatch(r"\* ([A-Z ]+): (.*)", line).groups()
            matches[-1].comments[name] = value
    assert [event.number for event in matches] == list(range(1, len(matches) + 1))
    return matches


def frames(time: str, rate: Fraction) -> int:
    hours, minutes, seconds, remaining = map(int, time.split(":"))
    assert remaining < round(rate)
    return ((hours * 60 + minutes) * 60 + seconds) * round(rate) + remaining


@pytest.mark.parametrize("rate", RATES)
def test_events_are_on_the_frames_of_the_video(tmp_path, rate):
    video = film(tmp_path / "a.mp4", rate)
    first, second = events(to_edl(result((video, 1.0, 3.0), (video, 0.5, 1.7))))
    assert [frames(time, rate) for time in first.times[:2]] == [round(rate), round(3 * rate)]
    assert [frames(time, rate) for time in second.times[:2]] == [round(0.5 * rate), round(1.7 * rate)]
    hour = frames("01:00:00:00", rate)
    lasting = [frames(event.times[1], rate) - frames(event.times[0], rate) for event in (first, second)]
    assert [frames(time, rate) for time in first.times[2:]] == [hour, hour + lasting[0]]
    assert [frames(time, rate) for time in second.times[2:]] == [hour + lasting[0], hour + sum(lasting)]
    assert first.channels == "V" and first.speed is None
    assert float(first.comments.pop("FRAME RATE")) == pytest.approx(float(rate), abs=0.01)
    assert first.comments == {"FROM CLIP NAME": "a.mp4", "SOURCE FILE": str(video), "COMMENT": "the bell rings"}


def test_videos_of_different_rates(tmp_path):
    """Each is counted as it is, and lasts as long as it does: the programme has the highest rate."""
    videos = [film(tmp_path / f"{i}.mp4", rate) for i, rate in enumerate([Fraction(25), Fraction(50), NTSC_FILM])]
    slow, fast, cinema = events(to_edl(result(*((video, 1.0, 3.0) for video in videos))))
    assert slow.times == ["00:00:01:00", "00:00:03:00", "01:00:00:00", "01:00:02:00"]
    assert fast.times == ["00:00:01:00", "00:00:03:00", "01:00:02:00", "01:00:04:00"]
    assert cinema.times == ["00:00:01:00", "00:00:03:00", "01:00:04:00", "01:00:06:00"]
    assert [event.speed for event in (slow, fast, cinema)] == [25.0, None, 24.0]


def test_sounds_and_missing_files(tmp_path):
    sound = make_media(tmp_path / "a.wav", sounds=[beep(3)])
    both = make_media(tmp_path / "b.mkv", [grey(100)] * 30, sounds=[beep(3)])
    alone = events(to_edl(result((sound, 1.0, 2.5))))
    assert (alone[0].channels, alone[0].times[:2]) == ("A", ["00:00:01:00", "00:00:02:12"])  # 25 a second
    matches = events(to_edl(result((tmp_path / "gone.mp4", 90.0, 105.0), (sound, 1.0, 2.0), (both, 1.0, 2.0))))
    assert [event.channels for event in matches] == ["B", "A", "B"]
    assert matches[0].times[:2] == ["00:01:30:00", "00:01:45:00"]


def test_an_edl_has_three_digits_for_its_events(tmp_path):
    moments = [(tmp_path / "gone.mp4", 0.0, 1.0)] * 1000
    assert len(events(to_edl(result(*moments[1:])))) == 999
    with pytest.raises(HearsightError, match=r"1000 moments as .edl, .*-n 999, or save as .fcpxml or .otio"):
        save_cut_list(result(*moments), tmp_path / "a.edl")
    assert not list(tmp_path.iterdir())
    save_cut_list(result(*moments), tmp_path / "a.fcpxml")


def test_each_file_is_read_once(tmp_path, monkeypatch):
    probed = []
    probe = cuts.probe
    monkeypatch.setattr(cuts, "probe", lambda path: probed.append(path) or probe(path))
    video = film(tmp_path / "a.mp4", Fraction(25))
    to_edl(result((video, 0, 1), (video, 1, 2), (video, 2, 3)))
    assert probed == [video]


# FCPXML

ORDER = ["note", "conform-rate", "marker"]  # of what an asset-clip holds, by Apple's definition


def seconds(text: str) -> Fraction:
    assert re.fullmatch(r"\d+(/\d+)?s", text)
    return Fraction(text.removesuffix("s"))


class Programme:
    """A small reader of FCPXML, strict about what Final Cut is strict about."""

    def __init__(self, text: str) -> None:
        assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n')
        self.root = ElementTree.fromstring(text.encode())
        assert (self.root.tag, self.root.attrib) == ("fcpxml", {"version": "1.10"})
        self.sequence = self.root.find("library/event/project/sequence")
        resources = list(self.root.find("resources"))
        self.by_id = {resource.get("id"): resource for resource in resources}
        assert len(self.by_id) == len(resources)
        self.frame = self.frame_of(self.sequence)
        self.clips = list(self.sequence.find("spine"))
        offset = Fraction(0)
        for clip in self.clips:
            self._check(clip, offset)
            offset += seconds(clip.get("duration"))
        assert seconds(self.sequence.get("duration")) == offset

    def frame_of(self, element: ElementTree.Element) -> Fraction:
        return seconds(self.by_id[element.get("format")].get("frameDuration"))

    def asset(self, clip: ElementTree.Element) -> ElementTree.Element:
        return self.by_id[clip.get("ref")]

    def _check(self, clip: ElementTree.Element, offset: Fraction) -> None:
        asset = self.asset(clip)
        start, duration = seconds(clip.get("start")), seconds(clip.get("duration"))
        own_frame = self.frame_of(asset) if asset.get("hasVideo") else self.frame
        assert seconds(clip.get("offset")) == offset and offset % self.frame == 0
        assert duration > 0 and duration % self.frame == 0 and start % own_frame == 0
        begin = seconds(asset.get("start"))
        assert begin <= start
        assert start + duration <= begin + seconds(asset.get("duration")) + max(self.frame, own_frame) / 2
        children = [ORDER.index(child.tag) for child in clip]
        assert children == sorted(children)
        assert start <= seconds(clip.find("marker").get("start")) < start + duration

    def path(self, clip: ElementTree.Element) -> Path:
        """The file that a clip is of, by its address."""
        address = self.asset(clip).find("media-rep").get("src")
        assert re.fullmatch(r"file:///[A-Za-z0-9._~!$&'()*+,;=:@/%-]+", address)
        return Path(os.fsdecode(unquote_to_bytes(address.removeprefix("file://"))))


@pytest.mark.parametrize("rate", RATES)
def test_clips_are_on_the_frames_of_the_video(tmp_path, rate):
    video = film(tmp_path / "a.mp4", rate)
    programme = Programme(to_fcpxml(result((video, 1.0, 3.0), (video, 0.5, 1.7))))
    first, second = programme.clips
    assert programme.frame == 1 / rate
    assert seconds(first.get("start")) == round(rate) / rate
    assert seconds(first.get("duration")) == (round(3 * rate) - round(rate)) / rate
    assert seconds(second.get("start")) == round(0.5 * rate) / rate
    assert programme.path(first) == programme.path(second) == video
    asset = programme.asset(first)
    assert (asset.get("hasVideo"), asset.get("hasAudio")) == ("1", None)
    assert (programme.by_id[asset.get("format")].get("width"), asset.get("name")) == ("64", "a.mp4")
    assert first.findtext("note") == first.find("marker").get("value") == "the bell rings"
    assert seconds(first.find("marker").get("start")) == round(2 * rate) / rate  # its best moment
    assert programme.sequence.get("tcFormat") == "NDF" and first.find("conform-rate") is None


def test_videos_of_other_rates_keep_their_speed(tmp_path):
    rates = [Fraction(25), NTSC_DOUBLE, NTSC_FILM, NTSC]
    videos = [film(tmp_path / f"{i}.mp4", rate) for i, rate in enumerate(rates)]
    programme = Programme(to_fcpxml(result(*((video, 1.0, 3.0) for video in videos))))
    assert programme.frame == 1 / NTSC_DOUBLE
    assert [1 / programme.frame_of(programme.asset(clip)) for clip in programme.clips] == rates
    conformed = [None if (c := clip.find("conform-rate")) is None else c.attrib for clip in programme.clips]
    assert conformed == [
        {"scaleEnabled": "0", "srcFrameRate": "25"},
        None,
        {"scaleEnabled": "0", "srcFrameRate": "23.98"},
        {"scaleEnabled": "0", "srcFrameRate": "29.97"},
    ]


def test_sounds_have_no_picture(tmp_path):
    sound = make_media(tmp_path / "a.wav", sounds=[beep(3)])
    programme = Programme(to_fcpxml(result((sound, 1.0, 2.5))))
    asset = programme.asset(programme.clips[0])
    assert asset.get("hasVideo") is None and asset.get("format") is None
    assert [asset.get(name) for name in ("hasAudio", "audioChannels", "audioRate")] == ["1", "1", "16000"]
    assert programme.frame == Fraction(1, 25) and asset.get("duration") == "3s"


def test_a_missing_file_can_be_relinked_by_its_name(tmp_path):
    gone = tmp_path / "gone.mp4"
    programme = Programme(to_fcpxml(result((gone, 75.0, 90.0), (gone, 0.0, 15.0))))
    assert [programme.path(clip) for clip in programme.clips] == [gone, gone]
    assert len(list(programme.root.iter("asset"))) == 1
    assert programme.asset(programme.clips[0]).get("duration") == "90s"


def test_a_video_that_became_shorter(tmp_path):
    video = film(tmp_path / "a.mp4", Fraction(25), seconds=2)
    first, second = Programme(to_fcpxml(result((video, 1.0, 15.0), (video, 15.0, 30.0)))).clips
    assert (first.get("start"), first.get("duration")) == ("1s", "1s")
    assert (second.get("start"), second.get("duration")) == ("49/25s", "1/25s")


@pytest.mark.parametrize(
    ("of_file", "counted"),
    [
        (Fraction(10), 30),
        (Fraction(25, 2), 25),
        (Fraction(273, 10), 25),
        (Fraction(15), 30),
        (Fraction(2987, 100), NTSC),  # a variable rate
        (Fraction(120), 60),
        (Fraction(120_000, 1001), NTSC_DOUBLE),
    ],
)
def test_unusual_rates(tmp_path, of_file, counted):
    video = film(tmp_path / "a.mp4", of_file)
    matches = result((video, 1.0, 3.0))
    programme = Programme(to_fcpxml(matches))
    assert 1 / programme.frame_of(programme.asset(programme.clips[0])) == counted
    assert 1 / programme.frame in RATES and 1 / programme.frame >= counted
    (event,) = events(to_edl(matches))
    assert frames(event.times[3], 1 / programme.frame) - frames(event.times[2], 1 / programme.frame) == (
        seconds(programme.clips[0].get("duration")) / programme.frame
    )


def test_no_hits():
    assert Programme(to_fcpxml(result())).clips == [] and events(to_edl(result(query=""))) == []
    assert "TITLE: Hearsight\n" in to_edl(result(query=" "))


# What strangers' files and transcripts say


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_of_real_files(tmp_path, name):
    video = film(tmp_path / name, Fraction(25), seconds=2)
    matches = result((video, 0.0, 1.0))
    assert check_texts(matches)[0].channels == "V"


NAMES = st.binary(min_size=1, max_size=60).map(lambda name: os.fsdecode(re.sub(rb"[/\0]", b"_", name)))
TEXTS = st.text(st.characters(), max_size=80)


@given(st.lists(NAMES.filter(lambda name: name not in (".", "..")), min_size=1, max_size=3), TEXTS, TEXTS)
def test_any_name_any_line_any_query(names, line, query):
    check_texts(result(*((Path("/nowhere at all") / name, 1.0, 2.0) for name in names), line=line, query=query))


def check_texts(matches: SearchResult) -> Sequence[Event]:
    """All three can be read, and say of which files they are; the events."""
    assert to_csv(matches).encode()
    cells = rows(to_csv(matches))
    assert len(cells) == len(matches.hits)
    assert not any(cell[column].startswith(tuple("=+-@\t\r\n")) for cell in cells for column in ("path", "line"))
    programme = Programme(to_fcpxml(matches))
    assert [programme.path(clip) for clip in programme.clips] == [hit.video for hit in matches.hits]
    read = events(to_edl(matches))
    assert len(read) == len(matches.hits) and to_edl(matches).encode()
    for event, hit in zip(read, matches.hits, strict=True):
        assert len(event.comments["FROM CLIP NAME"]) == len(hit.video.name)
    return read


# OTIO


def test_a_timeline_has_a_clip_for_each_hit(tmp_path):
    films = film(tmp_path / "a b.mp4", Fraction(25)), film(tmp_path / "fast.mp4", Fraction(50))
    timeline = json.loads(to_otio(result((films[0], 1.0, 3.0), (films[1], 0.5, 9.0))))
    assert timeline["OTIO_SCHEMA"] == "Timeline.1" and timeline["name"] == "a bell"
    assert timeline["global_start_time"] == {"OTIO_SCHEMA": "RationalTime.1", "rate": 50.0, "value": 180_000.0}
    [track] = timeline["tracks"]["children"]
    assert track["kind"] == "Video"
    first, second = track["children"]
    assert seconds_of(first["source_range"]) == (1.0, 2.0) and seconds_of(second["source_range"]) == (0.5, 3.5)
    media = first["media_references"][first["active_media_reference_key"]]
    assert unquote_to_bytes(media["target_url"]).decode() == f"file://{films[0]}"
    assert seconds_of(media["available_range"]) == (0.0, 4.0)
    [marker] = first["markers"]
    assert marker["name"] == "the bell rings" and seconds_of(marker["marked_range"])[0] == 2.0


def test_a_sound_is_a_gap_in_the_track_of_pictures(tmp_path):
    sound = make_media(tmp_path / "bell.wav", sounds=[beep(3)])
    silent = film(tmp_path / "a.mp4", Fraction(25))
    timeline = json.loads(to_otio(result((sound, 0.0, 2.0), (silent, 0.0, 2.0))))
    kinds = {
        track["kind"]: [item["OTIO_SCHEMA"] for item in track["children"]] for track in timeline["tracks"]["children"]
    }
    assert kinds == {"Video": ["Gap.1", "Clip.2"], "Audio": ["Clip.2", "Gap.1"]}
    assert [track["kind"] for track in json.loads(to_otio(result()))["tracks"]["children"]] == ["Audio"]


def test_pictures_and_sounds_stay_together_at_mixed_rates(tmp_path):
    """A gap is as long as the clip that it stands for, to the last bit."""
    silent = [film(tmp_path / f"{number}.mp4", rate) for number, rate in enumerate([NTSC_FILM, Fraction(25), NTSC])]
    sound = make_media(tmp_path / "bell.wav", sounds=[beep(3)])
    moments = [(video, 0.13, 0.97) for video in [*silent, sound] * 20]
    pictures, sounds = json.loads(to_otio(result(*moments)))["tracks"]["children"]
    assert [seconds_of(item["source_range"])[1] for item in pictures["children"]] == [
        seconds_of(item["source_range"])[1] for item in sounds["children"]
    ]
    assert {item["OTIO_SCHEMA"] for item in pictures["children"]} == {"Gap.1", "Clip.2"}


def seconds_of(span: dict) -> tuple[float, float]:
    return tuple(span[name]["value"] / span[name]["rate"] for name in ("start_time", "duration"))


# Files


@pytest.mark.parametrize(
    ("name", "start"),
    [("a.edl", "TITLE"), ("a.FCPXML", "<?xml"), ("a.csv", "rank"), ("a.json", "{"), ("a.otio", "{")],
)
def test_the_suffix_decides_the_format(tmp_path, name, start):
    save_cut_list(result((tmp_path / "a.mp4", 0, 2)), tmp_path / name)
    assert (tmp_path / name).read_text().startswith(start)
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_a_file_is_only_overwritten_on_request(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("mine")
    with pytest.raises(HearsightError, match="it exists; give another name, or overwrite it with --overwrite"):
        save_cut_list(result(), path)
    assert path.read_text() == "mine"
    save_cut_list(result(), str(path), overwrite=True)
    assert path.read_text().startswith("rank")


@pytest.mark.parametrize("name", ["film.mp4", "cuts", ".edl", "a.edl.bak"])
def test_another_suffix_is_refused(tmp_path, name):
    with pytest.raises(HearsightError, match=r"give one of .json .csv .edl .fcpxml .otio"):
        save_cut_list(result(), tmp_path / name)


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(HearsightError, match=r"cannot save .*nowhere.*: there is no folder .*nowhere; make it"):
        save_cut_list(result(), tmp_path / "nowhere" / "a.edl")


@pytest.mark.parametrize(
    ("rate", "written", "number"),
    [
        (Fraction(25), "01:00:00:00", 90_000),
        (NTSC, "01:00:00;00", 107_892),
        (NTSC, "01:00:00:00", 108_000),
        (NTSC_FILM, "10:20:30:12", 893_532),
    ],
)
def test_cut_lists_count_from_the_timecode_of_the_camera(tmp_path, rate, written, number):
    """As another program, OpenTimelineIO, reads them."""
    otio = pytest.importorskip("opentimelineio")
    video = film(tmp_path / "a.mov", rate, timecode=written)
    second = number + round(rate)
    for suffix in (".edl", ".fcpxml", ".otio"):
        path = tmp_path / f"cuts{suffix}"
        save_cut_list(result((video, 1.0, 3.0)), path)
        options = {"rate": float(rate)} if suffix == ".edl" else {}
        timeline = otio.adapters.read_from_file(str(path), **options)
        [clip] = timeline.find_clips() if suffix != ".fcpxml" else timeline[0].find_clips()
        start, length = clip.source_range.start_time, clip.source_range.duration
        error = suffix == ".fcpxml" and rate.denominator > 1  # the reader counts 29 frames a second at 29.97
        assert abs(round(start.rescaled_to(float(rate)).value) - second) <= error, suffix
        assert round(length.rescaled_to(float(rate)).value) == round(3 * rate) - round(rate), suffix
    assert ("FCM: DROP FRAME" in (tmp_path / "cuts.edl").read_text()) == (";" in written)
    programme = Programme((tmp_path / "cuts.fcpxml").read_text())
    assert seconds(programme.asset(programme.clips[0]).get("start")) == number / rate
    assert programme.clips[0].get("tcFormat") == ("DF" if ";" in written else "NDF")


def test_a_timeline_is_as_most_of_its_footage(tmp_path):
    videos = [
        film(tmp_path / "a.mp4", Fraction(50), size=(128, 96)),
        film(tmp_path / "b.mp4", Fraction(25)),
        film(tmp_path / "c.mp4", Fraction(25)),
    ]
    matches = result(*((video, 0.0, 2.0) for video in videos))
    programme = Programme(to_fcpxml(matches))
    assert programme.frame == Fraction(1, 25)
    form = programme.by_id[programme.sequence.get("format")]
    assert (form.get("width"), form.get("height")) == ("128", "96")
    assert to_edl(matches).count("* FRAME RATE: 25\n") == 3


@pytest.mark.parametrize("suffix", ["edl", "fcpxml", "otio"])
def test_timelines_are_without_pictures_and_tables_with_them(tmp_path, suffix):
    path = film(tmp_path / "film.mp4", Fraction(25))
    hits = result((path, 0.0, 2.0), (tmp_path / "photo.jpg", 0.0, 0.0), (path, 2.0, 4.0))
    assert save_cut_list(hits, tmp_path / f"a.{suffix}") == 2
    assert "photo" not in (tmp_path / f"a.{suffix}").read_text()
    assert save_cut_list(hits, tmp_path / "a.csv") == 3
    assert "photo" in (tmp_path / "a.csv").read_text()
    with pytest.raises(HearsightError, match="only pictures are found"):
        save_cut_list(result((tmp_path / "photo.jpg", 0.0, 0.0)), tmp_path / f"b.{suffix}")
