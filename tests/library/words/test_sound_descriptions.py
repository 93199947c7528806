# ruff: noqa: RUF001
"""What is said and what is heard are told apart in the lines of subtitles, as people write them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearsight.library.words.indexed_words import indexed_transcript, indexed_words, stems_of_index
from hearsight.library.words.sound_descriptions import SIGNS, describes_sound, said_and_heard, said_in
from hearsight.library.words.stems import HEARD, STEMMERS, bare_stem, language_of, stem

# A line, its language, what is said in it and what is heard.
DESCRIPTIONS = [
    ("[dog barking]", "en", "", "dog barking"),
    ("[ Dog Barking ]", "en", "", "Dog Barking"),
    ("(door slams)", "en", "", "door slams"),
    ("(The dog barks.)", "en", "", "The dog barks."),
    ("[DOOR SLAMS]", "en", "", "DOOR SLAMS"),
    ("[Music]", "en", "", "Music"),
    ("[[applause]]", "en", "", "applause"),
    ("*sighs*", "en", "", "sighs"),
    ("* door creaks *", "en", "", "door creaks"),
    ("Hm. *sniffs* No.", "en", "Hm. No.", "sniffs"),
    ("[wind howling in the distance, thunder rolling]", "en", "", "wind howling in the distance, thunder rolling"),
    ("- [phone rings] - Who is it?", "en", "- - Who is it?", "phone rings"),
    ("Well, [sighs] I don't know", "en", "Well, I don't know", "sighs"),
    ("I never (laughs) said that", "en", "I never said that", "laughs"),
    ("[SIGHS] All right", "en", "All right", "SIGHS"),
    ("[Chuckles] Yes", "en", "Yes", "Chuckles"),
    ("(APPLAUSE) Thank you", "en", "Thank you", "APPLAUSE"),
    ("[EXPLOSION] Run!", "en", "Run!", "EXPLOSION"),
    ("[Old man coughs] Go on", "en", "Go on", "Old man coughs"),
    ("[IN FRENCH] Good day", "en", "Good day", "IN FRENCH"),
    (">> [Door] >> Come in", "en", ">> >> Come in", "Door"),
    ("MAN [over phone]: Hello", "en", "MAN : Hello", "over phone"),
    ("[“Can You Hear Me” playing]", "en", "", "“Can You Hear Me” playing"),
    ("[BLANK_AUDIO]", None, "", "BLANK_AUDIO"),
    # From one line into the next.
    ("[dramatic music", "en", "", "dramatic music"),
    ("continues] Hello", "en", "Hello", "continues"),
    # Other languages and scripts.
    ("[Hundegebell]", "de", "", "Hundegebell"),
    ("(Seufzt) Ja.", "de", "Ja.", "Seufzt"),
    ("[RIRES] Oui, merci", "fr", "Oui, merci", "RIRES"),
    ("(perro ladrando) ¿Quién es?", "es", "¿Quién es?", "perro ladrando"),
    ("[лай собаки]", "ru", "", "лай собаки"),
    ("[نباح كلب]", "ar", "", "نباح كلب"),
    ("(צלצול טלפון)", "he", "", "צלצול טלפון"),
    ("（犬の鳴き声）", "ja", "", "犬の鳴き声"),
    ("【音楽】こんにちは", "ja", "こんにちは", "音楽"),
    ("［狗叫］走吧", "zh", "走吧", "狗叫"),
    ("そうか（笑）", "ja", "そうか", "笑"),
    ("[개 짖는 소리]", "ko", "", "개 짖는 소리"),
    # Music: what is sung is both.
    ("♪", "en", "", "♪"),
    ("♪♪♪", None, "", "♪♪♪"),
    ("🎵", "en", "", "🎵"),
    ("[♪♪♪]", "en", "", "♪♪♪"),
    ("♪ upbeat music ♪", "en", "", "♪ upbeat music ♪"),
    ("♪ dramatic music playing ♪", "en", "", "♪ dramatic music playing ♪"),
    ("♪ humming ♪", "en", "", "♪ humming ♪"),
    ("♪ ruhige Musik ♪", "de", "", "♪ ruhige Musik ♪"),
    ("♪ [soft piano music] ♪", "en", "", "♪ soft piano music ♪"),
    ("♪ I will always love you ♪", "en", "♪ I will always love you ♪", "♪ I will always love you ♪"),
    ("♪ Thank you for the music ♪", "en", "♪ Thank you for the music ♪", "♪ Thank you for the music ♪"),
    ("♫ la la ♫ ♫ la lo ♫", None, "♫ la la ♫ ♫ la lo ♫", "♫ la la ♫ ♫ la lo ♫"),
    ("♪ Happy birthday", "en", "♪ Happy birthday", "♪ Happy birthday"),
    ("to you ♪", "en", "to you ♪", "to you ♪"),
    ("# Happy birthday to you #", "en", "# Happy birthday to you #", "# Happy birthday to you #"),
    ("¶ Happy birthday ¶", "en", "¶ Happy birthday ¶", "¶ Happy birthday ¶"),
    ("- ♪ La la la ♪ - Stop singing!", "en", "- ♪ La la la ♪ - Stop singing!", "♪ La la la ♪"),
    # Speakers are no sounds.
    ("[JOHN, laughing] Hello", "en", "[JOHN, ] Hello", "laughing"),
    ("JOHN (laughing): Hello", "en", "JOHN : Hello", "laughing"),
]

# A line and its language: all of it is said.
SAID = [
    ("I heard a dog barking", "en"),
    ("[JOHN] Hello", "en"),
    ("[Mary Ann] Hello", None),
    ("(MAN 2) Hello", "en"),
    ("[Old man] Go on", "en"),
    ("(man) Go on", "en"),
    ("[all] Good day", "en"),
    ("NARRATOR (V.O.): Once upon a time", "en"),
    ("[MRS. JONES] Hello", "en"),
    ("JOHN: Hello", "en"),
    ("[THOMAS]: Hallo", "de"),
    ("(ANNA): Oui", "fr"),
    ("(Where are you?)", "en"),
    ("¿Vienes? (¿Dónde estás?)", "es"),
    ("He was (I think) gone", "en"),
    ("(You know that.)", "en"),
    ("(555) 123-4567", "en"),
    ("in f(x) and dog(s)", "en"),
    ("東京（とうきょう）に行く", "ja"),
    ("「犬」と言った", "ja"),
    ("I *love* it", "en"),
    ("f**k you, 2 * 3 * 4", "en"),
    ("We're # 1, and #2 in #sales", "en"),
    ("[...]", "en"),
    ("[1]", "en"),
    (":( sad", "en"),
    ("a) first, b) second", "en"),
    ("***", None),
    ("#", None),
    ("", None),
]


def words(text):
    """The words and music signs of a text: of what is left out, brackets may stay."""
    return re.findall(rf"\w+|[{SIGNS}]", text)


@pytest.mark.parametrize(("line", "language", "said", "heard"), DESCRIPTIONS)
def test_a_description_is_heard(line, language, said, heard):
    parts = said_and_heard(line, language)
    assert (said_in([line], language), words(parts[1])) == (said, words(heard))
    assert len(parts[0]) == len(parts[1]) == len(line) and describes_sound(line, language)


@pytest.mark.parametrize(("line", "language"), SAID)
def test_what_describes_no_sound_is_said(line, language):
    assert said_and_heard(line, language) == (line, "") and not describes_sound(line, language)


@given(st.text(alphabet="ab I?.,:-*#[]()（）【】♪¶\n", max_size=60), st.sampled_from(["en", "de", None, ""]))
def test_every_word_is_said_or_heard(line, language):
    said, heard = said_and_heard(line, language)
    assert len(said) == len(line) and len(heard) in (0, len(line))
    for position, char in enumerate(line):
        if char.isalpha():
            assert char in (said[position], (heard or line)[position])
            assert {said[position], (heard or " " * len(line))[position]} <= {char, " "}


@pytest.mark.parametrize("part", ["[", "[ ", "[a", "[a] ", " (a", "♪ ", "*", "- *a ", "# ", "a] ", "[A B] x ", "[a,] "])
def test_a_hostile_line_takes_no_longer_than_its_length(part):
    line = part * (200_000 // len(part))
    assert len(said_and_heard(line, "en")[0]) == len(line)  # a quadratic pattern would take minutes


def test_lines_are_joined_without_what_nobody_says():
    assert said_in(["[rain]", "Come in!", "♪", "[sighs] Well"], "en") == "Come in! Well"
    assert said_in(["  as it  is ", "here"]) == "  as it  is  here"


@pytest.mark.parametrize(
    ("lines", "language", "expected"),
    [
        (["[dog barking] Sit!", "Good"], "en", "ENsit ENgood XEN XENdog XENbark"),
        (["[dog barking]"], None, "XEN XENdog XENbark"),
        (["♪"], "en", "XEN XENmusic"),
        (["♪"], "fr", "XFR XFRmusic XFRmusiqu"),
        (["[pies szczeka] Cicho"], "pl", "cicho X Xpies Xszczeka"),
        (["♪ E-mail ♪"], "en", "ENe\tENemail ENmail XEN XENmusic XENe\tXENemail XENmail XENmusic"),
        ([], "en", ""),
    ],
)
def test_the_index_has_what_is_heard_after_what_is_said(lines, language, expected):
    assert indexed_transcript(lines, language) == expected
    assert len(set(map(language_of, stems_of_index(expected)))) <= 1


def test_no_language_is_taken_for_the_mark():
    assert not any(language.upper().startswith(HEARD) for language in STEMMERS)
    assert language_of(stem("dog", HEARD + "en")) == "en" and bare_stem(stem("dog", HEARD)) == "dog"


@given(st.lists(st.text(alphabet="abcdé '-.5%$é", min_size=1, max_size=20), max_size=4))
def test_lines_without_descriptions_are_indexed_as_their_text(lines):
    assert indexed_transcript(lines, "en") == indexed_words(" ".join(lines), "en")
