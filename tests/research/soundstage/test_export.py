"""Each layout's files, field by field; repeated and interrupted exports; and what is refused."""

import csv
import json
import pickle
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from hearsight.errors import HearsightError
from hearsight.research.soundstage import dataset_clip_names
from hearsight.research.soundstage import export as exporting
from hearsight.research.soundstage.dataset_layouts import LAYOUTS, LayoutName
from hearsight.research.soundstage.export import export
from tests.rendered_splits import make_splits

CAPTIONS = [f"a dog and {number} bells" for number in range(24)]
THREE_CAPTIONS = ["a cat", "rain falls", "a cat, and rain"]
CLIPS: dict[str, tuple[float, str | None, list[str]]] = {
    "train-00000": (5.4, "the doctor lost a bicycle", CAPTIONS),
    "train-00001": (6.4, None, THREE_CAPTIONS),
    "validation-00000": (5.0, "the nurse found a hat", ["a ship"]),
    "test-00000": (7.0, "the pilot sold a lamp", ["a horn, and a bell"]),
    "test-00001": (6.0, None, ["a bird"]),
}
NAMES = {
    "msrvtt": ["video0", "video1", "video2", "video3", "video4"],
    "vatex": [
        "r1alaouUZ8A_000204_000214",
        "_RP81va63Uw_000111_000121",
        "tVec2sDftvo_000198_000208",
        "LKidp0eAC6Y_000009_000019",
        "hAlPG9edUbw_000247_000257",
    ],
    "charades": ["142K4", "MCMHB", "WU8VI", "RLF6X", "CUZ34"],
    "lsmdc": [
        "1001_Soundstage_Train_00.00.00.000-00.00.05.400",
        "1001_Soundstage_Train_00.00.30.000-00.00.36.400",
        "1001_Soundstage_Validation_00.00.00.000-00.00.05.000",
        "1001_Soundstage_Test_00.00.00.000-00.00.07.000",
        "1001_Soundstage_Test_00.00.30.000-00.00.36.000",
    ],
    "didemo": [
        "1738450616@N00_631371736_bded74bb3e.mp4",
        "1209297387@N04_1505272888_a7c901c253.mp4",
        "3319011852@N00_1446093314_a055dc380b.mp4",
        "1957400814@N06_2295084195_05a7d069b0.mp4",
        "3764188744@N04_3783043878_0447c149c9.mp4",
    ],
    "msvd": [
        "r1alaouUZ8A_204_210",
        "_RP81va63Uw_111_118",
        "tVec2sDftvo_198_203",
        "LKidp0eAC6Y_9_16",
        "hAlPG9edUbw_247_253",
    ],
    "activitynet": ["v_r1alaouUZ8A", "v__RP81va63Uw", "v_tVec2sDftvo", "v_LKidp0eAC6Y", "v_hAlPG9edUbw"],
}
FILES = {
    "msrvtt": {
        *("MSRVTT_data.json", "MSRVTT_train.9k.csv", "MSRVTT_train.7k.csv", "MSRVTT_JSFUSION_test.csv"),
        *("msrvtt10k_asr_text.json", *(f"videos/all/{name}.mp4" for name in NAMES["msrvtt"])),
    },
    "vatex": {
        *("train_list.txt", "test_list.txt", "ref_captions.json", "vatex_asr_text.json"),
        *(f"videos/{name}.mp4" for name in NAMES["vatex"]),
    },
    "charades": {
        *("Charades_v1_train.csv", "Charades_v1_test.csv", "charades_asr_text.json"),
        *(f"Charades_v1_480/{name}.mp4" for name in NAMES["charades"]),
    },
    "lsmdc": {
        *("LSMDC16_annos_training.csv", "LSMDC16_annos_val.csv", "LSMDC16_challenge_1000_publictect.csv"),
        *(f"videos/1001_Soundstage_Train/{name}.mp4" for name in NAMES["lsmdc"][:2]),
        f"videos/1001_Soundstage_Validation/{NAMES['lsmdc'][2]}.mp4",
        *(f"videos/1001_Soundstage_Test/{name}.mp4" for name in NAMES["lsmdc"][3:]),
    },
    "didemo": {
        *("train_list.txt", "val_list.txt", "test_list.txt", "train_data.json", "val_data.json", "test_data.json"),
        *(f"videos/{name}" for name in NAMES["didemo"]),
    },
    "msvd": {
        *("train_list.txt", "val_list.txt", "test_list.txt", "raw-captions.pkl"),
        *(f"YouTubeClips/{name}.mp4" for name in NAMES["msvd"]),
    },
    "activitynet": {"train.json", "val_1.json", *(f"videos/{name}.mp4" for name in NAMES["activitynet"])},
}


@pytest.fixture(scope="session")
def splits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five small clips in three splits, as `render` makes them. Shared by all tests, so do not change them."""
    return make_splits(tmp_path_factory.mktemp("splits"), CLIPS)


@pytest.fixture
def own_splits(splits: Path, tmp_path: Path) -> Path:
    """A copy of the splits that a test may change."""
    return shutil.copytree(splits, tmp_path / "splits")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "exported" / "data"


@pytest.fixture(params=list(FILES))
def layout(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def files_in(folder: Path) -> Iterator[str]:
    return (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in files_in(folder)}


def parsed(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def rows(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def lines(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    assert text.endswith("\n")
    return text.removesuffix("\n").split("\n")


def test_the_command_line_knows_every_layout() -> None:
    assert list(LAYOUTS) == list(get_args(LayoutName)) == list(FILES)


def test_each_layout_has_its_files_and_records_which_clip_is_which(splits: Path, out: Path, layout: str) -> None:
    assert export(splits, out, layout) == 5
    assert set(files_in(out)) == {"soundstage.json", *FILES[layout]}
    record = parsed(out / "soundstage.json")
    assert record["layout"] == layout
    assert list(record["clips"].items()) == list(zip(NAMES[layout], CLIPS, strict=True))
    videos = {path.name: path for path in out.rglob("*.mp4")}
    for name, id in record["clips"].items():
        video = videos[name if name.endswith(".mp4") else f"{name}.mp4"]
        assert video.samefile(splits / id.split("-")[0] / f"{id}.mp4")


def test_msrvtt(splits: Path, out: Path) -> None:
    export(splits, out, "msrvtt")
    data = parsed(out / "MSRVTT_data.json")
    assert [(video["video_id"], video["split"]) for video in data["videos"]] == [
        ("video0", "train"),
        ("video1", "train"),
        ("video2", "validate"),
        ("video3", "test"),
        ("video4", "test"),
    ]
    assert [sentence["sen_id"] for sentence in data["sentences"]] == list(range(26))
    captions = [(each["video_id"], each["caption"]) for each in data["sentences"]]
    chosen = (0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 12, 13, 14, 15, 16, 18, 19, 20, 21, 23)
    assert captions[:20] == [("video0", f"a dog and {number} bells") for number in chosen]
    assert captions[20:] == [
        ("video1", "a cat"),
        ("video1", "rain falls"),
        ("video1", "a cat, and rain"),
        ("video2", "a ship"),
        ("video3", "a horn, and a bell"),
        ("video4", "a bird"),
    ]
    assert lines(out / "MSRVTT_train.9k.csv") == ["video_id", "video0", "video1", "video2"]
    assert lines(out / "MSRVTT_train.7k.csv") == ["video_id", "video0", "video1"]
    assert lines(out / "MSRVTT_JSFUSION_test.csv") == [
        "key,vid_key,video_id,sentence",
        'ret0,msr3,video3,"a horn, and a bell"',
        "ret1,msr4,video4,a bird",
    ]
    assert parsed(out / "msrvtt10k_asr_text.json") == [
        {"key": "video0.wav", "text": "the doctor lost a bicycle"},
        {"key": "video2.wav", "text": "the nurse found a hat"},
        {"key": "video3.wav", "text": "the pilot sold a lamp"},
    ]


def test_vatex(splits: Path, out: Path) -> None:
    export(splits, out, "vatex")
    first, second, validation, *test = NAMES["vatex"]
    assert all(re.fullmatch(r"[\w-]{11}_\d{6}_\d{6}", name) for name in NAMES["vatex"])
    assert lines(out / "train_list.txt") == [first, second, validation]
    assert lines(out / "test_list.txt") == test
    assert parsed(out / "ref_captions.json") == {
        first: [f"a dog and {number} bells" for number in (0, 2, 5, 7, 10, 12, 15, 17, 20, 23)],
        second: THREE_CAPTIONS,
        validation: ["a ship"],
        test[0]: ["a horn, and a bell"],
        test[1]: ["a bird"],
    }
    assert parsed(out / "vatex_asr_text.json") == [
        {"key": "r1alaouUZ8A_000204_000214.wav", "text": "the doctor lost a bicycle"},
        {"key": "tVec2sDftvo_000198_000208.wav", "text": "the nurse found a hat"},
        {"key": "LKidp0eAC6Y_000009_000019.wav", "text": "the pilot sold a lamp"},
    ]


def test_charades(splits: Path, out: Path) -> None:
    export(splits, out, "charades")
    columns = "id,subject,scene,quality,relevance,verified,script,objects,descriptions,actions,length"
    train, test = out / "Charades_v1_train.csv", out / "Charades_v1_test.csv"
    assert lines(train)[0] == lines(test)[0] == columns
    all_captions = ";".join(CAPTIONS)
    assert rows(train)[1:] == [
        ["142K4", "", "", "", "", "Yes", "a dog and 0 bells", "", all_captions, "", "5.40"],
        ["MCMHB", "", "", "", "", "Yes", "rain falls", "", "a cat;rain falls;a cat, and rain", "", "6.40"],
        ["WU8VI", "", "", "", "", "Yes", "a ship", "", "a ship", "", "5.00"],
    ]
    assert rows(test)[1:] == [
        ["RLF6X", "", "", "", "", "Yes", "a horn, and a bell", "", "a horn, and a bell", "", "7.00"],
        ["CUZ34", "", "", "", "", "Yes", "a bird", "", "a bird", "", "6.00"],
    ]
    assert parsed(out / "charades_asr_text.json") == [
        {"key": "142K4.wav", "text": "the doctor lost a bicycle"},
        {"key": "WU8VI.wav", "text": "the nurse found a hat"},
        {"key": "RLF6X.wav", "text": "the pilot sold a lamp"},
    ]


def test_lsmdc(splits: Path, out: Path) -> None:
    export(splits, out, "lsmdc")
    train = [line.split("\t") for line in lines(out / "LSMDC16_annos_training.csv")]
    first = ["1001_Soundstage_Train_00.00.00.000-00.00.05.400", *["00.00.00.000", "00.00.05.400"] * 2]
    second = ["1001_Soundstage_Train_00.00.30.000-00.00.36.400", *["00.00.30.000", "00.00.36.400"] * 2]
    assert train == [[*first, text] for text in CAPTIONS] + [[*second, text] for text in THREE_CAPTIONS]
    assert lines(out / "LSMDC16_annos_val.csv") == [
        "1001_Soundstage_Validation_00.00.00.000-00.00.05.000"
        "\t00.00.00.000\t00.00.05.000\t00.00.00.000\t00.00.05.000\ta ship"
    ]
    assert [line.split("\t")[0::5] for line in lines(out / "LSMDC16_challenge_1000_publictect.csv")] == [
        ["1001_Soundstage_Test_00.00.00.000-00.00.07.000", "a horn, and a bell"],
        ["1001_Soundstage_Test_00.00.30.000-00.00.36.000", "a bird"],
    ]


def test_didemo(splits: Path, out: Path) -> None:
    export(splits, out, "didemo")
    first, second, validation, *test = NAMES["didemo"]
    assert all(re.fullmatch(r"\d+@N\d\d_\d+_[0-9a-f]+\.mp4", name) for name in NAMES["didemo"])
    assert lines(out / "train_list.txt") == [first, second]
    assert lines(out / "val_list.txt") == [validation]
    assert lines(out / "test_list.txt") == test
    train = parsed(out / "train_data.json")
    assert [(row["video"], row["description"]) for row in train] == [
        *((first, text) for text in CAPTIONS),
        *((second, text) for text in THREE_CAPTIONS),
    ]
    assert all(row["times"] == [[0, 1]] * 4 for row in train)  # 5.4 and 6.4 s are two pieces of 5 s
    assert parsed(out / "val_data.json") == [
        {"video": validation, "description": "a ship", "times": [[0, 0]] * 4, "annotation_id": 27}
    ]
    assert parsed(out / "test_data.json") == [
        {"video": test[0], "description": "a horn, and a bell", "times": [[0, 1]] * 4, "annotation_id": 28},
        {"video": test[1], "description": "a bird", "times": [[0, 1]] * 4, "annotation_id": 29},
    ]


class PlainUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        raise AssertionError(f"the pickle asks for {module}.{name}")


def test_msvd(splits: Path, out: Path) -> None:
    export(splits, out, "msvd")
    first, second, validation, *test = NAMES["msvd"]
    assert lines(out / "train_list.txt") == [first, second]
    assert lines(out / "val_list.txt") == [validation]
    assert lines(out / "test_list.txt") == test
    with (out / "raw-captions.pkl").open("rb") as file:
        captions = PlainUnpickler(file).load()
    assert captions == {
        first: [["a", "dog", "and", str(number), "bells"] for number in range(24)],
        second: [["a", "cat"], ["rain", "falls"], ["a", "cat,", "and", "rain"]],
        validation: [["a", "ship"]],
        test[0]: [["a", "horn,", "and", "a", "bell"]],
        test[1]: [["a", "bird"]],
    }


def test_activitynet(splits: Path, out: Path) -> None:
    export(splits, out, "activitynet")
    assert all(re.fullmatch(r"v_[\w-]{11}", name) for name in NAMES["activitynet"])
    assert parsed(out / "train.json") == {
        "v_r1alaouUZ8A": {"duration": 5.4, "timestamps": [[0.0, 5.4]] * 24, "sentences": CAPTIONS},
        "v__RP81va63Uw": {"duration": 6.4, "timestamps": [[0.0, 6.4]] * 3, "sentences": THREE_CAPTIONS},
        "v_tVec2sDftvo": {"duration": 5.0, "timestamps": [[0.0, 5.0]], "sentences": ["a ship"]},
    }
    assert parsed(out / "val_1.json") == {
        "v_LKidp0eAC6Y": {"duration": 7.0, "timestamps": [[0.0, 7.0]], "sentences": ["a horn, and a bell"]},
        "v_hAlPG9edUbw": {"duration": 6.0, "timestamps": [[0.0, 6.0]], "sentences": ["a bird"]},
    }


def test_names_are_unique() -> None:
    names = [
        dataset_clip_names.charades_name(split, number)
        for split in ("train", "validation", "test")
        for number in range(5000)
    ]
    assert len(set(names)) == 15_000
    assert all(re.fullmatch("[0-9A-Z]{5}", name) for name in names)
    films = [dataset_clip_names.lsmdc_name("train", number, 6.5) for number in (199, 200)]
    assert films == [
        "1001_Soundstage_Train_01.39.30.000-01.39.36.500",
        "1002_Soundstage_Train_00.00.00.000-00.00.06.500",
    ]
    assert len({dataset_clip_names.lsmdc_name("train", number, 6.5) for number in range(5000)}) == 5000


def test_exporting_again_changes_nothing(splits: Path, out: Path, layout: str) -> None:
    export(splits, out, layout)
    before = contents(out)
    export(splits, out, layout)
    assert contents(out) == before


def test_an_interrupted_export_continues(splits: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export(splits, out.with_name("complete"), "msrvtt")
    links: list[Path] = []

    def interrupted_link(source: Path, path: Path) -> None:
        if len(links) == 2:
            path.write_bytes(b"half")
            raise KeyboardInterrupt
        links.append(path)
        shutil.copyfile(source, path)

    with monkeypatch.context() as patched:
        patched.setattr(exporting.os, "link", interrupted_link)
        with pytest.raises(KeyboardInterrupt):
            export(splits, out, "msrvtt")
    assert not (out / "MSRVTT_data.json").exists()
    export(splits, out, "msrvtt")
    assert contents(out) == contents(out.with_name("complete"))
    half_written = out / "videos" / "all" / "video2.mp4"
    assert half_written.samefile(splits / "validation" / "validation-00000.mp4")


def test_missing_files_come_back_and_files_of_the_user_stay(splits: Path, out: Path) -> None:
    export(splits, out, "msrvtt")
    before = contents(out)
    (out / "notes.txt").write_text("mine")
    (out / "MSRVTT_train.7k.csv").unlink()
    (out / "videos" / "all" / "video1.mp4").unlink()
    export(splits, out, "msrvtt")
    assert contents(out) == before | {"notes.txt": b"mine"}


def refuse_link(source: Path, path: Path) -> None:
    raise OSError(95, "Operation not supported")


def test_videos_are_copied_without_hard_links(splits: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting.os, "link", refuse_link)
    export(splits, out, "vatex")
    for name, id in parsed(out / "soundstage.json")["clips"].items():
        video, source = out / "videos" / f"{name}.mp4", splits / id.split("-")[0] / f"{id}.mp4"
        assert not video.samefile(source)
        assert video.read_bytes() == source.read_bytes()


def test_videos_outlive_splits_that_held_symbolic_links(own_splits: Path, out: Path, tmp_path: Path) -> None:
    clip = own_splits / "train" / "train-00000.mp4"
    content = clip.read_bytes()
    clip.rename(tmp_path / "elsewhere.mp4")
    clip.symlink_to(tmp_path / "elsewhere.mp4")
    export(own_splits, out, "msrvtt")
    shutil.rmtree(own_splits)
    (tmp_path / "elsewhere.mp4").unlink()
    assert (out / "videos" / "all" / "video0.mp4").read_bytes() == content


def test_a_full_disk_is_reported(splits: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: Path, path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exporting.os, "link", refuse_link)
    monkeypatch.setattr(exporting.shutil, "copyfile", full)
    with pytest.raises(HearsightError, match=r"cannot write the data set to .*No space left on device"):
        export(splits, out, "msrvtt")


@pytest.mark.parametrize(
    ("fill", "message"),
    [
        (lambda splits, out: export(splits, out, "vatex"), "holds an export with the layout vatex"),
        (lambda splits, out: (out / "holiday.mp4").write_bytes(b"mine"), "holds other files"),
        (lambda splits, out: shutil.copytree(splits / "test", out, dirs_exist_ok=True), "holds other files"),
        (lambda splits, out: (out / "soundstage.json").write_text("[1]"), "holds other files"),
        (lambda splits, out: (out / "soundstage.json").write_text('{"split": "test"}'), "holds other files"),
        (lambda splits, out: (out / "soundstage.json").write_text("{"), "holds other files"),
    ],
)
def test_a_folder_with_anything_else_is_refused_and_not_changed(
    fill: Callable[[Path, Path], object], message: str, splits: Path, out: Path
) -> None:
    out.mkdir(parents=True)
    fill(splits, out)
    before = contents(out)
    with pytest.raises(HearsightError, match=f"{message}; give an empty folder"):
        export(splits, out, "msrvtt")
    assert contents(out) == before


def test_an_export_of_other_clips_is_refused(own_splits: Path, out: Path) -> None:
    export(own_splits, out, "msrvtt")
    manifest = own_splits / "train" / "manifest.jsonl"
    manifest.write_text(manifest.read_text().replace("rain falls", "snow falls"))
    with pytest.raises(HearsightError, match="holds an export of other clips; give an empty folder"):
        export(own_splits, out, "msrvtt")


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_a_missing_or_incomplete_split_is_refused(own_splits: Path, out: Path, split: str) -> None:
    (own_splits / split / "manifest.jsonl").unlink()  # render writes it last
    with pytest.raises(HearsightError, match=rf"no complete {split} split .*hearsight soundstage render"):
        export(own_splits, out, "msrvtt")
    shutil.rmtree(own_splits / split)
    with pytest.raises(HearsightError, match=rf"no complete {split} split .*hearsight soundstage render"):
        export(own_splits, out, "msrvtt")
    assert not out.exists()


def test_a_missing_clip_is_refused(own_splits: Path, out: Path) -> None:
    (own_splits / "test" / "test-00001.mp4").unlink()
    with pytest.raises(HearsightError, match=r"test-00001\.mp4 is missing.*render` again"):
        export(own_splits, out, "msrvtt")
    assert not out.exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "has no clips; render test again"),
        ('{"id": "a"}\n', "line 1 has no facts"),
        (
            '{"id": "test-00000", "path": "test-00000.mp4", "facts": []}\n',
            "no clip of Soundstage's test split .*'captions'",
        ),
        (
            '{"id": "demo-00000", "path": "test-00000.mp4", "facts": [], "captions": [{"text": "a"}],'
            ' "spoken": null, "scene": {"duration": 5}}\n',
            "no clip of Soundstage's test",
        ),
        (
            '{"id": "test-00000", "path": "test-00000.mp4", "facts": [], "captions": [],'
            ' "spoken": null, "scene": {"duration": 5}}\n',
            "no clip of Soundstage's test split .*no captions",
        ),
    ],
)
def test_a_wrong_manifest_is_refused(own_splits: Path, out: Path, content: str, message: str) -> None:
    (own_splits / "test" / "manifest.jsonl").write_text(content)
    with pytest.raises(HearsightError, match=message):
        export(own_splits, out, "msrvtt")
    assert not out.exists()


def test_an_unknown_layout_is_refused(splits: Path, out: Path) -> None:
    with pytest.raises(HearsightError, match="no such layout; use one of msrvtt, vatex"):
        export(splits, out, "youcook")
