"""Search results as a table for spreadsheets."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import fields
from typing import Any

from hearsight.library.results import Hit, SearchResult

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def to_csv(result: SearchResult) -> str:
    """Return a table with a row for each hit and the columns of the JSON.

    Texts that a spreadsheet would take for a formula begin with an apostrophe.
    """
    hits: list[dict[str, Any]] = result.to_dict()["hits"]
    columns = list(hits[0]) if hits else [field.name for field in fields(Hit)]
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(columns)
    writer.writerows([_cell(hit[column]) for column in columns] for hit in hits)
    return table.getvalue()


def _cell(value: Any) -> Any:
    """Return a value as a cell. Numbers may begin with a minus sign, which does not make them a formula."""
    if isinstance(value, dict | list):
        return json.dumps(value)
    if not isinstance(value, str):
        return value
    text = value.encode(errors="replace").decode()
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
