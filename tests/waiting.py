"""Wait for what another thread or process does, however busy the machine is."""

import time
from collections.abc import Callable


def wait_until(condition: Callable[[], object], seconds: float = 600) -> bool:
    """Return whether a condition becomes true within some seconds.

    The default is far longer than anything takes: a test that waits must fail only where nothing happens.
    """
    end = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < end:
        time.sleep(0.05)
    return bool(met)
