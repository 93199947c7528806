"""A library gets another model: pictures and sounds are read again, and nothing is transcribed."""

import shutil
from pathlib import Path

import pytest

import hearsight
from hearsight.errors import HearsightError
from hearsight.experts.word_vectors import WordVectors
from hearsight.library import Library
from hearsight.library.indexing import engine, reencode
from hearsight.library.indexing import read as reading
from hearsight.library.listeners import NullListener
from hearsight.library.tables.store import Store
from tests.builders import tiny_model
from tests.library.conftest import assert_same, film, make_films, rows, say
from tests.library.sound_experts import Pitches

WRITES = ["add_clips", "drop_videos", "put_failures", "maintain"]


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """A model of another method, with other towers, that takes other numbers of frames."""
    return tiny_model(tmp_path_factory.mktemp("other"), "clip4clip", seed=5)


@pytest.fixture(scope="module")
def indexed_folder(tmp_path_factory, model) -> Path:
    folder = make_films(tmp_path_factory.mktemp("indexed") / "films")
    Library.create(folder, model, seconds=2).update(recogniser="none")
    return folder


@pytest.fixture
def library(indexed_folder, tmp_path, model) -> Library:
    """A library of a copy of the indexed folder."""
    return Library.open(shutil.copytree(indexed_folder, tmp_path / "films"), model=model)


@pytest.fixture
def hasty(monkeypatch):
    """Write after every clip."""
    monkeypatch.setattr(reencode, "COMMIT_SECONDS", 0.0)
    monkeypatch.setattr(engine, "batch_size", lambda device, threads: 1)


class Listener(NullListener):
    """Records what a run reads, and calls a function after each clip."""

    def __init__(self, after_clip=lambda number: None):
        self.read, self.totals, self.number, self.after_clip = [], [], 0, after_clip

    def files(self, total, size):
        self.totals.append(total)

    def file(self, path, size):
        self.read.append(path.as_posix())

    def clips(self, number, total):
        self.number += number
        self.after_clip(self.number)


class Stop(BaseException):
    """An exception that no code catches: it ends a run like a power cut."""


def anew(library: Library, model, tmp_path, **options) -> Library:
    """Index the files with a model from the beginning."""
    fresh = Library.create(library.folder, model, tmp_path / "anew", seconds=2, **options)
    fresh.update(recogniser="none")
    return fresh


def change(library: Library, model, progress=None, **options) -> Library:
    """Run what `hearsight index FOLDER --model MODEL` runs."""
    return hearsight.index(library.folder, model=model, recogniser="none", progress=progress, **options)


def assert_same_content(library: Library, expected: Library) -> None:
    """Assert that two libraries have the same files, texts and vectors; the ids of files that moved differ."""

    def content(each):
        videos, clips = rows(each)
        paths = {video["id"]: video["path"] for video in videos}
        return {(paths[clip["video"]], clip["start"]): clip for clip in clips}

    ours, theirs = content(library), content(expected)
    assert ours.keys() == theirs.keys()
    for key, clip in ours.items():
        assert clip["transcript"] == theirs[key]["transcript"] and clip["thumbnail"] == theirs[key]["thumbnail"]
        assert clip["pooled"] == pytest.approx(theirs[key]["pooled"], abs=2e-3)


def refuse(*arguments, **options):
    raise AssertionError("this is not to be done again")


def test_the_result_equals_a_new_index_without_transcribing(library, other, tmp_path, monkeypatch):
    expected = anew(library, other, tmp_path)
    with monkeypatch.context() as patch:
        for name in ("transcription_by_source", "thumbnail"):
            patch.setattr(reading, name, refuse)
        patch.setattr(WordVectors, "encode_passages", refuse)
        listener = Listener()
        changed = change(library, other, listener)
    assert_same(changed, expected)
    assert listener.read == ["bell.mkv", "trip/sea.mkv", "trip/silent.mkv"] and listener.totals == [3, 0]
    assert (changed.identity.frames, changed.identity.width) == (6, other.width)
    again = Library.open(library.folder, model=other)
    assert [hit.clip for hit in again.search("a bell").hits] == [hit.clip for hit in expected.search("a bell").hits]
    calibration = again._store.snapshot().calibration
    assert calibration.model == other.fingerprint and list(calibration.experts) == ["wordllama"]
    nothing = Listener()
    assert change(again, other, nothing).info().clips == 7 and nothing.totals == [0]


def test_a_recogniser_is_not_asked_for_what_is_transcribed(library, other):
    """The transcripts of one recogniser stay though another one is chosen for new files."""
    plan = Library.plan(library.folder, model=other, recogniser="auto")
    film(library.folder / "new.mkv", 2, seed=9, sound=False)
    before = {row["id"]: row["transcript"] for row in rows(library)[1]}
    changed, report = plan.run()
    assert (report.reencoded, report.added, report.unchanged, report.clips) == (3, 1, 3, 8)
    assert {row["id"]: row["transcript"] for row in rows(changed)[1]}.items() >= before.items()


def test_a_plan_tells_that_the_model_changes(library, model, other):
    folder = library.folder
    assert not Library.plan(folder).changes_model and not Library.plan(folder, model=model).changes_model
    assert Library.plan(folder, model=other).changes_model and Library.plan(folder, model="demo").changes_model
    assert not Library.plan(folder, model=other, rebuild=True).changes_model


def test_searches_go_on_with_the_old_model_until_the_switch_and_after(library, other):
    reader = Library.open(library.folder)
    expected, seen = [hit.clip for hit in reader.search("a bell").hits], []
    change(library, other, Listener(lambda number: seen.append(Library.open(library.folder).search("a bell").hits)))
    assert len(seen) == 7 and all([hit.clip for hit in hits] == expected for hits in seen)
    assert [hit.clip for hit in reader.search("a bell").hits] == expected
    with pytest.raises(HearsightError, match="given another model; start this again"):
        reader.update(recogniser="none")


def test_an_interrupted_run_is_continued(library, other, tmp_path, hasty):
    def stop(number):
        if number == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        change(library, other, Listener(stop))
    assert Library.open(library.folder).identity.fingerprint == library.identity.fingerprint
    listener = Listener()
    changed = change(library, other, listener)
    assert "bell.mkv" not in listener.read and 3 <= listener.number <= 4
    assert_same(changed, anew(library, other, tmp_path))


def test_what_happens_between_two_runs_is_followed(library, other, tmp_path, hasty):
    def stop(number):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        change(library, other, Listener(stop))
    (library.folder / "bell.mkv").unlink()
    (library.folder / "trip" / "sea.mkv").rename(library.folder / "ocean.mkv")
    film(library.folder / "new.mkv", 3, seed=8)
    Library.open(library.folder).update(recogniser="none")  # with the model that is recorded
    changed = change(library, other)
    assert_same_content(changed, anew(library, other, tmp_path))


def test_stopped_at_every_write(library, other, tmp_path, hasty, monkeypatch):
    """Before each write, and after the first of each kind."""
    (library.folder / "bell.mkv").unlink()
    film(library.folder / "trip" / "silent.mkv", 2, seed=8, sound=False)
    shutil.copytree(library.location, tmp_path / "backup")
    expected = anew(library, other, tmp_path)
    writes = []

    def watch(patch, begins=lambda number: None, ends=lambda number: None):
        """Call a function with its number before each write, and another after it."""
        writes.clear()

        def watched(name, write):
            def watched_write(*arguments):
                number = len(writes)
                begins(number)
                writes.append(name)
                write(*arguments)
                ends(number)

            return watched_write

        for name in WRITES:
            patch.setattr(Store, name, watched(name, getattr(Store, name)))

    with monkeypatch.context() as patch:
        watch(patch)
        change(library, other)
    assert {"add_clips", "maintain"} <= set(writes)
    points = [("begins", number) for number in range(len(writes))]
    points += [("ends", writes.index(name)) for name in dict.fromkeys(writes)]
    for when, last in points:

        def stop(number, last=last):
            if number == last:
                raise Stop

        shutil.rmtree(library.location)
        shutil.copytree(tmp_path / "backup", library.location)
        with monkeypatch.context() as patch, pytest.raises(Stop):
            watch(patch, **{when: stop})
            change(library, other)
        assert Library.open(library.folder).search("a bell").hits
        assert_same(change(library, other), expected)


def test_a_file_that_cannot_be_decoded_any_more_is_recorded_and_the_rest_is_done(
    library, other, monkeypatch, decode_here
):
    real = reencode.probe

    def failing(path, *rest):
        if path.name == "sea.mkv":
            raise HearsightError(f"cannot read {path}: damaged; replace or remove it")
        return real(path, *rest)

    monkeypatch.setattr(reencode, "probe", failing)
    changed, report = Library.plan(library.folder, model=other, recogniser="none").run()
    assert [(failure.path, failure.reason) for failure in report.failed] == [
        ("trip/sea.mkv", "damaged; replace or remove it")
    ]
    assert [failure.path for failure in changed.failures()] == ["trip/sea.mkv"]
    assert (report.reencoded, changed.info().videos, changed.info().clips) == (2, 2, 4)
    monkeypatch.undo()
    assert changed.update(recogniser="none").unchanged == 2
    assert changed.update(recogniser="none", retry=True).added == 1 and changed.info().clips == 7


def test_changed_moved_and_deleted_files_are_left_to_the_update(library, other, tmp_path):
    folder = library.folder
    say(folder / "bell.srt", "the doctor found", "a yellow bicycle")
    (folder / "trip" / "sea.mkv").rename(folder / "ocean.mkv")
    (folder / "trip" / "silent.mkv").unlink()
    film(folder / "trip" / "other.mkv", 2, seed=4)
    listener = Listener()
    changed = change(library, other, listener)
    assert listener.totals == [1, 2] and listener.read[0] == "ocean.mkv"
    assert_same_content(changed, anew(library, other, tmp_path))
    assert "found" in changed.search("doctor").hits[0].line


def test_files_that_cannot_be_read_now_keep_what_is_known_of_them(library, other, tmp_path, monkeypatch, decode_here):
    """A disk that is not mounted, or fails for a while, must not cost the transcripts of its files."""
    before, (folder, elsewhere) = rows(library), (library.folder / "trip", tmp_path / "trip")
    folder.rename(elsewhere)
    folder.mkdir()
    with pytest.raises(HearsightError, match=r"trip/sea.mkv \(and 1 more files\) now.*mount its disk.*run the same"):
        change(library, other)
    assert rows(Library.open(library.folder)) == before
    folder.rmdir()
    elsewhere.rename(folder)
    real = reencode.probe
    monkeypatch.setattr(
        reencode, "probe", lambda path, *rest: refuse_disk() if path.name == "sea.mkv" else real(path, *rest)
    )
    with pytest.raises(HearsightError, match=r"cannot read trip/sea.mkv now: Input/output error"):
        change(library, other)
    assert rows(Library.open(library.folder)) == before and not Library.open(library.folder).failures()
    monkeypatch.undo()
    listener = Listener()
    assert_same(change(library, other, listener), anew(library, other, tmp_path))
    assert listener.read == ["trip/sea.mkv"]


def refuse_disk():
    raise OSError(5, "Input/output error")


def test_an_empty_folder_loses_nothing(library, other, tmp_path):
    before = rows(library)
    library.folder.rename(tmp_path / "disk")
    library.folder.mkdir()
    shutil.copytree(tmp_path / "disk" / ".hearsight", library.location)
    with pytest.raises(HearsightError, match="mount its disk"):
        change(library, other)
    assert rows(library) == before


def test_features_that_were_kept_are_those_of_the_new_towers(folder, model, other, tmp_path):
    library = Library.create(folder, model, seconds=2, keep_features=True)
    library.update(recogniser="none")
    changed = change(library, other)
    assert changed.identity.towers == other.towers_fingerprint
    assert sorted(changed._store.features.ids()) == sorted(changed._store.ids())
    assert len(list(changed.location.glob("features*.lance"))) == 1
    film(folder / "new.mkv", 2, seed=9)
    changed.update(recogniser="none")
    third = tiny_model(tmp_path / "third", "clip4clip", seed=6)
    third.clip.model.vision_model.load_state_dict(other.clip.model.vision_model.state_dict())
    third.clip.model.visual_projection.load_state_dict(other.clip.model.visual_projection.state_dict())
    for path in folder.rglob("*.mkv"):
        path.rename(path.with_suffix(".hidden"))
    assert changed.change_model(third).clips == 8  # the towers are the same, so no file is read
    assert changed.identity.fingerprint == third.fingerprint and changed.search("a bell").hits
    assert changed.repair().lost_tables == []


def test_features_can_be_kept_from_then_on(library, other):
    changed = change(library, other, keep_features=True)
    assert sorted(changed._store.features.ids()) == sorted(changed._store.ids())


def test_features_that_an_interrupted_run_lacks_are_computed_again(library, model, other, hasty):
    """A table of clips may be of an older run, which kept none."""
    change(library, other)
    change(library, model)  # clips of the other model stay for running searches
    changed = change(library, other, keep_features=True)
    assert sorted(changed._store.features.ids()) == sorted(changed._store.ids())


def test_what_is_heard_is_not_listened_to_again(folder, model, other, no_plugins, monkeypatch):
    hearsight.register_sound_expert("pitches")(Pitches)
    library = hearsight.index(folder, model=model, seconds=2, recogniser="none", sound="pitches")
    with monkeypatch.context() as patch:
        patch.setattr(Pitches, "encode_sounds", refuse)
        changed = change(library, other)
    assert changed.info().sounds == 2 and list(changed._store.snapshot().calibration.sounds) == ["pitches:"]


def test_a_sound_expert_can_be_added_with_the_model(library, other, no_plugins):
    hearsight.register_sound_expert("pitches")(Pitches)
    changed = change(library, other, sound="pitches")
    assert changed.info().sounds == 2 and list(changed._store.snapshot().calibration.sounds) == ["pitches:"]


def test_sight_is_added_to_a_library_without_and_taken_away(folder, model, tmp_path):
    library = hearsight.index(folder, model="none", seconds=2, recogniser="none")
    with pytest.raises(HearsightError, match="nothing in this library is seen"):
        library.search("seen: a bell")
    seeing = change(library, model)
    assert seeing.search("seen: a bell").hits and seeing.identity.method == "save"
    assert change(seeing, "none").search("bicycle").hits[0].line == "a yellow bicycle"
    assert len(list(library.location.glob("clips*.lance"))) == 2


def test_a_model_that_is_missing_stays_so_until_all_is_done(folder, model, hasty):
    """So that the next run, which names no model, continues."""
    library = Library.create(folder, hearsight.load("none"), seconds=2, missing={"seen": "a/b", "heard": "clap:c/d"})
    library.update(recogniser="none")

    def stop(number):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        change(library, model, Listener(stop))
    assert (Library.open(folder).identity.missing or {})["seen"] == "a/b"
    assert "seen" not in (change(library, model).identity.missing or {})


def test_what_cannot_be_combined_is_refused(library, model, other, tmp_path):
    class Distributed(engine.LocalEngine):
        distributed = True

    with pytest.raises(HearsightError, match="cannot be changed on a cluster; run it once without --engine ray"):
        change(library, other, engine=Distributed())
    with pytest.raises(HearsightError, match="is cut in windows of 2 s, not in windows of 3 s"):
        change(library, other, seconds=3)
    with pytest.raises(HearsightError, match="has the vectors of this model already"):
        library.change_model(model)
    assert Library.open(library.folder).identity == library.identity
