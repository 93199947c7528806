"""The papers' claims on Soundstage, from nothing to docs/soundstage.md: `make soundstage-report`.

Every step keeps what it made and goes on where an earlier run was stopped.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from gate_values import measure_gates, measure_weights
from method_costs import measure_timing
from report import write_page
from runs import CHORUS, CHORUS_WITHOUT, SAVE, SAVE_WITHOUT, Plan, measure, prepare, train
from search_modes import measure_search


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=("mini", "standard"), default="standard", help="of Soundstage")
    parser.add_argument("--quick", action="store_true", help="two methods, one seed, two epochs: to see it work")
    chosen = parser.parse_args()
    build = Path(f"build/soundstage-{chosen.size}{'-quick' if chosen.quick else ''}")
    apart = {"build": build, "page": build / "soundstage.md"}  # what is published is of the whole, and nothing else
    if chosen.quick:
        few = {"methods": (SAVE, CHORUS), "save_without": SAVE_WITHOUT[:1], "chorus_without": CHORUS_WITHOUT[:1]}
        plan = Plan(chosen.size, seeds=1, changes={"epochs": 2, "batch": 8}, **few, **apart)
    else:
        plan = Plan() if chosen.size == "standard" else Plan(chosen.size, **apart)
    prepare(plan)
    train(plan)
    measure(plan)
    measure_gates(plan)
    measure_weights(plan)
    measure_search(plan)
    measure_timing(plan)
    write_page(plan)


if __name__ == "__main__":
    main()
