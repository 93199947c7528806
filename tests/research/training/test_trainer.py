"""Training on stored features or on files, and continuing after a stop."""

import json
import math
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import hearsight
from hearsight.errors import HearsightError
from hearsight.research.datasets.split import Split
from hearsight.research.evaluation.retrieval import evaluate
from hearsight.research.training.initial_model import fresh_model
from hearsight.research.training.objective import Objective
from hearsight.research.training.run_folder import Run
from hearsight.research.training.trainer import train
from hearsight.speech import Transcript
from hearsight.types import Line
from tests.media_files import beep, grey, make_media
from tests.research.training.feature_data import made_up_recipe


def metrics(run) -> list[dict]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def losses(run) -> list[float]:
    return [line["contrast"] for line in metrics(run) if "contrast" in line]


@pytest.mark.parametrize("method", ["chorus", "save", "avigate", "blind", "clip4clip"])
def test_a_method_learns_and_its_model_loads(tmp_path, method):
    recipe = made_up_recipe(tmp_path, method=method, epochs=15)
    model = hearsight.load(train(recipe, tmp_path / "run"))
    values = losses(tmp_path / "run")
    assert sum(values[-4:]) < sum(values[:4])
    assert model.config.method == method
    # Four clips share each caption, so a ranking that is right puts the asked one among the first four.
    clips = Split(tmp_path / "data" / "validation").features(hearsight.load(recipe.towers), "none")
    assert evaluate(model, clips)["all captions"].r5 == 100


def test_chorus_reduces_its_own_loss(tmp_path):
    run = tmp_path / "run"
    train(made_up_recipe(tmp_path, method="chorus", losses={"few_voices": 1.0}, epochs=12), run)
    paid = [line["few_voices"] for line in metrics(run) if "few_voices" in line]
    assert paid[-1] < paid[0] < math.log(3) + 1e-4


def test_a_run_records_its_recipe_versions_and_metrics(tmp_path):
    recipe = made_up_recipe(tmp_path, epochs=1)
    train(recipe, tmp_path / "run")
    assert json.loads((tmp_path / "run" / "recipe.json").read_text()) == recipe.model_dump()
    assert json.loads((tmp_path / "run" / "versions.json").read_text())[0]["torch"] == torch.__version__
    assert [line["step"] for line in metrics(tmp_path / "run")] == [1, 2, 2]
    assert list((tmp_path / "run" / "tensorboard").iterdir())


KILLED = """
import os, signal, sys
from pathlib import Path
from hearsight.research.training.trainer import train
from hearsight.research.training.recipe import read_recipe

def progress(what, done, total, figures=None):
    if (what, done) == ("step", 3):
        os.kill(os.getpid(), signal.SIGKILL)

train(read_recipe(sys.argv[1]), Path(sys.argv[2]), progress=progress)
"""


def as_file(recipe, path):
    path.write_text(json.dumps(recipe.model_dump()))
    return str(path)


def outcome(run) -> dict[str, torch.Tensor]:
    """Return the parameters at the end of a run."""
    return torch.load(run / "state.pt", weights_only=True)["model"]


def test_a_killed_run_continues_to_the_same_bits(tmp_path):
    """It continues from a state before the step at which it was killed, or from that of the very step."""
    recipe = made_up_recipe(tmp_path, save_every=2, epochs=2, batch=5)  # of 3 updates
    straight, killed, stopped = (tmp_path / name for name in ("straight", "killed", "stopped"))
    train(recipe, straight)
    words = [sys.executable, "-c", KILLED, as_file(recipe, tmp_path / "recipe.yaml"), str(killed)]
    environment = {**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())}  # as many as here
    assert subprocess.run(words, env=environment).returncode == -signal.SIGKILL

    def stop(what, done, total, figures=None):
        if (what, done) == ("step", 3):
            raise KeyboardInterrupt

    each_step = recipe.model_copy(update={"save_every": 1})
    with pytest.raises(KeyboardInterrupt):
        train(each_step, stopped, progress=stop)
    for run, continued in ((killed, recipe), (stopped, each_step)):
        train(continued, run)
        parameters, expected = outcome(run), outcome(straight)
        assert all(torch.equal(tensor, parameters[name]) for name, tensor in expected.items())
        assert metrics(run) == metrics(straight)


def test_a_batch_must_be_shared_evenly(tmp_path):
    with pytest.raises(HearsightError, match="multiple of 3"):
        train(made_up_recipe(tmp_path, accumulation=3), tmp_path / "run")


def test_more_clips_are_needed_than_a_batch(tmp_path):
    with pytest.raises(HearsightError, match="16 clips to train on, too few for a batch of 17"):
        train(made_up_recipe(tmp_path, batch=17), tmp_path / "run")


def test_more_captions_are_needed_than_a_batch_of_them(tmp_path):
    recipe = made_up_recipe(tmp_path, batch=33, every_caption=True, audio_only=0)
    with pytest.raises(HearsightError, match="32 captions to train on, too few for a batch of 33"):
        train(recipe, tmp_path / "run")


def test_a_failed_start_does_not_claim_the_folder(tmp_path):
    recipe = made_up_recipe(tmp_path, epochs=1, batch=32)
    for wrong in (recipe, recipe.model_copy(update={"batch": 8, "data": "nowhere"})):
        with pytest.raises(HearsightError):
            train(wrong, tmp_path / "run")
    assert train(recipe.model_copy(update={"batch": 8}), tmp_path / "run").exists()


def test_a_run_without_results_may_be_restarted_with_another_recipe(tmp_path, monkeypatch):
    nan = {"contrast": torch.tensor(torch.nan)}
    recipe = made_up_recipe(tmp_path, epochs=1, recogniser="given", save_every=1)
    with pytest.raises(HearsightError, match="give another recogniser"):
        train(recipe, tmp_path / "run")
    assert (tmp_path / "run" / "recipe.json").exists()
    recipe = recipe.model_copy(update={"recogniser": "none"})
    with monkeypatch.context() as patch, pytest.raises(HearsightError, match="lower the learning rate"):
        patch.setattr(Objective, "forward", lambda *given: nan)
        train(recipe, tmp_path / "run")
    slower = recipe.model_copy(update={"learning_rate": 1e-3})
    with pytest.raises(HearsightError, match="another recipe"):
        Run(tmp_path / "run", slower, writes=False)  # the process that writes came first, with the recipe before
    manifest = Path(recipe.data) / "validation" / "manifest.jsonl"
    manifest.write_text(manifest.read_text().replace("\n", " \n", 1))
    train(slower, tmp_path / "run")
    assert json.loads((tmp_path / "run" / "recipe.json").read_text()) == slower.model_dump()


@pytest.mark.parametrize("name", ["state.pt", "model/model.safetensors", "pictures.npy"])
def test_results_are_not_mixed_with_another_recipe(tmp_path, name):
    recipe = made_up_recipe(tmp_path)
    Run(tmp_path / "run", recipe)
    (tmp_path / "run" / name).parent.mkdir(exist_ok=True)
    (tmp_path / "run" / name).touch()
    with pytest.raises(HearsightError, match="another recipe"):
        Run(tmp_path / "run", recipe.model_copy(update={"epochs": 9}))


def test_a_run_that_an_older_version_recorded_continues(tmp_path):
    recipe = made_up_recipe(tmp_path, epochs=1)
    train(recipe, tmp_path / "run")
    values = recipe.model_dump()
    options = {name: value for name, value in values.pop("options").items() if name != "positions"}
    values |= {"weighed": True, "questions": True, "absence": True, **options}  # as before recipes had sections
    file = tmp_path / "run" / "recipe.json"
    file.write_text(json.dumps({key: value for key, value in values.items() if key != "losses"}))
    train(recipe, tmp_path / "run")
    assert "weighed" in json.loads(file.read_text())


def test_a_folder_of_another_run_is_refused(tmp_path):
    recipe = made_up_recipe(tmp_path, epochs=1)
    train(recipe, tmp_path / "run")
    with pytest.raises(HearsightError, match="another recipe"):
        train(recipe.model_copy(update={"epochs": 2}), tmp_path / "run")


def test_a_run_does_not_continue_with_other_clips(tmp_path):
    recipe = made_up_recipe(tmp_path, epochs=1)
    train(recipe, tmp_path / "run")
    manifest = Path(recipe.data) / "validation" / "manifest.jsonl"
    manifest.write_text(manifest.read_text().replace("\n", " \n", 1))
    with pytest.raises(HearsightError, match="different clips, captions, transcripts, towers or teacher"):
        train(recipe, tmp_path / "run")


def test_a_run_does_not_continue_with_other_transcripts(tmp_path):
    recipe = made_up_recipe(tmp_path, epochs=1, recogniser="pocketsphinx")
    for split in ("train", "validation"):
        journal = tmp_path / "data" / split / "transcripts.pocketsphinx.jsonl"
        said = Transcript((Line(0.0, 1.0, "a doctor"),), "pocketsphinx").to_dict()
        rows = [{"id": f"clip{number}", "transcript": said} for number in range(16)]
        journal.write_text("".join(json.dumps(row) + "\n" for row in rows))
    train(recipe, tmp_path / "run")
    journal.write_text(journal.read_text().replace("doctor", "bicycle", 1))
    with pytest.raises(HearsightError, match="different clips, captions, transcripts, towers or teacher"):
        train(recipe, tmp_path / "run")
    train(recipe.model_copy(update={"method": "avigate"}), tmp_path / "deaf to words")


def test_towers_that_were_not_trained_together_are_not_a_teacher(tmp_path):
    recipe = made_up_recipe(tmp_path, audio="MIT/ast-finetuned-audioset-10-10-0.4593")
    with pytest.raises(HearsightError, match=r"set teacher to a folder .*, or soft_albef to 0"):
        train(recipe, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["state.pt", "metrics.jsonl"])
def test_a_damaged_run_is_an_error(tmp_path, name):
    recipe = made_up_recipe(tmp_path, epochs=1)
    train(recipe, tmp_path / "run")
    (tmp_path / "run" / name).write_text("damaged\n")
    with pytest.raises(HearsightError, match="damaged"):
        train(recipe, tmp_path / "run")


@pytest.mark.parametrize(
    ("captions", "changes", "message"),
    [
        ([], {}, "clip3 has no caption"),
        ([{"text": "a dog"}], {"mixed": 0.5}, "clip3 has no caption of the kind sight"),
    ],
)
def test_captions_that_cannot_be_trained_with(tmp_path, captions, changes, message):
    recipe = made_up_recipe(tmp_path, **changes)
    manifest = tmp_path / "data" / "train" / "manifest.jsonl"
    rows = [json.loads(line) for line in manifest.read_text().splitlines()]
    rows[3]["captions"] = captions
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(HearsightError, match=message):
        train(recipe, tmp_path / "run")


def test_audio_only_needs_captions_of_sound(tmp_path):
    recipe = made_up_recipe(tmp_path, audio_only=0.1)
    manifest = tmp_path / "data" / "train" / "manifest.jsonl"
    manifest.write_text(manifest.read_text().replace('"kind": "sound"', '"kind": "sight"'))
    with pytest.raises(HearsightError, match=r"no clip has a caption of the kinds sound, .* which audio_only"):
        train(recipe, tmp_path / "run")


def test_heads_must_fit(tmp_path):
    with pytest.raises(HearsightError, match="heads: 5"):
        train(made_up_recipe(tmp_path, options={"heads": 5}), tmp_path / "run")


def test_a_loss_that_is_not_finite_names_the_clips(tmp_path, monkeypatch):
    nan = {"contrast": torch.tensor(torch.nan)}
    monkeypatch.setattr(Objective, "forward", lambda *given: nan)
    with pytest.raises(HearsightError, match=r"step 1, clips clip\d+, clip\d+"):
        train(made_up_recipe(tmp_path), tmp_path / "run")


def test_frozen_towers_stay_as_they_are(tmp_path):
    recipe = made_up_recipe(tmp_path, epochs=1)
    towers = hearsight.load(recipe.towers)
    train(recipe, tmp_path / "run")
    trained = outcome(tmp_path / "run")
    for name, tensor in towers.state_dict().items():
        assert torch.equal(tensor, trained[name]) == name.startswith(("clip.model.vis", "ast.")), name


def test_towers_learn_from_files(tmp_path):
    """The published way: CLIP's transformers and AST's last norm learn, embeddings and first norms do not."""
    recipe = made_up_recipe(
        tmp_path, batch=4, epochs=2, frozen_towers=False, freeze_embeddings=True, mixed=0.5, precision="bfloat16"
    )
    for split in ("train", "validation"):
        folder = tmp_path / "data" / split
        manifest = (folder / "manifest.jsonl").read_text().splitlines(keepends=True)[:4]
        (folder / "manifest.jsonl").write_text("".join(manifest))
        for number in range(4):
            sounds = [beep(1, silence_before=0.2 * number)]
            make_media(folder / f"clip{number}.mp4", [grey(60 * number)] * 12, sounds=sounds, sound_codec="aac")
    towers = hearsight.load(recipe.towers).state_dict()
    train(recipe, tmp_path / "run")
    trained = outcome(tmp_path / "run")
    fixed = {name for name, tensor in towers.items() if name in trained and torch.equal(tensor, trained[name])}
    assert "clip.model.vision_model.encoder.layers.0.mlp.fc1.weight" not in fixed
    assert "ast.model.layernorm.weight" not in fixed
    assert {name for name in towers if ".embeddings." in name or ".pre_layrnorm." in name} <= fixed
    assert {name for name in towers if name.startswith("ast.model.layers.")} <= fixed


def test_new_modules_start_from_the_text_transformer(tmp_path):
    recipe = made_up_recipe(tmp_path, seed=1)  # tiny towers are made with seed 0: what is random differs from them
    towers = hearsight.load(recipe.towers)
    model = fresh_model(recipe, towers)
    layer = towers.clip.model.text_model.encoder.layers[0]
    for stack in (model.resampler, model.audio_fusion, model.speech_fusion):
        assert torch.equal(stack.blocks[0].mlp.expand.weight, layer.mlp.fc1.weight)
        assert torch.equal(stack.blocks[0].self_attention.in_proj_weight[:32], layer.self_attn.q_proj.weight)
    assert model.audio_fusion.blocks[0].cross_attention.in_proj_weight.std().item() == pytest.approx(0.02, rel=0.1)
