"""Decoding subtitles that are in the code pages of their languages."""

import os

import pytest

from hearsight.media.subtitle_text import decode_text

# ruff: noqa: RUF001 (letters that look like others)
SAID = {  # by language: the code pages, and a line
    "ar": ("cp1256 iso8859-6", "فقد الطبيب دراجته وهذا أمر محزن جدا"),
    "bg": ("cp1251", "Лекарят изгуби колелото си и това е много тъжно"),
    "cs": ("cp1250 iso8859-2", "Lékař ztratil kolo a je z toho velmi smutný, že už ho nenajde"),
    "de": (
        "cp1252 iso8859-1",
        "Der Arzt hat sein Fahrrad verloren, das ist für ihn sehr ärgerlich, schön wäre es größer",
    ),
    "el": ("cp1253 iso8859-7", "Ο γιατρός έχασε το ποδήλατό του και είναι πολύ λυπημένος"),
    "es": ("cp1252", "El médico perdió su bicicleta mañana, ¿qué pasó aquí?"),
    "fr": ("cp1252 iso8859-15", "Le médecin a perdu son vélo, et ça lui fait de la peine où qu'il aille"),
    "he": ("cp1255 iso8859-8", "הרופא איבד את האופניים שלו וזה עצוב מאוד"),
    "hu": ("cp1250 iso8859-2", "Az orvos elvesztette a kerékpárját, és ez nagyon szomorú, tűnődött ő"),
    "ja": ("cp932 euc-jp iso2022_jp", "医者は自転車をなくしました。とても悲しいです"),
    "ko": ("cp949 euc-kr", "의사가 자전거를 잃어버려서 아주 슬퍼요"),
    "lt": ("cp1257", "Gydytojas pametė dviratį, ir tai labai liūdna, žinoma"),
    "pl": ("cp1250 iso8859-2", "Lekarz zgubił rower i jest mu bardzo przykro, że już go nie znajdzie"),
    "ru": ("cp1251 koi8-r iso8859-5 cp866", "Доктор потерял велосипед, и это очень грустно"),
    "sv": ("cp1252", "Läkaren förlorade sin cykel och är på väg hem över ån"),
    "th": ("cp874", "หมอทำจักรยานหาย วันนี้อากาศดีมาก"),
    "tr": ("cp1254 iso8859-9", "Doktor bisikletini kaybetti ve şimdi çok üzgün, değil mi?"),
    "uk": ("cp1251 koi8-u", "Лікар загубив велосипед, і це дуже сумно"),
    "zh": ("gbk gb18030", "医生丢了自行车今天天气很好"),
}
TAIWAN = "醫生丟了腳踏車，今天天氣很好"
UNICODE = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")


def subtitles(line: str) -> str:
    return f"1\r\n00:00:01,000 --> 00:00:03,000\r\n{line}\r\n"


@pytest.mark.parametrize("is_named", [True, False])
@pytest.mark.parametrize(
    ("language", "encoding", "line"),
    [(language, page, line) for language, (pages, line) in SAID.items() for page in pages.split()]
    + [("zh", page, TAIWAN) for page in ("big5", "cp950")],
)
def test_one_line_in_the_code_page_of_its_language(language, encoding, line, is_named):
    text = subtitles(line)
    assert decode_text(text.encode(encoding), language if is_named else None) == text


@pytest.mark.parametrize("encoding", UNICODE)
@pytest.mark.parametrize("line", ["no byte order mark", SAID["ru"][1], SAID["zh"][1], "🎵 ♪ la la"])
def test_unicode_with_and_without_a_mark(encoding, line):
    assert decode_text(subtitles(line).encode(encoding)) == subtitles(line)


SHORT = [  # a code page, the language in the name, and lines in which few letters tell
    ("cp1252", None, "I don’t think she’s home."),
    ("cp1252", "en", "I don’t know."),
    ("cp1252", "fr", "L’homme n’est pas d’ici."),
    ("cp1252", "it", "L’uomo dell’oceano."),
    ("cp1252", "fi", "Missä koira on? Hyvää päivää, äiti."),
    ("cp1252", "de", "Grüß Gott"),
    ("cp1252", "de", "Für Elise"),
    ("cp1252", "de", "Tschüß!"),
    ("cp1252", "ca", "Bon dia, com està vostè?"),
    ("cp1252", "sq", "Ku është qeni? Është në shtëpi, çdo ditë."),
    ("cp1250", "cs", "Příliš žluťoučký kůň."),
    ("cp850", "es", "¿Dónde está el perro? ¡Mañana será otro día!"),
    ("cp1251", "be", "Што гэта?"),
    ("cp1251", None, "Привет"),
    ("koi8-r", "ru", "Привет, как дела?"),
    ("cp866", "ru", "Привет, как дела?"),
    ("cp1254", "tr", "Nasılsın, iyi misin?"),
    ("cp932", "ja", "おはようございます。"),
    ("cp932", "ja", "TVを見る"),
    ("cp949", "ko", "안녕"),
    ("cp874", "th", "สวัสดี"),
    ("cp1253", None, "Γεια σου"),
    ("cp1256", None, "مرحبا"),
]


@pytest.mark.parametrize(("page", "language", "line"), SHORT)
def test_few_letters_tell(page, language, line):
    assert decode_text(subtitles(line).encode(page), language) == subtitles(line)


def test_a_name_with_the_wrong_language_is_no_harm():
    assert decode_text(subtitles(SAID["ru"][1]).encode("utf-8"), "el") == subtitles(SAID["ru"][1])
    assert decode_text(subtitles(SAID["ja"][1]).encode("cp932"), "en") == subtitles(SAID["ja"][1])


def test_zeros_at_the_end_are_no_text():
    assert decode_text(subtitles("hello").encode() + bytes(50)) == subtitles("hello")


def test_a_little_damage_makes_utf8_nothing_else():
    damaged = (subtitles(SAID["fr"][1]) * 3).encode() + b"caf\xe9\n"
    assert decode_text(damaged) == subtitles(SAID["fr"][1]) * 3 + "caf\ufffd\n"
    assert decode_text("café is closed".encode() + b"\xff") == "café is closed\ufffd"


@pytest.mark.parametrize("page", ["cp1251", "cp1252"])
def test_signs_that_only_the_code_page_of_windows_has_come_late(page):
    line = SAID["ru"][1] if page == "cp1251" else SAID["fr"][1]
    text = subtitles(line) * 4000 + "“so”…"
    assert decode_text(text.encode(page)) == text


@pytest.mark.parametrize("data", [bytes(range(256)) * 10, os.urandom(5000), b"\x89PNG\r\n\x1a\n\0\0"])
def test_what_is_no_text(data):
    assert decode_text(data) is None


def test_nothing_is_an_empty_text():
    assert decode_text(b"") == ""
