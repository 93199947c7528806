"""Decode the text of subtitle files, which are in the code pages that their languages were written in."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from itertools import pairwise

import chardet
from chardet.registry import REGISTRY

# At the beginning of a file. That of UTF-32 begins as that of UTF-16.
MARKS = (
    (b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe\0\0", "utf-32"), (b"\0\0\xfe\xff", "utf-32"), (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)  # fmt: skip
# How much the confidence in a page counts: short texts fit many, and hardly anybody writes subtitles in one of DOS, or
# of a Macintosh, while one of Windows fits.
WEIGHTS = {chardet.EncodingEra.DOS: 0.7, chardet.EncodingEra.LEGACY_MAC: 0.3, chardet.EncodingEra.MAINFRAME: 0.0}
NO_PAGE = "ascii"  # the answer where no page fits
WESTERN = "en"  # the language whose pages those are that the detector has no page for
CLEAR = 0.3  # the confidence of an answer that the name of a language does not overrule
# A page that has more signs, quotation marks among them, than the one that the beginning of a file is in.
WINDOWS = {
    "iso8859-1": "cp1252", "iso8859-15": "cp1252", "iso8859-2": "cp1250", "iso8859-16": "cp1250",
    "iso8859-7": "cp1253", "iso8859-8": "cp1255", "iso8859-9": "cp1254", "iso8859-13": "cp1257", "tis-620": "cp874",
}  # fmt: skip
MAX_DAMAGE = 0.5  # of a text in UTF-8: the largest share of the characters besides ASCII that are damaged
MAX_STRANGE = 0.5  # of the words with other letters than ASCII: the largest share that no language has
CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")  # which no text in a code page has
EAST_ASIAN = frozenset(["CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HANGUL"])
LONG = 5  # letters: in Chinese and Japanese, words such as "iPhone" stand among others without a space
WORD = re.compile(
    "[^\\W\\d_](?:[^\\W\\d_]|[\u00a2\u00a4\u00a6\u00a8\u00ac-\u00af\u00b1\u00b8\u00bc-\u00be\u00d7\u00f7])*"
)
NOT_UTF8 = re.compile(rb"[\0\x1b]")  # UTF-16, or what changes to Japanese and back


def decode_text(data: bytes, language: str | None = None) -> str | None:
    """Decode a subtitle file; None if its bytes are no text in any code page.

    language: two-letter code, if the file's name tells it: its code pages are tried first.
    """
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace").removeprefix("\ufeff")
    if b"\0" not in (body := data.rstrip(b"\0")):
        data = body  # which some programs fill up
    text = _decode_utf8(data)
    if text is not None:
        return text
    answers = _answers(data, None)
    if b"\0" not in data and language and not (answers and answers[0][1] >= CLEAR):
        answers = _answers(data, _pages_of(language)) + answers
    texts = [text for encoding, _ in answers if (text := _decode(data, encoding)) is not None]
    return next((text for text in texts if not _is_strange(text)), texts[0] if texts else None)


def _decode_utf8(data: bytes) -> str | None:
    """Return a text in UTF-8, of which a part may be damaged; None if this is none."""
    if NOT_UTF8.search(data):
        return None
    text = data.decode("utf-8", errors="replace")
    damaged = text.count("\ufffd")
    others = sum(not char.isascii() for char in text) if damaged else 0
    return text if damaged <= MAX_DAMAGE * others else None


def _pages_of(language: str) -> list[str]:
    """Return the code pages that a language is written in."""
    pages = [name for name, page in REGISTRY.items() if language in page.languages and _weight(name)]
    return pages or _pages_of(WESTERN)


def _weight(page: str) -> float:
    return WEIGHTS.get(REGISTRY[page].era, 1.0) if page in REGISTRY else 1.0


def _answers(data: bytes, pages: list[str] | None) -> list[tuple[str, float]]:
    """Return the encodings that a text may have, the likeliest first, and how certain each is.

    pages: those of its language; the detector leaves out what a short text does not make likely. None for all.
    """
    detected = chardet.detect_all(
        data, ignore_threshold=True, compat_names=False, include_encodings=pages and [*pages, NO_PAGE],
        no_match_encoding=NO_PAGE,
    )  # fmt: skip
    certainty = dict.fromkeys(pages or (), 0.0)
    certainty |= {each["encoding"] or NO_PAGE: each["confidence"] for each in detected}
    weighted = [(page, _weight(page) * sure) for page, sure in certainty.items() if page != NO_PAGE]
    return sorted((answer for answer in weighted if pages or answer[1]), key=lambda answer: -answer[1])


def _decode(data: bytes, encoding: str) -> str | None:
    """Return the text; None if it is not all text in this encoding, or in the code page of Windows for it."""
    for name in (encoding, WINDOWS.get(encoding, encoding)):
        with suppress(UnicodeDecodeError):
            text = data.decode(name)
            if not CONTROLS.search(text):
                return text
    return None


def _is_strange(text: str) -> bool:
    """Return whether most words with letters besides ASCII are none of any language, such as "Grья" and "d¢nde"."""
    words = [word for word in WORD.findall(text) if not word.isascii()]
    return sum(map(_is_strange_word, words)) > MAX_STRANGE * len(words)


def _is_strange_word(word: str) -> bool:
    """Return whether a word has letters of two alphabets, signs among them, or small letters before capitals."""
    scripts = {unicodedata.name(char, "?").partition(" ")[0] for char in word if char.isalpha()}
    return (
        len(scripts - EAST_ASIAN) > 1
        or (len(word) < LONG and "LATIN" in scripts and bool(scripts & EAST_ASIAN))
        or not all(map(str.isalpha, word))
        or any(one.islower() and following.isupper() for one, following in pairwise(word))
    )
