"""Models of the Hugging Face hub: which files they have, and where they are in its cache."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hearsight.errors import HearsightError
from hearsight.models.download import OLDER_WEIGHTS, PATIENCE, USE_NONE, download, look_up
from hearsight.towers.config import METACLIP, PE_AV, SIGLIP
from hearsight.util.json_files import read_json
from hearsight.util.progress import Progress

TOKENIZER_FILES = ["tokenizer*", "vocab.json", "merges.txt", "special_tokens*"]
PICTURE_FILES = ["preprocessor_config.json", "processor_config.json"]
VIDEO_FILES = ["video_preprocessor_config.json"]  # of PE-AV
TOWER_FILES = ["config.json", "model*.safetensors*", OLDER_WEIGHTS]
MODEL_FILES = [*TOWER_FILES, *PICTURE_FILES, *VIDEO_FILES, *TOKENIZER_FILES]


def local_folder(name: str | Path) -> Path | None:
    """Return the folder of a name, if there is one; None for a name that is no path, too."""
    try:
        folder = Path(name).expanduser()
        return folder if folder.is_dir() else None
    except (OSError, RuntimeError, ValueError):  # too long, no such user, a null
        return None


def is_file(name: str | Path) -> bool:
    """Return whether a name is that of a file; False for a name that is no path, too."""
    try:
        return Path(name).expanduser().is_file()
    except (OSError, RuntimeError, ValueError):
        return False


def is_hub_id(name: str) -> bool:
    """Return whether a name can be that of a model on the hub: safe to print as a part of a command."""
    return re.fullmatch(r"[\w.-]{1,96}/[\w.-]{1,96}", name, re.ASCII) is not None and not name.startswith((".", "-"))


def has_vocabulary(folder: Path) -> bool:
    """Return whether a folder has the files of a tokenizer."""
    return (folder / "tokenizer.json").is_file() or (folder / "vocab.json").is_file()


def has_model(folder: Path) -> bool:
    """Return whether a folder has a complete model: configuration, vocabulary, and all of its weights."""
    if not has_tower(folder):
        return False
    if read_json(folder / "config.json").get("model_type") in (SIGLIP, METACLIP, PE_AV):
        return (folder / "tokenizer.json").is_file() and any((folder / name).is_file() for name in PICTURE_FILES)
    return has_vocabulary(folder)


def has_tower(folder: Path) -> bool:
    """Return whether a folder has a complete tower: a model without a vocabulary."""
    older = (folder / OLDER_WEIGHTS).is_file() and not any(folder.glob("*.safetensors*"))
    return (has_weights(folder) or older) and (folder / "config.json").is_file()


def has_weights(folder: Path) -> bool:
    """Return whether a folder has all safetensors of a model. Raises HearsightError for a damaged list of them."""
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        parts = read_json(index).get("weight_map")
        if not isinstance(parts, dict) or not all(isinstance(part, str) for part in parts.values()):
            raise HearsightError(f"cannot read {index}: it has no weight_map; download the model again")
        return all((folder / part).is_file() for part in set(parts.values()))
    return any(folder.glob("*.safetensors"))


def is_on_hub(name: str) -> bool:
    """Return whether a name is the hub id of a downloaded model, and not a folder, which `load` would prefer."""
    if name.count("/") != 1 or name.startswith((".", "/", "~")) or name.endswith("/") or Path(name).is_dir():
        return False
    folder = cached_folder(name)
    return folder is not None and (folder / "config.json").is_file()


def locate_tower(name: str) -> Path:
    """Return the folder of an audio tower: one on disk, or from the hub (and its cache).

    Raises HearsightError for a name that is neither.
    """
    path = Path(name).expanduser()
    if path.is_dir():
        return path
    if name.count("/") != 1 or name.startswith((".", "/", "~")):
        raise HearsightError(f"no audio tower '{name}': no such folder; give a folder, or a hub id like 'org/name'")
    return HubModel(name, tuple(TOWER_FILES), has_tower).fetch()


def cached_folder(name: str) -> Path | None:
    """Return the folder of a hub model in the cache, which may have a part of it; None if there is none.

    Where the cache does not say which of its folders is the current one, as in a copy, it is the one with most files,
    or the newest of these.
    The hub's own library takes as long to import as a search takes, so this reads the cache itself. A name that is no
    hub id is in no cache: it may be a stranger's, and must not lead out of it.
    """
    from huggingface_hub import constants

    if not re.fullmatch(r"[\w.-]+(/[\w.-]+)?", name, re.ASCII):
        return None
    model = Path(constants.HF_HUB_CACHE) / f"models--{name.replace('/', '--')}"
    snapshots = model / "snapshots"
    try:
        current = (model / "refs" / "main").read_text("utf-8").strip()
        if current and (snapshots / current).is_dir():
            return snapshots / current
    except (OSError, ValueError):  # not there; characters that no file name has
        pass
    try:
        folders = [each for each in snapshots.iterdir() if each.is_dir()]
        return max(folders, key=lambda each: (len(list(each.iterdir())), each.stat().st_mtime), default=None)
    except OSError:
        return None


@dataclass(frozen=True)
class HubModel:
    """A model of the hub, and what Hearsight needs of it.

    name: its hub id. files: patterns of the files to download. is_usable: whether a folder has enough of them.
    optional: files that other programs leave out, and a download brings. otherwise: what can be done without a network,
    for a message.
    """

    name: str
    files: tuple[str, ...]
    is_usable: Callable[[Path], bool]
    optional: tuple[str, ...] = ()
    otherwise: str = USE_NONE

    def cached(self) -> Path | None:
        """Return its folder in the cache; None if the cache has too little of it."""
        folder = cached_folder(self.name)
        try:
            return folder if folder is not None and self.is_usable(folder) else None
        except (HearsightError, OSError, ValueError, TypeError, KeyError, AttributeError):  # damaged files
            return None

    def is_complete(self) -> bool:
        """Return whether the cache has all of it, with what other programs leave out."""
        folder = self.cached()
        return folder is not None and all((folder / name).is_file() for name in self.optional)

    def fetch(self, progress: Progress | None = None, again: bool = False, patience: float = PATIENCE) -> Path:
        """Return its folder, after downloading what is missing; with `again`, all of it.

        The hub is contacted only if the cache lacks something: other programs may have downloaded a part. patience:
        seconds until it has to answer.
        Raises HearsightError as `look_up` and `download` do, and if the hub has too little of it.
        """
        cached = None if again else self.cached()
        if cached is not None and self.is_complete():
            return cached
        try:
            missing = look_up(self.name, self.files, self.otherwise, patience, again)
            folder = download(missing, progress, self.otherwise, again)
        except HearsightError:
            if cached is None:
                raise
            return cached
        if not self.is_usable(folder):
            raise HearsightError(
                f"cannot use the model '{self.name}': the hub lacks some of its files, or it is of a kind that "
                "Hearsight cannot read; give another"
            )
        return folder


def video_model(name: str) -> HubModel:
    """Return what is needed of a video model with a hub id."""
    return HubModel(name, tuple(MODEL_FILES), has_model)
