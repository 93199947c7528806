"""Remove the transcripts and features of clips that have changed although their ids are the same."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

from hearsight.research.datasets.journal import read_journal
from hearsight.util.atomic import write_atomic


def invalidate(split: Path, ids: Collection[str]) -> None:
    """Remove clips from a split's transcripts and stored features, which are computed again when next needed."""
    if not ids:
        return
    for journal in split.glob("transcripts.*.jsonl"):
        rows = [row for row in read_journal(journal) if row.get("id") not in ids]
        write_atomic(journal, "".join(json.dumps(row) + "\n" for row in rows))
    if (split / "features").is_dir():
        from hearsight.util.lazy_lancedb import lancedb  # imported late: most checks have nothing to remove

        features = lancedb.connect(str(split / "features"))
        quoted = ", ".join("'" + id.replace("'", "''") + "'" for id in sorted(ids))
        for table in (split / "features").glob("*.lance/_versions"):
            features.open_table(table.parent.stem).delete(f"id IN ({quoted})")
