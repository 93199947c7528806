"""Matching subtitle files to media files by name."""

import os
import time
from pathlib import Path

import pytest

from hearsight.media.sidecars import find_sidecars, sidecars_by_stem


def sidecar_names(names: list[str], stem: str = "film") -> list[str]:
    return [sidecar.name for sidecar in sidecars_by_stem(names).get(stem, [])]


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("film.srt", None),
        ("film.SRT", None),
        ("Film.Srt", None),
        ("film.de.srt", "de"),
        ("film.ger.vtt", "de"),
        ("film.en-US.vtt", "en"),
        ("film.pt_BR.ass", "pt"),
        ("film.zh-Hans.srt", "zh"),
        ("film.English.srt", "en"),
        ("film.Français.srt", "fr"),
        ("film.en.hi.srt", "en"),
        ("film.hi.srt", "hi"),
        ("film.sdh.srt", None),
        ("film.tlh.srt", None),
        ("film.ssa", None),
        ("film_en.srt", "en"),
        ("film-fr.srt", "fr"),
        ("film en.srt", "en"),
        ("film (English).srt", "en"),
        ("film [de].vtt", "de"),
        ("film - Italian.srt", "it"),
        ("film_pt-BR.srt", "pt"),
        ("film.mp4.srt", None),
        ("film.mp4.en.srt", "en"),
        ("film[en].srt", "en"),
        ("film.zh-Hant-TW.srt", "zh"),
        ("film.Chinese (Simplified).srt", "zh"),
        ("film.Portuguese (Brazil).srt", "pt"),
        ("film.简体.srt", "zh"),
        ("film \u2014 English.srt", "en"),
        ("film.en.sdh.srt", "en"),
        ("film_en_sdh.srt", "en"),
        ("Subs/film.srt", None),
        ("subtitles/film.de.srt", "de"),
        ("Subs/film/2_English.srt", "en"),
        ("Subs/film/3_eng,SDH.srt", "en"),
        ("SUBS/2_French.srt", "fr"),
        ("Captions/ja.vtt", "ja"),
    ],
)
def test_case_format_and_language_of_a_sidecar(name, language):
    (sidecar,) = sidecars_by_stem(["film.mp4", name])["film"]
    assert (sidecar.name, sidecar.language) == (name, language)


@pytest.mark.parametrize(
    "name",
    [
        "film.2.srt",
        "film.part two.srt",
        "film.directors cut.srt",
        "film2.srt",
        "film.txt",
        "film.de.fr.srt",
        ".srt",
        "film_cut.srt",
        "film-raw.srt",
        "Subs/other.srt",
        "Subs/other/2_English.srt",
        "Extras/film.srt",
        "Subs/deep/film/en.srt",
    ],
)
def test_names_that_are_not_of_the_film(name):
    assert sidecar_names(["film.mp4", name]) == []


def test_a_language_alone_is_of_the_only_film():
    names = ["Subs/English.srt", "Subs/film/French.srt"]
    assert sidecar_names(["film.mp4", *names]) == ["Subs/English.srt", "Subs/film/French.srt"]
    assert sidecar_names(["film.mp4", "other.mp4", *names]) == ["Subs/film/French.srt"]


def test_sidecars_of_another_film_are_left_to_it():
    names = ["film.mp4", "film.2.mp4", "film.it.MKV", "film.2.srt", "film.2.en.srt", "film.it.srt", "film.it.de.srt"]
    assert sidecar_names(names) == []
    assert sidecar_names(names, "film.2") == ["film.2.srt", "film.2.en.srt"]
    assert sidecar_names(names, "film.it") == ["film.it.srt", "film.it.de.srt"]


def test_case_counts_where_nothing_else_tells_films_apart():
    names = ["film.mp4", "Film.mp4", "film.srt", "Film.srt"]
    assert sidecar_names(names) == ["film.srt"]
    assert sidecar_names(names, "Film") == ["Film.srt"]


@pytest.mark.parametrize("name", ["film.forced.srt", "film.en.forced.srt", "film.Foreign.EN.vtt"])
def test_forced_subtitles_belong_to_no_film(name):
    assert sidecars_by_stem(["film.mp4", name]) == {}


def test_the_order_does_not_depend_on_the_listing():
    best = [
        "film.srt",
        "film.vtt",
        "film.en.srt",
        "film.en.ass",
        "film.en.sdh.srt",
        "film.de.srt",
        "film.fr.srt",
    ]
    assert sidecar_names(["film.mp4", *best]) == best
    assert sidecar_names([*reversed(best), "film.mp4"]) == best


@pytest.mark.parametrize("stem", ["a [1080p] {x}*?", "100% it's 日本", "no.2.by.en", "trailing.", "-"])
def test_films_with_odd_names_have_sidecars(tmp_path, stem):
    for name in (f"{stem}.mp4", f"{stem}.de.srt", "x.de.srt"):
        (tmp_path / name).touch()
    assert [sidecar.name for sidecar in find_sidecars(tmp_path / f"{stem}.mp4")] == [f"{stem}.de.srt"]


def test_folders_links_and_pipes_are_not_sidecars(tmp_path):
    (tmp_path / "film.mp4").touch()
    (tmp_path / "film.srt").mkdir()
    (tmp_path / "film.en.srt").symlink_to(tmp_path / "gone")
    os.mkfifo(tmp_path / "film.de.srt")
    assert find_sidecars(tmp_path / "film.mp4") == []
    assert find_sidecars(tmp_path / "no such folder" / "film.mp4") == []


def test_a_folder_is_listed_once_and_again_when_it_has_changed(tmp_path, monkeypatch):
    listed = []
    listing = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda folder: listed.append(folder) or listing(folder))
    for n in range(50):
        (tmp_path / f"{n}.mp4").touch()
    long_ago = time.time() - 60
    os.utime(tmp_path, (long_ago, long_ago))
    for n in range(50):
        assert find_sidecars(tmp_path / f"{n}.mp4") == []
    assert len(listed) == 1
    for language in ("de", "en"):
        (tmp_path / f"7.{language}.srt").touch()
        assert find_sidecars(tmp_path / "7.mp4")[0].name == f"7.{language}.srt"


def test_a_folder_for_subtitles_is_looked_into_again_when_it_has_changed(tmp_path):
    (tmp_path / "film.mp4").touch()
    (tmp_path / "Subs").mkdir()
    long_ago = time.time() - 60
    for folder in (tmp_path / "Subs", tmp_path):
        os.utime(folder, (long_ago, long_ago))
    assert find_sidecars(tmp_path / "film.mp4") == []
    (tmp_path / "Subs" / "film.srt").touch()
    assert [sidecar.name for sidecar in find_sidecars(tmp_path / "film.mp4")] == ["Subs/film.srt"]


@pytest.mark.parametrize(
    ("film", "subtitles"), [("caf\u00e9.mp4", "cafe\u0301.srt"), ("cafe\u0301.mp4", "Caf\u00c9.srt")]
)
def test_accents_in_names_may_be_written_apart(film, subtitles):
    [sidecars] = sidecars_by_stem([film, subtitles]).values()
    assert [sidecar.name for sidecar in sidecars] == [subtitles]
