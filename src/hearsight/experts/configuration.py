"""Configurations: which experts search a library together, by a name such as "everyday" or in a file of one's own."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import yaml

from hearsight.errors import HearsightError
from hearsight.experts.clap import DEFAULT_MODEL as CLAP
from hearsight.experts.registry import DEFAULT as WORDS
from hearsight.experts.registry import NONE
from hearsight.experts.sentences import KIND as SENTENCES
from hearsight.experts.sound_registry import HUB_SOUNDS
from hearsight.models.catalog import BUNDLED, CLIP
from hearsight.models.hub import is_file, local_folder
from hearsight.util.bounded_file import read_bounded
from hearsight.util.yaml_file import LARGEST, parse_yaml

SUFFIXES = (".yaml", ".yml", ".json")
EVERYDAY = "everyday"


@dataclass(frozen=True)
class Configuration:
    """The experts that search a library together, each in a space of its own.

    seen: a video model, as `hearsight.load` takes it. heard: a sound expert. said: an expert for the meaning of what is
    said. "none" for no expert.
    """

    seen: str = NONE
    heard: str = NONE
    said: str = WORDS

    def to_yaml(self) -> str:
        """Return the content of a file that `read` reads."""
        return str(yaml.safe_dump(asdict(self), sort_keys=False))

    @classmethod
    def read(cls, file: Path) -> Configuration:
        """Read a YAML or JSON file. Folders in it count from its own.

        Raises HearsightError for one that cannot be read, or names what does not exist.
        """
        try:
            content = read_bounded(file, LARGEST)  # whose encoding is detected: PowerShell writes UTF-16
            values = json.loads(content) if file.suffix == ".json" else parse_yaml(content)
        except (OSError, ValueError, RecursionError) as error:
            reason = " ".join(str(error).split())
            raise HearsightError(f"cannot read {file} ({reason}); see hearsight models show {EVERYDAY}") from error
        names = [field.name for field in fields(cls)]
        if not isinstance(values, dict) or not values or not all(map(_is_name, values.values())):
            raise HearsightError(
                f"{file} is no configuration; give a name for some of {', '.join(names)}, as hearsight models show "
                f"{EVERYDAY} prints them"
            )
        if unknown := [name for name in values if name not in names]:
            raise HearsightError(f"{file} has {unknown[0]!r}, which is none of {', '.join(names)}; remove it")
        folder = file.parent.resolve()
        return cls(**{sense: _from_folder(name, sense, folder) for sense, name in values.items()})


def _from_folder(name: str, sense: str, folder: Path) -> str:
    """Return the name of an expert with the whole path of a model that counts from a folder: "clap:./clap".

    "models/siglip" is a path where such a model is there; else a hub id.
    """
    kind, colon, path = ("", "", name) if sense == "seen" else name.partition(":")
    if kind not in ("", SENTENCES, *HUB_SOUNDS) or path in ("", BUNDLED, NONE) or path.startswith("~"):
        return name
    is_path = path.startswith(("./", "../")) or path in (".", "..")
    if not is_path and not is_file(folder / path / "config.json"):
        return name
    return f"{kind}{colon}{folder / path}"


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


CONFIGURATIONS = {
    EVERYDAY: Configuration(seen="google/siglip2-base-patch32-256", heard=f"clap:{CLAP}"),
    "everyday-english": Configuration(seen=CLIP, heard=f"clap:{CLAP}"),
}


def find_configuration(name: str) -> Configuration | None:
    """Return the configuration of a name or file; None for the name of a single model."""
    if name in CONFIGURATIONS:
        return CONFIGURATIONS[name]
    if not name.endswith(SUFFIXES) or local_folder(name):
        return None
    return Configuration.read(Path(name).expanduser() if is_file(name) else Path(name))
