"""Which sound track of a file is wanted, by its number or its language."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hearsight.errors import HearsightError
from hearsight.media.languages import language_code, parse_language

AUTOMATIC = "auto"  # in place of a language
MOST_TRACKS = 1000  # more than any file has
UNKNOWN_LANGUAGES = (None, "", "und", "mis", "mul", "zxx")


@dataclass(frozen=True)
class TrackChoice:
    """Which sound track of a file is wanted.

    number: among its sound tracks, from 1, as players count them; None for any, and so for a file with fewer. language:
    the code of the language that is preferred where the number does not decide (`languages.parse_language`).
    """

    number: int | None = None
    language: str | None = None

    @classmethod
    def of(cls, number: int | None, language: str | None) -> TrackChoice:
        """Return the choice of a person, who gives 0 and "auto" for no number and no language.

        Raises HearsightError for what is no number of a track, and no language.
        """
        if number is not None and (type(number) is not int or not 0 <= number <= MOST_TRACKS):
            raise HearsightError(
                f"there is no sound track {number!r}; they are counted from 1 (and 0 is the automatic choice)"
            )
        return cls(number or None, None if language in (None, AUTOMATIC) else parse_language(language))


ANY_TRACK = TrackChoice()


def is_in_language(code: str, tag: str | None, title: str | None) -> bool:
    """Return whether a track is in a language, by its tag or, if it has none, by a name of the language in its title.

    code: as `languages.parse_language` returns it.
    """
    if tag not in UNKNOWN_LANGUAGES:
        return (language_code(tag) or tag.casefold()) == code
    words = re.findall(r"[^\W\d_]+", title or "")
    # Short ones are words of other languages, too, such as "no" and "is".
    return any(language_code(word) == code for word in words if len(word) > 3 or not word.isascii())
