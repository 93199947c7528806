"""Write a model card: README.md as the Hugging Face hub reads it, from facts recorded in the model's folders."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from huggingface_hub import EvalResult, ModelCardData

from hearsight.models.base import VideoTextModel
from hearsight.models.hub import is_on_hub
from hearsight.models.summary import sizes
from hearsight.research.datasets.readers import READERS, TABLE
from hearsight.research.evaluation.protocols import PROTOCOLS
from hearsight.research.evaluation.ranking import ALL
from hearsight.research.evaluation.report import Report
from hearsight.research.evaluation.tables import HEADINGS, as_markdown, escaped
from hearsight.research.model_card.anonymise import anonymise
from hearsight.research.model_card.history import History
from hearsight.research.model_card.limits import limits
from hearsight.research.training.recipe import MethodRecipe, TowersRecipe
from hearsight.version import VERSION

INTRODUCTIONS = {
    "clip4clip": "CLIP4Clip (arXiv 2104.08860), which finds clips by what is seen in them",
    "blind": "blind fusion, which is AVIGATE (arXiv 2504.02397) with every gate at 1: it finds clips by what is seen "
    "and heard in them",
    "avigate": "AVIGATE (arXiv 2504.02397), which finds clips by what is seen and heard in them",
    "save": "SAVE (arXiv 2603.08224), which finds clips by what is seen, heard and said in them",
    "chorus": "Chorus, Hearsight's own method, which finds clips by what is seen, heard and said in them",
    "pe-av": "PE-AV (arXiv 2512.19687), which finds clips by what is seen and heard in them",
}
REGISTERED_FIRST = (
    "The file that registers its method (`hearsight.register`) has to be run first: import it before `hearsight.load`, "
    "and name it to each command, as in `hearsight --plugin FILE index ...`."
)
USE = """```python
import hearsight

model = hearsight.load("org/name")  # where this is on the hub, or the folder that this card is in
text = model.encode_text(model.tokenize(["a bell rings"]))
```

    hearsight index FOLDER --model org/name
    hearsight search "a bell rings" --in FOLDER"""
USE_OF_TOWERS = """    hearsight train soundstage --out RUN --set data=FOLDER --set towers=org/name"""
INDEXED = {"r1": "recall@1", "r5": "recall@5", "r10": "recall@10", "median_rank": "median_rank", "sumr": "sumr"}
NO_TESTS = ("train", "validation")


@dataclass(frozen=True)
class Measured:
    """A report without paths, and the file of its figure in the model's folder."""

    report: Report
    figure: str


def card(
    name: str, model: VideoTextModel, size: int, history: History | None = None, measured: Sequence[Measured] = ()
) -> str:
    """Return the card in Markdown. size: of the weights, in bytes."""
    parts = [
        f"---\n{front_matter(name, model, history, measured)}\n---",
        f"# {escaped(name)}",
        f"{_introduction(model, history)} It was made with Hearsight.",
        _sizes(model, size),
        "## How to use it",
        *([] if _is_built_in(model) else [REGISTERED_FIRST]),
        USE_OF_TOWERS if _is_towers(history) else USE,
        "## How well it finds",
        *_numbers(history, measured),
        "## How it was trained",
        *_training(history),
        "## Limits",
        "\n".join(f"- {limit}" for limit in limits(model, history)),
    ]
    return "\n\n".join(parts) + "\n"


def front_matter(name: str, model: VideoTextModel, history: History | None, measured: Sequence[Measured]) -> str:
    """Return the YAML header for the hub. Base models and data sets are listed if they are public."""
    recipe = history.recipe if history and isinstance(history.recipe, MethodRecipe) else None
    towers = [tower for tower in (recipe.towers, recipe.audio) if tower and is_on_hub(tower)] if recipe else []
    clips = history.clips() if history else None
    real = clips is not None and not clips.generated  # a disguise also has the name of the data set
    dataset = recipe.dataset if recipe and real else None
    if dataset == TABLE or (dataset and dataset not in READERS):
        dataset = None
    results = [result for each in measured for result in _results(each.report)]
    data = ModelCardData(
        library_name="hearsight",
        tags=["video-retrieval", "text-to-video-retrieval", *model.branches, model.config.method],
        base_model=towers or None,
        datasets=[dataset] if dataset else None,
        model_name=name if results else None,
        eval_results=results or None,
    )
    return data.to_yaml().strip()


def _results(report: Report) -> list[EvalResult]:
    """Return results for the hub's own tables.

    Those show neither the number of clips nor a normalisation. So a result is listed only if it is of the complete test
    of a public data set, without normalisation.
    """
    if not report.dataset or report.rankings[0].normalisation:
        return []
    if report.clips != PROTOCOLS[report.dataset].count:  # or the number is not known
        return []
    return [
        EvalResult(
            task_type="text-to-video-retrieval",
            dataset_type=report.dataset,
            dataset_name=report.data,
            metric_type=kind,
            metric_name=HEADINGS[metric],
            metric_value=round(report.rows[ALL][metric].value, 2),
        )
        for metric, kind in INDEXED.items()
    ]


def _introduction(model: VideoTextModel, history: History | None) -> str:
    if _is_towers(history):
        return "An image, an audio and a text tower, for training a method on them. They are not a method themselves."
    if not _is_built_in(model):
        return f"A model of {escaped(model.config.method)}, a method that is not part of Hearsight."
    return f"A model of {INTRODUCTIONS[model.config.method]}."


def _is_built_in(model: VideoTextModel) -> bool:
    return model.config.method in INTRODUCTIONS


def _is_towers(history: History | None) -> bool:
    return history is not None and isinstance(history.recipe, TowersRecipe)


def _sizes(model: VideoTextModel, size: int) -> str:
    parameters = sum(parameter.numel() for parameter in model.parameters())
    rows = sizes(model.config) | {
        "parameters": f"{parameters:,}",
        "weights": f"{size / 1e6:,.1f} MB",
        "fingerprint": model.fingerprint,
    }
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items())])


def _numbers(history: History | None, measured: Sequence[Measured]) -> list[str]:
    if not measured:
        warning = "The SumR below was used to choose its epoch, and so is not a test result."
        return [f"It was not measured on a test. {warning if history and history.sumr else ''}".strip()]
    parts = []
    for each in measured:
        parts.append(as_markdown(each.report, level=3).strip())
        folder = each.report.data.split(" (")[0].split(", ")[0]
        if folder in NO_TESTS:
            parts.append(
                f"**This is not a test:** the clips are in a folder called {folder}, so the numbers may be too high."
            )
        parts.append(f"![Recall by kind of caption]({each.figure})")
    return parts


def _training(history: History | None) -> list[str]:
    if history is None:
        return ["This is not recorded in its folder."]
    parts = [
        _selection(history),
        f"Its seed is {history.recipe.seed}. Of paths in the recipe, only the last part is shown:",
        _yaml(anonymise(history.recipe.model_dump())),
    ]
    if history.versions:
        parts += ["Software versions, in the order of its starts:", _yaml(history.versions)]
    if history.inputs:
        parts += ["Fingerprint of its towers, and SHA-256 of its manifests and transcripts:", _yaml(history.inputs)]
    return [*parts, f"This card was written by Hearsight {VERSION}."]


def _selection(history: History) -> str:
    """Say which epoch the model is of, and how it was chosen."""
    recipe = history.recipe
    if not isinstance(recipe, MethodRecipe):
        return f"It is the model after the last of {recipe.steps:,} steps; no validation split was used."
    if not history.sumr:
        return (
            "The data have no validation split to choose an epoch by. It is the last epoch that was finished, of "
            f"{recipe.epochs} in the recipe."
        )
    done = len(history.sumr)
    stopped = "" if done == recipe.epochs else f" Training was stopped after {done} of {recipe.epochs} epochs."
    return (
        f"Epoch {history.best} of {done} was chosen by SumR on the validation split, {max(history.sumr):.1f}. That "
        f"number is too high as an estimate: it is the best of {done}, on the clips it was chosen by.{stopped}"
    )


def _yaml(values: Any) -> str:
    """Return values as a fenced YAML block, with a fence longer than any in the text."""
    text = yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=110)
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}yaml\n{text}{fence}"
