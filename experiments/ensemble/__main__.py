"""How experts in spaces of their own rank together, on Soundstage, from nothing to docs/listening.md.

    python experiments/ensemble --validation    # what the constants of experts/ensemble.py are chosen by
    python experiments/ensemble                 # the test, and the page

Two pairs of towers are trained apart, pictures with texts and sounds with texts, as public models are; static vectors
of words compare what is said. Every step keeps what it made and goes on where an earlier run was stopped.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from confidences import measure_confidence
from inputs import APART, CHORUS, DATA, SAVE, library_of, prepare
from listening_page import print_tables, write_page
from rankings import reports

from hearsight.research.datasets.split import Split

PAGE = Path("docs/listening.md")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--validation", action="store_true", help="print the tables of validation, and stop")
    chosen = parser.parse_args()
    prepare()
    split = Split(DATA / ("validation" if chosen.validation else "test"))
    libraries = {name: library_of(split, name) for name in (APART, CHORUS, SAVE)}
    ranks = {name: reports(library, split) for name, library in libraries.items()}
    confidence = {name: measure_confidence(library, split) for name, library in libraries.items()}
    if chosen.validation:
        print_tables(ranks, confidence)
    else:
        write_page(PAGE, ranks, confidence)


if __name__ == "__main__":
    main()
