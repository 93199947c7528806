"""Shorten paths to their last part, so that a published card does not show the folders of a machine."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from hearsight.models.hub import is_on_hub
from hearsight.research.evaluation.report import Report


def last_part(text: str) -> str:
    """Return the last part of a path; for a recogniser such as "whisper:/models/small", "whisper:small"."""
    return re.sub(r"^(whisper:)?.*[/\\](?=.)", r"\1", text.rstrip("/\\"), flags=re.DOTALL)


def anonymise(values: Any) -> Any:
    """Return a recipe's values with shortened paths; names on the hub stay as they are."""
    if isinstance(values, dict):
        return {key: anonymise(value) for key, value in values.items()}
    if isinstance(values, list):
        return [anonymise(value) for value in values]
    return last_part(values) if isinstance(values, str) and not is_on_hub(values) else values


def anonymise_report(report: Report, method: str) -> Report:
    """Return a report of `hearsight evaluate` with shortened paths. method: a name to use instead of its folder."""
    data, separator, recogniser = report.data.rpartition(", speech by ")
    rankings = [
        # The description of a querybank has the folder of its captions.
        each if each.normalisation is None else replace(each, normalisation=_anonymise_bank(each.normalisation))
        for each in report.rankings
    ]
    return replace(report, method=method, data=last_part(data) + separator + last_part(recogniser), rankings=rankings)


def _anonymise_bank(normalisation: str) -> str:
    return re.sub(r"( captions of ).*[/\\](?=.)", r"\1", normalisation, flags=re.DOTALL)
