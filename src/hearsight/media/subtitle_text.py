"""Decode the text of subtitle files, which are in the code pages that their languages were written in."""

from __future__ import annotations

import re
from contextlib import suppress

import chardet
from chardet.registry import REGISTRY

# At the beginning of a file. That of UTF-32 begins as that of UTF-16.
MARKS = (
    (b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe\0\0", "utf-32"), (b"\0\0\xfe\xff", "utf-32"), (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)  # fmt: skip
PAGES = ~chardet.EncodingEra.MAINFRAME
NO_PAGE = "ascii"  # the answer where no page fits
CLOSE_CONFIDENCE = 0.9
# A page that has more signs, quotation marks among them, than the one that the beginning of a file is in.
WINDOWS = {
    "iso8859-1": "cp1252", "iso8859-15": "cp1252", "iso8859-2": "cp1250", "iso8859-16": "cp1250",
    "iso8859-7": "cp1253", "iso8859-8": "cp1255", "iso8859-9": "cp1254", "iso8859-13": "cp1257", "tis-620": "cp874",
}  # fmt: skip
MAX_DAMAGE = 0.2  # of a text in UTF-8: the largest share of the characters besides ASCII that are damaged
CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")  # which no text in a code page has
NOT_UTF8 = re.compile(rb"[\0\x1b]")  # UTF-16, or what changes to Japanese and back


def decode_text(data: bytes, language: str | None = None) -> str | None:
    """Decode a subtitle file; None if its bytes are no text in any code page.

    language: two-letter code, if the file's name tells it. It decides between code pages that are about as likely.
    """
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace").removeprefix("\ufeff")
    text = _decode_utf8(data)
    if text is not None:
        return text
    encoding, confidence = _detect(data, None)
    if b"\0" not in data and (pages := _pages_of(language)):
        named, its_confidence = _detect(data, pages)
        encoding = named if its_confidence >= CLOSE_CONFIDENCE * confidence else encoding
    return _decode(data, encoding)


def _decode_utf8(data: bytes) -> str | None:
    """Return a text in UTF-8, of which a little may be damaged; None if this is none."""
    if NOT_UTF8.search(data):
        return None
    text = data.decode("utf-8", errors="replace")
    damaged = text.count("\ufffd")
    others = sum(not char.isascii() for char in text) if damaged else 0
    return text if damaged <= MAX_DAMAGE * others else None


def _pages_of(language: str | None) -> list[str]:
    """Return the code pages that a language is written in; none if it is not known."""
    pages = [name for name, page in REGISTRY.items() if language in page.languages]
    return pages and [*pages, NO_PAGE]


def _detect(data: bytes, pages: list[str] | None) -> tuple[str, float]:
    """Return the encoding that a text most likely has, of these or of all, and how certain that is."""
    answer = chardet.detect(
        data, encoding_era=PAGES, compat_names=False, include_encodings=pages, no_match_encoding=NO_PAGE
    )
    return answer["encoding"] or NO_PAGE, answer["confidence"]


def _decode(data: bytes, encoding: str) -> str | None:
    """Return the text; None if it is not all text in this encoding, or in the code page of Windows for it."""
    for name in (encoding, WINDOWS.get(encoding, encoding)):
        with suppress(UnicodeDecodeError):
            text = data.decode(name)
            if not CONTROLS.search(text):
                return text
    return None
