"""Search results as files: for editing programs and spreadsheets, and as clips cut out of their files.

    from hearsight.library.cut_lists import save_cut_list

    save_cut_list(library.search("a bell rings"), "bells.edl")

The formats need nothing but the hits and their files, so a client of a server can write them, too.
"""

from hearsight.library.cut_lists.clips import save_clips
from hearsight.library.cut_lists.formats import FORMATS, Format, check_cut_list, save_cut_list
from hearsight.library.cut_lists.sentences import cut_at_sentences

__all__ = ["FORMATS", "Format", "check_cut_list", "cut_at_sentences", "save_clips", "save_cut_list"]
