"""Recognise languages by their names: files call the same one "en", "eng", "en-US" or "English"."""

from __future__ import annotations

import re

from hearsight.errors import HearsightError

# A two-letter code (ISO 639-1), three-letter ones (639-2, and 639-3 for its kinds), and the names that it goes by.
NAMES = """
af afr afrikaans
ar ara arb arabic العربية
az aze azj azerbaijani
be bel belarusian
bg bul bulgarian български
bn ben bengali
bs bos bosnian
ca cat catalan català
cs ces cze czech čeština
cy cym wel welsh cymraeg
da dan danish dansk
de deu ger german deutsch
el ell gre greek ελληνικά
en eng english
eo epo esperanto
es spa spanish español castellano
et est ekk estonian eesti
eu eus baq basque euskara
fa fas per pes prs persian farsi فارسی
fi fin finnish suomi
fr fra fre french français
ga gle irish gaeilge
gl glg galician galego
gu guj gujarati
he heb hebrew iw עברית
hi hin hindi हिन्दी
hr hrv croatian hrvatski
hu hun hungarian magyar
hy hye arm armenian
id ind indonesian
is isl ice icelandic íslenska
it ita italian italiano
ja jpn japanese 日本語
ka kat geo georgian
kk kaz kazakh
km khm khmer
kn kan kannada
ko kor korean 한국어
lt lit lithuanian lietuvių
lv lav lvs latvian latviešu
mk mkd mac macedonian
ml mal malayalam
mn mon khk mongolian
mr mar marathi
ms msa may zsm malay
my mya bur burmese
ne nep npi nepali
nl nld dut dutch nederlands flemish
no nor nob nno nb nn norwegian norsk
pa pan punjabi
pl pol polish polski
pt por portuguese português brazilian
ro ron rum romanian română
ru rus russian русский
si sin sinhala
sk slk slo slovak slovenčina
sl slv slovenian slovenščina
sq sqi alb als albanian
sr srp serbian
sv swe swedish svenska
sw swa swh swahili
ta tam tamil
te tel telugu
th tha thai ไทย
tl tgl fil tagalog filipino
tr tur turkish türkçe
uk ukr ukrainian українська
ur urd urdu
uz uzb uzn uzbek
vi vie vietnamese
zh zho chi cmn yue chinese mandarin cantonese 中文 简体 繁體 繁体 chs cht
"""
CODES = {name: row.split()[0] for row in NAMES.strip().splitlines() for name in row.split()}

# As BCP 47 has them (en, en-US, zh-Hans), and with the underscore of locales.
TAG = re.compile(r"[a-z]{2,3}([-_][a-z0-9]{2,8})*")


def language_code(tag: str | None) -> str | None:
    """Return the two-letter code of a language by any of its names; None for an unknown one."""
    return CODES.get(re.split("[-_]", tag or "")[0].casefold())


def parse_language(name: str) -> str:
    """Return the code of a language that a person names: "de" for "de", "ger", "de-AT" or "German".

    Raises HearsightError for what is neither a name nor a code.
    """
    code = language_code(name) or (name.casefold() if re.fullmatch("[a-z]{2,3}", name.casefold()) else None)
    if code is None:
        raise HearsightError(f"there is no language {name!r}; give a code such as de or deu, or a name such as German")
    return code


def is_language(tag: str) -> bool:
    """Return whether this names a language, or has the form of a language's code."""
    return language_code(tag) is not None or TAG.fullmatch(tag.casefold()) is not None
