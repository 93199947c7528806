"""calibration.json: what is derived from a library's clips so that scores can be compared; see experts/calibration.py.

It may be missing, damaged or outdated: then it is derived again.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from hearsight.experts.calibration import Null, Scale
from hearsight.library.tables.containment import read_text
from hearsight.library.tables.windows import of_text
from hearsight.util.atomic import write_atomic

FILE = "calibration.json"
# The names of scores; see search/calibrate.py. Those of texts are there only where pictures have been read.
SCALES = {"model", "seen", "heard", "said", "meaning", "sound"}
NULLS = SCALES | {"spoken", "all", "all, said", "all, heard"}
# These may be missing. An older Hearsight does not write the first: its `bank` is another one, and searches derive it.
# The second is there only where subtitles describe sounds.
OPTIONAL_NULLS = {"all, said and heard", "described"}
TEXT_SCALES = {"text"}
TEXT_NULLS = TEXT_SCALES | {"written", "all, read"}
LARGEST = 1e9  # of a number


@dataclass(frozen=True)
class Calibration:
    """The scales and nulls of a library.

    model: the fingerprint of its model. bank: the neutral queries, and how scores are put together
    (`source_of_nulls`). version: of the table of clips from which this is derived. experts, sounds: the fingerprints of
    the text experts and of the sound expert whose windows are stored. scales, nulls: by the name of a score; see
    search/calibrate.py. readers: the fingerprint of what has read the texts in pictures; {} where nothing has.
    """

    model: str
    bank: str
    version: int
    experts: dict[str, str]
    sounds: dict[str, str]
    scales: dict[str, Scale]
    nulls: dict[str, Null]
    readers: dict[str, str] = field(default_factory=dict)

    @property
    def windows(self) -> list[str]:
        """The names by which `Store.windows` has the windows of all experts."""
        return [*self.experts, *self.sounds, *(map(of_text, self.experts) if self.readers else ())]

    def write(self, location: Path) -> None:
        write_atomic(location / FILE, json.dumps(asdict(self), indent=2) + "\n")

    @classmethod
    def read(cls, location: Path) -> Calibration | None:
        """Return the calibration of a library; None if there is none that can be read."""
        try:
            values = json.loads(read_text(location / FILE))
            scales = {name: Scale(**scale) for name, scale in values["scales"].items()}
            nulls = {name: Null(**null) for name, null in values["nulls"].items()}
            named = {
                kind: {str(name): str(fingerprint) for name, fingerprint in fingerprints.items()}
                for kind, fingerprints in {
                    "experts": values["experts"],
                    "sounds": values["sounds"],
                    "readers": values.get("readers", {}),  # an older Hearsight has none
                }.items()
            }
            calibration = cls(**{**values, **named, "scales": scales, "nulls": nulls})
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None
        return calibration if calibration._is_usable() else None

    def _is_usable(self) -> bool:
        """Return whether no score is missing, and all numbers can be computed with."""
        numbers = [number for part in (*self.scales.values(), *self.nulls.values()) for number in vars(part).values()]
        return (
            set(self.scales) == SCALES | (TEXT_SCALES if self.readers else set())
            and set(self.nulls) | OPTIONAL_NULLS == NULLS | OPTIONAL_NULLS | (TEXT_NULLS if self.readers else set())
            and all(isinstance(number, int | float) and abs(number) < LARGEST for number in numbers)
            and all(null.spread > 0 for null in self.nulls.values())
        )
