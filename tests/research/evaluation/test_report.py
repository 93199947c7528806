"""Reports: values and protocol, the folder they are written to, and comparisons on the same captions."""

import json
from dataclasses import replace

import pytest

from hearsight.errors import HearsightError
from hearsight.research.evaluation.report import Report, read_report
from hearsight.research.evaluation.tables import as_markdown, as_text, differences_as_text, published_as_text
from tests.research.evaluation.rankings import ranking

SAVE = Report("SAVE", "data/test", [ranking(seed, skill=3) for seed in range(3)])
AVIGATE = Report("AVIGATE", "data/test", [ranking(seed, skill=1) for seed in range(10, 12)])


def test_values_lie_within_their_intervals():
    assert list(SAVE.rows) == ["sight", "sound", "all captions", "video to text"]
    for row in SAVE.rows.values():
        assert row["sumr"].low <= row["sumr"].value <= row["sumr"].high
    single = [seed.metrics()["sight"].r1 for seed in SAVE.rankings]
    assert SAVE.rows["sight"]["r1"].value == pytest.approx(sum(single) / 3)


def test_a_report_describes_its_protocol():
    protocol = SAVE.protocol
    assert (protocol["normalisation"], protocol["seeds"]) == ("none", 3)
    assert protocol["captions"] == "120, each a query; 3 a clip"
    assert "and seeds" in protocol["intervals"]
    softened = Report("SAVE", "data/test", [replace(ranking(), videos=None, normalisation="dual softmax")])
    assert softened.protocol["normalisation"] == "dual softmax"
    assert "video to text" not in softened.rows
    assert "normalisation: dual softmax" in as_text(softened)


def test_a_public_data_set_is_compared_with_published_results():
    report = replace(SAVE, dataset="msrvtt-9k")
    assert report.protocol["published protocol"].startswith("msrvtt-9k: the 1,000 clips of 1k-A")
    lines = published_as_text(report).splitlines()
    assert [line.split()[-1] for line in lines[1:4]] == ["197.5", "207.7", "216.2"]
    assert lines[4].startswith("SAVE, among 40 clips, not 1,000  ")  # never silently beside what it is not like
    assert f"{report.rows['all captions']['sumr'].value:.1f} (" in lines[4]
    assert "| SAVE, published | 216.2 |" in as_markdown(report)
    elsewhere = published_as_text(replace(SAVE, dataset="vatex")).splitlines()
    assert elsewhere[4].startswith("SAVE  ")
    part = published_as_text(replace(SAVE, dataset="vatex", left_out=3)).splitlines()
    assert part[4].startswith("SAVE, without 3 of its clips  ")
    assert "Compared with published results" not in as_markdown(SAVE)


def test_a_better_method_is_better_beyond_the_interval():
    over = SAVE.over(AVIGATE)
    assert over["all captions"]["sumr"].low > 0
    assert over["all captions"]["sumr_relative"].low > 0
    assert "over AVIGATE, on the same queries" in differences_as_text("AVIGATE", over)


def test_other_captions_and_mixed_seeds_are_refused():
    baseline = Report("other", "data/test", [replace(ranking(), captions="others")])
    with pytest.raises(HearsightError, match="different captions"):
        SAVE.over(baseline)
    with pytest.raises(HearsightError, match="seeds of X were evaluated differently"):
        Report("X", "data/test", [ranking(), replace(ranking(), normalisation="dual softmax")])


def test_a_table_fits_a_terminal():
    assert max(map(len, as_text(SAVE).splitlines())) <= 80


def test_a_report_is_written_to_a_folder_and_read_again(tmp_path):
    pytest.importorskip("matplotlib")
    from hearsight.research.evaluation.write_report import write_report

    write_report(SAVE, tmp_path / "report", [AVIGATE])
    written = json.loads((tmp_path / "report" / "report.json").read_text())
    assert written == json.loads(json.dumps(SAVE.to_dict() | {"over": written["over"]}))
    assert written["rows"]["sight"]["queries"] == 60
    assert written["over"]["AVIGATE"]["sight"]["sumr"]["value"] > 0
    text = (tmp_path / "report" / "report.md").read_text()
    assert text.startswith("# SAVE on data/test") and "## Over AVIGATE" in text
    for name in ("groups.svg", "methods.svg"):
        assert f"]({name})" in text
        picture = (tmp_path / "report" / name).read_text()
        assert "SumR" in picture or "R@1" in picture
    write_report(SAVE, tmp_path / "again", [AVIGATE])
    for file in (tmp_path / "report").iterdir():
        assert file.read_bytes() == (tmp_path / "again" / file.name).read_bytes()
    assert read_report(tmp_path / "report").rows == SAVE.rows


def test_markdown_shows_any_name_literally():
    odd = replace(ranking(), kinds=tuple(("a|b", "*c*")[i % 2] for i in range(120)))
    text = as_markdown(Report("<b>\n# x", "data", [odd]))
    assert "\n| a\\|b | 60 |" in text and "\n| \\*c\\* | 60 |" in text
    assert text.startswith("# \\<b\\> \\# x on data\n")


def test_a_folder_without_a_report_is_an_error(tmp_path):
    with pytest.raises(HearsightError, match="make one with `hearsight evaluate"):
        read_report(tmp_path)
