"""What this process may use of the machine."""

import os


def cores() -> int:
    """Of the processor, as far as the system lets this process have them."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
