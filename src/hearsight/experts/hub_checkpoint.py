"""Where the checkpoint of an expert is on this machine: a folder, or in the cache of the hub."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hearsight.errors import HearsightError
from hearsight.models.download import OLDER_WEIGHTS
from hearsight.models.hub import HubModel, cached_folder, has_weights

WEIGHTS = "model.safetensors"
WEIGHT_FILES = "model*.safetensors*"


@dataclass(frozen=True)
class CheckpointKind:
    """A kind of checkpoints.

    noun, architecture: what it is called in messages. needed: the files without which it cannot be used, besides the
    weights. optional: those that other programs leave out, and a download brings. other_files: patterns of the rest to
    download. older_weights: whether weights that are no safetensors will do. option: the choice of another, on the
    command line; prefix: before the colon of an expert's name. without_network: what to do without a network.
    """

    noun: str
    architecture: str
    needed: tuple[str, ...]
    optional: tuple[str, ...]
    other_files: tuple[str, ...]
    older_weights: bool
    option: str
    prefix: str
    without_network: str

    def absolute_name(self, name: str) -> str:
        """Return the name of a checkpoint, a folder or a hub id, in a form that is valid from any other folder."""
        folder = Path(name).expanduser()
        return str(folder.resolve()) if folder.is_dir() and ("/" in name or self._lacks(folder) is None) else name

    def download(self, name: str) -> None:
        """Make sure that a checkpoint that a person names is on this machine. Raises HearsightError if it cannot be."""
        if Path(name).is_absolute() and Path(name).is_dir():
            return
        self.on_hub(name).fetch()

    def on_hub(self, name: str) -> HubModel:
        """Return what is downloaded of a checkpoint with a hub id. Raises HearsightError for what is no hub id."""
        if name.count("/") > 1 or name.startswith((".", "/", "~")):
            raise HearsightError(f"no {self.noun} '{name}': no such folder; give a folder, or a hub id like 'org/name'")
        older = (OLDER_WEIGHTS,) if self.older_weights else ()
        files = (*self.needed, *self.optional, *self.other_files, WEIGHT_FILES, *older)
        return HubModel(name, files, lambda folder: self._lacks(folder) is None, self.optional, self.without_network)

    def locate(self, name: str) -> Path:
        """Return the folder of a checkpoint on this machine: nothing is downloaded, for the name may be a stranger's.

        Raises HearsightError for one that is missing or incomplete.
        """
        folder = Path(name) if Path(name).is_absolute() else cached_folder(name)
        if folder is None or not folder.is_dir():
            gone = Path(name).is_absolute()
            advice = "name its folder" if gone else f"download it with: hearsight models pull {self.prefix}:{name}"
            raise HearsightError(
                f"the {self.noun} {name} is not on this machine; {advice}, or choose another, with: hearsight index "
                f"FOLDER {self.option} {self.prefix}:NAME-OR-FOLDER"
            )
        if lacking := self._lacks(folder):
            raise HearsightError(
                f"no {self.noun} in {folder}: {lacking} is missing; give the folder of a {self.architecture} as the "
                "hub has it, or download it again"
            )
        return folder

    def _lacks(self, folder: Path) -> str | None:
        """Return the name of a file that a folder lacks to be a checkpoint."""
        try:
            missing = [name for name in self.needed if not (folder / name).is_file()]
            if missing or has_weights(folder) or (self.older_weights and (folder / OLDER_WEIGHTS).is_file()):
                return missing[0] if missing else None
        except (HearsightError, OSError):  # the list of the weights' files is damaged
            pass
        return WEIGHTS
