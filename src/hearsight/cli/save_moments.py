"""Saves the moments of a search: as a cut list, and as clips."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hearsight.cli import console
from hearsight.errors import HearsightError

if TYPE_CHECKING:
    from hearsight.library import Collection, Library, SearchResult


@dataclass(frozen=True)
class Saving:
    """What to save, and how. cut_at: "clips" or "sentences". exact: see `write_excerpt`."""

    cut_list: Path | None
    clips_folder: Path | None
    cut_at: str
    exact: bool
    overwrite: bool

    def check(self) -> None:
        """Raise HearsightError, before the search, for a cut list that cannot be saved, and for a useless option."""
        if self.cut_list is not None:
            from hearsight.library.cut_lists import check_cut_list

            check_cut_list(self.cut_list, self.overwrite)
        if self.exact and self.clips_folder is None:
            raise HearsightError("--exact is about saved clips; add --save-clips FOLDER")
        if self.cut_at != "clips" and self.clips_folder is None and self.cut_list is None:
            raise HearsightError("--cut-at is about saved moments; add --save FILE or --save-clips FOLDER")

    def run(self, library: Library | Collection, result: SearchResult, min_confidence: float | None) -> bool:
        """Save the moments that are not weak, or those that were asked for, and return whether all were saved.

        min_confidence: what was asked for. Notes on stderr say what is saved, and what is not.
        """
        if self.cut_list is None and self.clips_folder is None:
            return True
        if min_confidence is None:
            result = result.without_weak()
        if not result.hits and min_confidence is None:
            console.note("nothing is saved, because nothing matches; --min-confidence 0 saves weak matches, too")
        elif not result.hits:
            console.note(f"nothing is saved, because nothing has a confidence of {min_confidence:g} or more")
        if not result.hits:
            return True
        from hearsight.library.cut_lists import cut_at_sentences, save_clips, save_cut_list

        if self.cut_at == "sentences":
            result = cut_at_sentences(library, result)
        if self.cut_list is not None:
            saved = save_cut_list(result, self.cut_list, self.overwrite)
            pictures = len(result.hits) - saved
            without = f", without {console.format_count(pictures, 'picture')}" if pictures else ""
            console.note(f"saved {console.format_count(saved, 'moment')} to {self.cut_list}{without}")
        failures = 0
        if self.clips_folder is not None:
            for hit, outcome in save_clips(result, self.clips_folder, self.exact, self.overwrite):
                if isinstance(outcome, HearsightError):
                    failures += 1
                    console.note(f"error: rank {hit.rank}: {outcome}")
            clips = console.format_count(len(result.hits) - failures, "clip")
            console.note(f"saved {clips} in {self.clips_folder}")
        return not failures
