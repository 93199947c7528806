"""What was made of clips that are others now, though their ids are the same, taken out: it would be of the old ones."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

from hearsight.research.datasets.journal import read_journal
from hearsight.util.atomic import write_atomic


def forget(split: Path, ids: Collection[str]) -> None:
    """Take these clips out of a split's transcripts and stored features. Both are made anew when asked for."""
    if not ids:
        return
    for journal in split.glob("transcripts.*.jsonl"):
        kept = [row for row in read_journal(journal) if row.get("id") not in ids]
        write_atomic(journal, "".join(json.dumps(row) + "\n" for row in kept))
    if (split / "features").is_dir():
        from hearsight.util.lancedb import lancedb  # only here: most checks have nothing to forget

        features = lancedb.connect(str(split / "features"))
        quoted = ", ".join("'" + id.replace("'", "''") + "'" for id in sorted(ids))
        for table in (split / "features").glob("*.lance/_versions"):
            features.open_table(table.parent.stem).delete(f"id IN ({quoted})")
