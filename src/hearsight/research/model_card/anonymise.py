"""Paths as strangers may see them: their last part, without the folders of the machine that they are on."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from hearsight.models.hub import is_on_hub
from hearsight.research.evaluation.report import Report


def last_part(text: str) -> str:
    """Of a recogniser "whisper:/models/small", "whisper:small"."""
    return re.sub(r"^(whisper:)?.*[/\\](?=.)", r"\1", text.rstrip("/\\"), flags=re.DOTALL)


def unplaced(values: Any) -> Any:
    """A recipe's values; what is on the hub keeps its whole name."""
    if isinstance(values, dict):
        return {key: unplaced(value) for key, value in values.items()}
    if isinstance(values, list):
        return [unplaced(value) for value in values]
    return last_part(values) if isinstance(values, str) and not is_on_hub(values) else values


def unplaced_report(report: Report, method: str) -> Report:
    """A report of `hearsight evaluate`, whose model has a name instead of a folder."""
    where, by, recogniser = report.data.rpartition(", speech by ")
    rankings = [
        # A querybank is told by the folder of its captions.
        each if each.normalisation is None else replace(each, normalisation=_unplaced_bank(each.normalisation))
        for each in report.rankings
    ]
    return replace(report, method=method, data=last_part(where) + by + last_part(recogniser), rankings=rankings)


def _unplaced_bank(normalisation: str) -> str:
    return re.sub(r"( captions of ).*[/\\](?=.)", r"\1", normalisation, flags=re.DOTALL)
