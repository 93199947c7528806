"""The papers' claims on Soundstage, from nothing to docs/soundstage.md: `make soundstage-report`.

Every step keeps what it made and goes on where an earlier run was stopped.
"""

from __future__ import annotations

import argparse

from gates import measure_gates
from report import write_page
from runs import ABLATIONS, METHODS, measure, prepare, train
from searching import measure_search
from timing import measure_timing

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=("mini", "standard"), default="standard", help="of Soundstage")
    chosen = parser.parse_args()
    rows = (*METHODS, *ABLATIONS)
    prepare(chosen.size)
    train(rows)
    measure(rows)
    measure_gates(METHODS[2:])
    measure_search(METHODS[-1])
    measure_timing(METHODS[-1])
    write_page()
