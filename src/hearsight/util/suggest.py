"""Suggestions for misspelt names."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, names: Iterable[str]) -> str:
    """Return " (did you mean 'chorus'?)", to be put behind a name in a message; "" if no name is similar."""
    spellings = {candidate.casefold(): candidate for candidate in names}
    matches = get_close_matches(name.casefold(), spellings, n=1)
    return f" (did you mean '{spellings[matches[0]]}'?)" if matches else ""
