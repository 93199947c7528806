"""`hearsight export`: the exported model is the same, and its card says what is recorded."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml
from huggingface_hub import ModelCard, constants
from huggingface_hub.repocard_data import model_index_to_eval_results

import hearsight
from hearsight.models.registry import METHODS
from hearsight.research.datasets.checked_folder import write_note
from hearsight.research.evaluation.protocols import PROTOCOLS
from hearsight.research.evaluation.report import read_report
from hearsight.research.model_card.card import INTRODUCTIONS
from hearsight.research.training.trainer import train
from tests.builders import tiny_inputs, tiny_model
from tests.hub import put_into_cache, use_cache
from tests.research.training.feature_data import made_up_recipe


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """Return a folder with a run, its data and its towers."""
    folder = tmp_path_factory.mktemp("jane doe") / "trained"
    train(made_up_recipe(folder, seed=7), folder / "run")
    return folder


@pytest.fixture
def reported(run, trained, tmp_path):
    """Return a function that evaluates a model on the validation clips and returns the report's folder."""
    pytest.importorskip("matplotlib")

    def reported(model: Path, data: str = "data/test", *options) -> Path:
        shutil.copytree(trained / "data" / "validation", tmp_path / data, dirs_exist_ok=True)
        report = tmp_path / "reports" / model.parent.name / data
        ran = run("evaluate", model, tmp_path / data, "--recogniser", "none", "--report", report, *options)
        assert ran.code == 0, ran.err
        return report

    return reported


def front_matter(card: str) -> dict:
    return yaml.safe_load(card.split("---\n")[1])


def block(card: str, after: str):
    """Return the first block of YAML after some words."""
    return yaml.safe_load(card.partition(after)[2].split("```yaml\n")[1].split("```")[0])


def test_the_exported_model_is_the_same(run, trained, tmp_path):
    ran = run("export", trained / "run", tmp_path / "out")
    assert (ran.code, ran.err) == (0, "")
    assert f"hf upload org/name {tmp_path / 'out'}" in ran.out
    files = sorted(file.name for file in (tmp_path / "out").iterdir())
    assert files == ["README.md", "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"]
    assert all(name in ran.out for name in files)
    model, exported = hearsight.load(trained / "run" / "model"), hearsight.load(tmp_path / "out")
    assert exported.fingerprint == model.fingerprint
    inputs = tiny_inputs(model)
    with torch.no_grad():
        trained_vector, exported_vector = model.encode_video(**inputs), exported.encode_video(**inputs)
        assert torch.equal(exported_vector.frames, trained_vector.frames)
        texts = [each.encode_text(each.tokenize(["a yellow bicycle"])) for each in (model, exported)]
    assert torch.equal(*texts)
    (tmp_path / "usual").touch()
    modes = {file.stat().st_mode for file in (tmp_path / "out").iterdir()}
    assert modes == {(tmp_path / "usual").stat().st_mode}


def test_the_exported_folder_is_complete(run, trained, tmp_path, monkeypatch):
    run("export", trained / "run", tmp_path / "out")
    put_into_cache(use_cache(monkeypatch, tmp_path / "cache"), "org/name", tmp_path / "out")
    assert hearsight.load("org/name").tokenize(["a bell"]).shape == (1, 32)


def test_json(run, trained, tmp_path):
    printed = json.loads(run("export", trained / "run", tmp_path / "my out", "--json").out)
    assert printed["files"]["model.safetensors"] == (trained / "run" / "model" / "model.safetensors").stat().st_size
    assert printed["next"] == f"hf upload org/name '{tmp_path / 'my out'}'"


def test_a_card_without_a_report(run, trained, tmp_path):
    run("export", trained / "run", tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text()
    printed = front_matter(card)
    assert printed == {
        "library_name": "hearsight",
        "tags": ["video-retrieval", "text-to-video-retrieval", "audio", "speech", "save"],
    }
    model = hearsight.load(tmp_path / "out")
    assert f"| parameters | {sum(p.numel() for p in model.parameters()):,} |" in card
    assert f"| fingerprint | {model.fingerprint} |" in card
    assert "| method | save: 6 frames, 32 words, D 32 |" in card
    assert "It was not measured on a test." in card and "95 %" not in card
    lines = [json.loads(line) for line in (trained / "run" / "metrics.jsonl").read_text().splitlines()]
    sumr = [line["validation"]["all captions"]["sumr"] for line in lines if "validation" in line]
    best = sumr.index(max(sumr)) + 1
    assert f"Epoch {best} of 3 was chosen by SumR on the validation split, {max(sumr):.1f}." in card
    assert "too high as an estimate" in card
    recipe = json.loads((trained / "run" / "recipe.json").read_text())
    assert block(card, "Of paths in the recipe") == recipe | {"data": "data", "towers": "towers"}
    assert block(card, "Software versions") == json.loads((trained / "run" / "versions.json").read_text())
    assert block(card, "SHA-256") == json.loads((trained / "run" / "inputs.json").read_text())
    assert "Its seed is 7." in card
    limits = ("16 clips of a private data set", "at most 6 pictures", "30 tokens", "it has not learned to read speech")
    assert all(limit in card for limit in limits)


def test_numbers_are_those_of_the_reports(run, trained, reported, tmp_path):
    reports = [reported(trained / "run" / "model", data) for data in ("data/test", "data/validation")]
    words = [word for report in reports for word in ("--report", report)]
    assert run("export", trained / "run", tmp_path / "my_model", *words).code == 0
    card = (tmp_path / "my_model" / "README.md").read_text()
    for number, report in enumerate(map(read_report, reports), start=1):
        for name, row in report.rows.items():
            line = next(line for line in card.splitlines() if line.startswith(f"| {name} |"))
            value, low, high = (
                f"{value:.1f}".replace("100.0", "100") for value in (row["r1"].value, row["r1"].low, row["r1"].high)
            )
            assert f"| {value} ({low} to {high}) |" in line
        assert f"](recall-{number}.png)" in card
        assert (tmp_path / "my_model" / f"recall-{number}.png").read_bytes().startswith(b"\x89PNG")
    assert "### my\\_model on test, speech by none\n" in card
    assert all(f"- {name}: " in card for name in read_report(reports[0]).protocol)
    assert card.count("This is not a test") == 1  # but the validation split
    assert "not measured" not in card and "model-index" not in front_matter(card)


def test_published_results_and_the_hubs_own_table(run, trained, reported, tmp_path, monkeypatch):
    folder = tmp_path / "msrvtt" / "test"
    folder.mkdir(parents=True)
    write_note(
        folder.parent,
        {"dataset": "msrvtt-9k", "root": "/", "disguised": False, "splits": {"test": {"clips": 1000, "good": 900}}},
    )
    report = reported(trained / "run" / "model", "msrvtt/test")
    clips = read_report(report).clips
    for number, count in enumerate((1000, None)):  # a part of the test, or who knows
        monkeypatch.setitem(PROTOCOLS, "msrvtt-9k", replace(PROTOCOLS["msrvtt-9k"], count=count))
        run("export", trained / "run", tmp_path / f"part-{number}", "--report", report)
        card = (tmp_path / f"part-{number}" / "README.md").read_text()
        assert "| SAVE, published | 216.2 |" in card and "model-index" not in front_matter(card)
    monkeypatch.setitem(PROTOCOLS, "msrvtt-9k", replace(PROTOCOLS["msrvtt-9k"], count=clips))
    run("export", trained / "run", tmp_path / "out", "--report", report)
    card = ModelCard.load(tmp_path / "out" / "README.md")
    assert "| SAVE, published | 216.2 |" in card.text
    name, results = model_index_to_eval_results(front_matter(card.content)["model-index"])
    results = {result.metric_type: result for result in results}
    rows = read_report(report).rows["all captions"]
    assert name == "out" and results["recall@1"].metric_value == round(rows["r1"].value, 2)
    assert results["sumr"].dataset_name == "test (msrvtt-9k, 900 of its 1,000 clips), speech by none"
    softened = reported(trained / "run" / "model", "msrvtt/test", "--dsl")
    run("export", trained / "run", tmp_path / "softened", "--report", softened)
    card = (tmp_path / "softened" / "README.md").read_text()
    assert "transductive" in card and "model-index" not in front_matter(card)


def test_the_card_has_no_paths_of_this_machine(run, trained, reported, tmp_path):
    bank = ["--querybank", trained / "data" / "train"]
    report = reported(trained / "run" / "model", "data/test", *bank)
    assert "jane doe" in (report / "report.md").read_text()
    run("export", trained / "run", tmp_path / "out", "--report", report)
    card = (tmp_path / "out" / "README.md").read_text()
    assert "captions of train, inverse temperature" in card
    for file in (tmp_path / "out").iterdir():
        for part in (tmp_path.name, "jane doe", str(Path.home()) + "/"):
            assert part.encode() not in file.read_bytes(), file


def test_texts_of_a_recipe_do_not_break_the_card(run, trained, tmp_path):
    run_folder = shutil.copytree(trained / "run", tmp_path / "run")
    odd = "/home/jane/```\n---\n# <script>: 'x'\t| ```` {a: *b}"
    changes = {"towers": odd, "recogniser": "whisper:/home/jane/x"}
    recipe = json.loads((run_folder / "recipe.json").read_text()) | changes
    (run_folder / "recipe.json").write_text(json.dumps(recipe))
    out = tmp_path / "a|b *c* <i> [d](e): #"
    assert run("export", run_folder, out).code == 0
    card = (out / "README.md").read_text()
    assert "\n# a\\|b \\*c\\* \\<i\\> \\[d\\](e): \\#\n" in card
    assert front_matter(card)["library_name"] == "hearsight"
    fence = next(line for line in card.splitlines() if line.endswith("`yaml") and len(line) > len("```yaml"))
    ticks = fence.removesuffix("yaml")
    printed = card.partition(f"{fence}\n")[2].partition(f"\n{ticks}\n")[0]
    assert ticks not in printed
    printed = yaml.safe_load(printed)
    assert printed["towers"] == odd.removeprefix("/home/jane/") and printed["recogniser"] == "whisper:x"
    assert printed["seed"] == 7 and "jane" not in card


def test_models_and_data_sets_of_the_hub_are_listed(run, trained, tmp_path, monkeypatch):
    run_folder = shutil.copytree(trained / "run", tmp_path / "run")
    changes = {"towers": "openai/clip", "audio": "models/ast", "dataset": "msrvtt-9k", "data": "/home/jane/msrvtt"}
    recipe = json.loads((run_folder / "recipe.json").read_text()) | changes
    (run_folder / "recipe.json").write_text(json.dumps(recipe))
    snapshot = tmp_path / "cache" / "models--openai--clip" / "snapshots" / "0000"
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text("{}")
    refs = tmp_path / "cache" / "models--openai--clip" / "refs"
    refs.mkdir()
    (refs / "main").write_text("0000")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("huggingface_hub.file_download.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    run("export", run_folder, tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text()
    assert front_matter(card)["base_model"] == ["openai/clip"]  # and not what may be a folder of this machine
    assert "datasets" not in front_matter(card)  # these clips are not there to be looked at
    assert block(card, "Of paths in the recipe")["audio"] == "ast"
    assert "clips of which no more is known" in card


def test_the_card_says_that_clips_are_generated(run, trained, tmp_path):
    folder = shutil.copytree(trained, tmp_path / "trained")
    recipe = json.loads((folder / "run" / "recipe.json").read_text()) | {"data": str(folder / "data")}
    (folder / "run" / "recipe.json").write_text(json.dumps(recipe))
    (folder / "data" / "train" / "soundstage.json").write_text("{}")
    run("export", folder / "run", tmp_path / "out")
    assert "trained on 16 clips that Soundstage generated" in (tmp_path / "out" / "README.md").read_text()
    with (folder / "data" / "train" / "manifest.jsonl").open("a") as manifest:
        manifest.write("\n")
    run("export", folder / "run", tmp_path / "again")  # now these need not be the clips that it was trained on
    card = (tmp_path / "again" / "README.md").read_text()
    assert "Soundstage generated" not in card and "no more is known" in card


@pytest.mark.parametrize("disguised", [False, True])
@pytest.mark.parametrize("elsewhere", [False, True])
def test_the_card_finds_a_checked_data_set(run, trained, tmp_path, disguised, elsewhere):
    """The recipe's data are the data set's folder, or the folder that `check --out` made."""
    folder = tmp_path / "checked" if elsewhere else tmp_path / "root" / "hearsight" / "msrvtt-9k"
    shutil.copytree(trained / "data", folder)
    splits = {"train": {"clips": 20, "good": 16}}
    write_note(folder, {"dataset": "msrvtt-9k", "root": "/", "disguised": disguised, "splits": splits})
    run_folder = shutil.copytree(trained / "run", tmp_path / "run")
    changes = {"dataset": "msrvtt-9k", "data": str(folder if elsewhere else tmp_path / "root")}
    recipe = json.loads((run_folder / "recipe.json").read_text()) | changes
    (run_folder / "recipe.json").write_text(json.dumps(recipe))
    run("export", run_folder, tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text()
    assert ("trained on 16 clips that Soundstage generated" in card) == disguised
    assert ("trained on 16 of the 20 training clips of its data set" in card) != disguised
    assert front_matter(card).get("datasets") == (None if disguised else ["msrvtt-9k"])


def test_without_validation_it_is_the_last_epoch(run, tmp_path):
    recipe = made_up_recipe(tmp_path, epochs=1)
    shutil.rmtree(tmp_path / "data" / "validation")
    train(recipe, tmp_path / "run")
    run("export", tmp_path / "run", tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text()
    assert "no validation split to choose an epoch by. It is the last epoch" in card
    assert "too high as an estimate" not in card


def test_a_run_that_was_stopped_says_so(run, trained, tmp_path):
    run_folder = shutil.copytree(trained / "run", tmp_path / "run")
    lines = (run_folder / "metrics.jsonl").read_text().splitlines(keepends=True)
    first = next(index for index, line in enumerate(lines) if "validation" in line)
    (run_folder / "metrics.jsonl").write_text("".join(lines[: first + 1]) + '{"step": 3, "contr')  # killed in a line
    run("export", run_folder, tmp_path / "out")
    assert "Training was stopped after 1 of 3 epochs." in (tmp_path / "out" / "README.md").read_text()


@pytest.mark.parametrize("method", ["clip4clip", "avigate"])
def test_the_card_of_a_model_alone_says_what_is_not_recorded(run, tmp_path, method):
    tiny_model(tmp_path / "model", method)
    assert run("export", tmp_path / "model", tmp_path / "out").code == 0
    card = (tmp_path / "out" / "README.md").read_text()
    assert "What it was trained on is not recorded" in card and "yaml" not in card
    assert ("does not hear" in card) == (method == "clip4clip")
    assert ("does not read what is said" in card) == (method == "avigate")
    assert ("audio" in front_matter(card)["tags"]) == (method == "avigate")


def test_the_model_of_a_run_alone_is_exported_with_a_hint(run, trained, tmp_path):
    ran = run("export", trained / "run" / "model", tmp_path / "out")
    assert ran.code == 0 and str(trained / "run") in ran.err
    assert "not recorded in its folder" in (tmp_path / "out" / "README.md").read_text()


def test_the_card_of_towers(run, tmp_path):
    tiny_model(tmp_path / "run" / "model", "avigate")
    recipe = {"kind": "towers", "start": "/home/jane/towers", "scenes": 6, "sounded": 6, "steps": 2}
    (tmp_path / "run" / "recipe.json").write_text(json.dumps(recipe))
    run("export", tmp_path / "run", tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text()
    assert (
        "not a method themselves" in card
        and "the last of 2 steps" in card
        and "trained on clips that Soundstage" in card
    )
    assert "jane" not in card


def test_a_report_of_another_model_is_refused(run, trained, reported, tmp_path):
    second = hearsight.load(trained / "run" / "model")
    second.frame_position.weight.data += 1
    second.save_pretrained(tmp_path / "other" / "model")
    report = reported(tmp_path / "other" / "model")
    ran = run("export", trained / "run", tmp_path / "out", "--report", report)
    assert ran.code == 1 and "is of another model" in ran.err and "evaluate this model" in ran.err
    ranks = json.loads((report / "ranks.json").read_text())
    for ranking in ranks["rankings"]:
        del ranking["model"]  # as reports were
    (report / "ranks.json").write_text(json.dumps(ranks))
    ran = run("export", trained / "run", tmp_path / "out", "--report", report)
    assert ran.code == 1 and "does not record which model it is of" in ran.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["empty", "out"], "no model.safetensors in empty"),
        (["begun", "out"], "no model.safetensors in begun/model"),
        (["run", "full"], "nothing is overwritten"),
        (["run", "run/recipe.json"], "nothing is overwritten"),
        (["run", "run/recipe.json/out"], "cannot write"),
        (["run", "out", "--report", "empty"], "cannot read a report in empty"),
        (["damaged", "out"], "a file of the run is damaged"),
        (["unread", "out"], "a file of the run is damaged"),
        (["cut", "out"], "its weights are damaged"),
        (["wordless", "out"], "has no vocabulary to export"),
    ],
)
def test_an_error_leaves_no_files(run, trained, tmp_path, monkeypatch, words, says):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    for name in ("run", "damaged", "unread"):
        shutil.copytree(trained / "run", tmp_path / name)
    for name in ("cut", "wordless"):
        shutil.copytree(trained / "run" / "model", tmp_path / name)
    (tmp_path / "damaged" / "recipe.json").write_text('{"kind": "method"}')
    (tmp_path / "unread" / "metrics.jsonl").write_text('{"step": 1, "validation": {}}\n')
    (tmp_path / "cut" / "model.safetensors").write_bytes(b"cut")
    (tmp_path / "wordless" / "tokenizer.json").unlink()
    for name in ("empty", "begun", "full"):
        (tmp_path / name).mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    shutil.copy(trained / "run" / "recipe.json", tmp_path / "begun")
    before = sorted(tmp_path.rglob("*"))
    ran = run("export", *words)
    assert (ran.code, ran.out) == (1, "")
    assert says in ran.err and ran.err.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_a_missing_folder_is_not_searched_on_the_hub(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("export", "runs/save", "out").code == 2


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_an_interruption_leaves_no_files(run, trained, tmp_path, monkeypatch, error):
    def fail(*args):
        raise error

    monkeypatch.setattr("hearsight.research.model_card.export.card", fail)
    ran = run("export", trained / "run", tmp_path / "out")
    assert ran.code == (130 if isinstance(error, KeyboardInterrupt) else 1)
    assert "stopped" in ran.err or "No space left on device; make room" in ran.err
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("house_methods")
def test_the_card_of_a_plugins_method_says_how_to_load_it(run, tmp_path):
    (tmp_path / "mine.py").write_text(
        "import hearsight\nfrom hearsight.models.methods.save import SAVE\n\n"
        "hearsight.register('my_method')(type('Mine', (SAVE,), {}))\n"
    )
    tiny_model(tmp_path / "model")
    config = tmp_path / "model" / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"method": "my_method"}))
    ran = run("--plugin", tmp_path / "mine.py", "export", tmp_path / "model", tmp_path / "out")
    assert (ran.code, ran.err) == (0, "")
    card = (tmp_path / "out" / "README.md").read_text()
    assert "A model of my\\_method, a method that is not part of Hearsight." in card
    use = card.partition("## How to use it")[2].partition("## ")[0]
    assert "hearsight.register" in use and "hearsight --plugin FILE" in use
    tiny_model(tmp_path / "ours")
    run("export", tmp_path / "ours", tmp_path / "of-ours")
    assert "--plugin" not in (tmp_path / "of-ours" / "README.md").read_text()


def test_each_built_in_method_has_an_introduction():
    assert INTRODUCTIONS.keys() == METHODS.builtin.keys() - {"words"}  # which has nothing to export
