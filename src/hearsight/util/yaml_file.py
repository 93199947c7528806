"""Read YAML that may be a stranger's: without aliases, of which a few lines make more values than a memory holds."""

from __future__ import annotations

from typing import Any

import yaml

LARGEST = 64 << 10  # bytes; a recipe has some hundred, and a million brackets take minutes


class _PlainLoader(yaml.SafeLoader):  # type: ignore[misc]  # yaml has no types
    """Builds plain values, and refuses what refers to other values."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("it has an alias (*), which is not supported")
        return super().compose_node(parent, index)


def parse_yaml(content: bytes | str) -> Any:
    """Return the values of a document. Raises ValueError for one that is no YAML, has aliases, or is too large."""
    if len(content) > LARGEST:
        raise ValueError(f"it has over {LARGEST >> 10} kB")
    try:
        return yaml.load(content, _PlainLoader)
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(" ".join(str(error).split())) from error
