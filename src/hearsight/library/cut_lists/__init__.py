"""Search results as files for editing programs and spreadsheets, and as clips cut out of their files.

from hearsight.library.cut_lists import save_cut_list

save_cut_list(library.search("a bell rings"), "bells.edl")
"""

from hearsight.library.cut_lists.formats import FORMATS, Format, format_of, save_cut_list

__all__ = ["FORMATS", "Format", "format_of", "save_cut_list"]
