# ruff: noqa: RUF001, RUF003
"""Tells what subtitles describe as a sound from what they have as said: "[dog barking]" is heard, and nobody says it.

Subtitles for the deaf, and some recognisers, write sounds between brackets or stars, and music signs around what is
sung, which is said and heard. Nothing but the text tells which is which. So a few texts in brackets stay what is said:
questions, what has an "I" or a "you" in it (translations of foreign speech), numbers, and the names of speakers:
"[JOHN]: Hello" in every language, and in English "[JOHN] Hello", where no word of it is one of a sound.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from hearsight.experts.cues import asks_for_sound

LONGEST = 200  # characters of a description, of two rows at most
LONGEST_IN_STARS = 60
LONGEST_NAME, LONGEST_MUSIC = 4, 7  # words
SIGNS = "♩♪♫♬\U0001f3b5\U0001f3b6\U0001f3bc¶"  # the last one is what old captions have in the place of a music sign
ROUND = "(（﹙"  # within a word, as in the Japanese 東京（とうきょう）に, they have its pronunciation
BRACKETS = ("[]", "()", "［］", "（）", "【】", "〔〕", "﹝﹞", "﹙﹚", "❲❳")
QUESTION_MARKS = "?？؟\u037e"
MUSIC = {
    "ar": "موسيقى", "cs": "hudba", "da": "musik", "de": "musik", "el": "μουσική", "es": "música", "fa": "موسیقی",
    "fi": "musiikki", "fr": "musique", "he": "מוזיקה", "hi": "संगीत", "hu": "zene", "id": "musik", "it": "musica",
    "ja": "音楽", "ko": "음악", "nb": "musikk", "nl": "muziek", "nn": "musikk", "no": "musikk", "pl": "muzyka",
    "pt": "música", "ro": "muzică", "ru": "музыка", "sk": "hudba", "sv": "musik", "th": "ดนตรี", "tr": "müzik",
    "uk": "музика", "vi": "nhạc", "zh": "音乐",
}  # fmt: skip
ENGLISH = ("en", None)  # and where the language is not known

Span = tuple[int, int]

_MARKS = re.compile(f"[{SIGNS}*#{re.escape(''.join(BRACKETS))}]")
# Music signs, and what British subtitles have in their place: not #1, nor a #tag.
_SIGNS = re.compile(rf"[{SIGNS}][{SIGNS}\ufe0f]*|(?<!\S)#+(?!\S)")
# Where a speaker begins, and nothing else: "I *love* it" is said.
_STARS = re.compile(rf"(?:^|(?<=[-–—.!?…:]\s)|(?<=[-–—]))\*+\s?(?P<inner>[^\s*][^*]{{0,{LONGEST_IN_STARS}}})\*+(?!\w)")
_WORD = re.compile(r"[^\W\d_][\w'’.]*")
_COLON = re.compile(r"\s*[:：]\s*\S")
_SPEECH = re.compile(rf"\s*[^\s\-–—>*#{SIGNS}{re.escape(''.join(BRACKETS))}]")  # of the same speaker
_ASIDE = re.compile(r"\bI\b|\b(?i:you|your|you're|we|we're|my)\b")
_PLAYING = re.compile(r"(?i:\bplay(?:s|ing)\b)")  # "Can You Hear Me" playing
_LOWER_IN_NAMES = re.compile(r"(?:of|the|and|on|in|at|with|de|van|von|la|le|el|y)\Z")
_ROLES = re.compile(
    r"(?i:man|men|woman|women|boys?|girls?|child|children|kids?|guy|male|female|narrator|announcer|reporter|host|voice|"
    r"both|all|together|others?|officer|teacher|doctor|nurse|judge|soldiers?|driver|speaker|interviewer)\Z"
)
_TITLES = re.compile(r"(?i:mr|mrs|ms|dr|prof|sgt|capt|lt|col|gen)\.?\Z")
# English words of sounds and of ways to speak, by their ends; names in -as, -is and -us are not among them.
_SOUND_WORD = re.compile(
    r"(?i:\w{2,}ing|\w{2,}[^aious\W]s|\w*(?:tly|dly|cally|ingly|fully|sily)|laughs?|sighs?|gasp|sob|cry|groan|grunt|moan|"
    r"yawn|hiccup|burp|cheer|whoop|yell|shout|chatter|murmur|whimper|thud|crash|bang|click|pop|whoosh|ding|dong|buzzer|"
    r"static|snap|splash|thump|clank|clunk|boom|blast|ring|tone|zap|whir|hum|echo|feedback|gong|drumroll|fanfare|wind|"
    r"rain|gunfire|shots?|silence|indistinct|inaudible|unintelligible|crosstalk|muffled|distorted|slurred|amplified|"
    r"instrumental|a?live|continues?|beat|pause)\Z"
)
_MANNER = re.compile(r"(?i:in|on|over|from|through)\s")  # in French, on phone, over radio
# "upbeat music playing", and not "dance to the music".
_MUSIC_PHRASE = re.compile(
    r"(?i:[\w'’ -]*?\b(?:music|theme|melody|instrumental|jingle|tune|song)(?:\s+(?:plays?|playing|continu(?:es|ing)|"
    r"stops?|ends|fad(?:es|ing)(?: (?:in|out))?|swells|swelling|intensif(?:ies|ying)|resumes|over|in background))?|"
    r"(?:[\w'’-]+\s)?(?:humming|whistling|vocali[sz]ing|scatting|hums|whistles|vocali[sz]es))\Z"
)
_SENTENCE_WORD = re.compile(
    r"(?i:\b(?:a|an|the|my|your|our|his|her|i|me|you|we|us|he|she|it|that|this|to|for|of|is|are|was|be|and|sing)\b)"
)


def said_and_heard(line: str, language: str | None = None) -> tuple[str, str]:
    """Return what of a line is said, and what of it is heard, both as long as the line: spaces are for the rest.

    language: of the line, a two-letter code; None where it is not known. Most lines are said as they are, with "" for
    what is heard. What is sung is in both, and a music sign is heard.
    """
    if not _MARKS.search(line):
        return line, ""
    said, heard = list(line), [" "] * len(line)
    for start, end, is_sung in _music_stretches(line, language):
        heard[start:end] = line[start:end]
        if not is_sung:
            said[start:end] = " " * (end - start)
    for (first, last), inner in _enclosed(line):
        sounds = list(_sounds(line, last, inner, language))
        for start, end in sounds:
            heard[start:end] = line[start:end]
        if sounds and (sounds[0][0], sounds[-1][1]) == inner:
            sounds = [(first, last)]
        for start, end in sounds:
            said[start:end] = " " * (end - start)
    sounds_alone, words = "".join(heard), "".join(said)
    if not sounds_alone.strip():
        return line, ""
    return (words if re.search(r"\w", words) else " " * len(line)), sounds_alone


def said_in(lines: Sequence[str], language: str | None = None) -> str:
    """Return what is said in lines; "" if nothing is."""
    both = (said_and_heard(line, language) for line in lines)
    return " ".join(text for said, heard in both if (text := " ".join(said.split()) if heard else said))


def describes_sound(line: str, language: str | None = None) -> bool:
    """Return whether a line describes a sound."""
    return bool(said_and_heard(line, language)[1])


def say_music(text: str, language: str | None = None) -> str:
    """Return a text with words in place of its music signs: in English, and in its language."""
    own = MUSIC.get(language or "", "")
    return _SIGNS.sub(f" music {own} ", text)


def _music_stretches(line: str, language: str | None) -> Iterator[tuple[int, int, bool]]:
    """Yield the stretches that have music signs around or before them, and whether they are sung.

    Signs come in pairs; of one without another, the stretch goes to the end of the line, or begins with it.
    """
    signs = [match.span() for match in _SIGNS.finditer(line)]
    if not signs or (line[signs[0][0]] == "#" and not (_begins(line, signs[0][0]) and line.strip("#- "))):
        return
    if len(signs) % 2 and signs[-1][1] == len(line.rstrip()) and not _begins(line, signs[0][0]):
        signs.insert(0, (0, 0))
    elif len(signs) % 2:
        signs.append((len(line), len(line)))
    for (start, first), (last, end) in zip(signs[::2], signs[1::2], strict=True):
        yield start, end, not _describes_music(line[first:last].strip(), language)


def _begins(line: str, position: int) -> bool:
    """Return whether a speaker begins at a position of a line."""
    return not line[:position].strip(" -–—>")


def _describes_music(words: str, language: str | None) -> bool:
    """Return whether words describe music, and are not sung."""
    if len(words.split()) > LONGEST_MUSIC:
        return False
    own = MUSIC.get(language or "")
    if own and own in words.casefold():
        return True
    return bool(_MUSIC_PHRASE.match(words.rstrip(".!")) and not _SENTENCE_WORD.search(words))


def _enclosed(line: str) -> Iterator[tuple[Span, Span]]:
    """Yield where something stands in brackets or stars: its span with them, and without them."""
    for opening, closing in map(tuple, BRACKETS):
        if opening in line or closing in line:
            for match in _brackets(opening, closing).finditer(line):
                start, end = match.span()
                if not (opening in ROUND and line[start - 1 : start].isalpha() and line[end : end + 1].isalpha()):
                    yield (start, end), match.span(str(match.lastgroup))
    for match in _STARS.finditer(line):
        yield match.span(), match.span("inner")


def _brackets(opening: str, closing: str) -> re.Pattern[str]:
    """Return a pattern of what stands in brackets.

    A description may go on in the next line, or come from the one before. Not so in round brackets: of these, many are
    of a list or a smiley; and they do not stand right after a letter, as in "f(x)".
    """
    one, other = re.escape(opening), re.escape(closing)
    inner = rf"[^{one}{other}]{{1,{LONGEST}}}"
    pair = rf"{one}{{1,2}}(?P<pair>{inner}){other}{{1,2}}"
    if opening == "(":
        return re.compile(rf"(?<![A-Za-z0-9À-ɏ]){pair}")
    return re.compile(rf"{pair}|(?:^|(?<=\s)){one}(?P<open>{inner})\Z|\A(?P<close>{inner}){other}")


def _sounds(line: str, last: int, inner: Span, language: str | None) -> Iterator[Span]:
    """Yield the parts of what stands in brackets that are heard: all of it, but the names of speakers.

    last: where the brackets end.
    """
    text = line[slice(*inner)]
    if _SIGNS.search(text):
        yield inner
        return
    if not _WORD.search(text) or text.rstrip()[-1:] in QUESTION_MARKS:
        return
    if language in ENGLISH and _ASIDE.search(text) and not (asks_for_sound(text) or _PLAYING.search(text)):
        return
    has_speech = language in ENGLISH and bool(_SPEECH.match(line, last))
    names_speaker = has_speech or bool(_COLON.match(line, last))
    start = inner[0]
    for part in text.split(","):
        end = start + len(part)
        if not (names_speaker and _WORD.search(part) and _is_name(part, has_speech)):
            yield start, end
        start = end + 1


def _is_name(part: str, is_english: bool) -> bool:
    """Return whether a text with words is the name of a speaker: capitalised words, of which none is of a sound."""
    words = _WORD.findall(part)
    if len(words) > LONGEST_NAME or not (_is_capitalised(words[0]) or _ROLES.match(words[0])):
        return False
    if not all(_is_capitalised(word) or _LOWER_IN_NAMES.match(word) or _ROLES.match(word) for word in words):
        return False
    if _TITLES.match(words[0]) or (_ROLES.match(words[0]) and len(words) == 1) or not is_english:
        return True
    return not (asks_for_sound(part) or _MANNER.match(part.strip()) or any(map(_SOUND_WORD.match, words)))


def _is_capitalised(word: str) -> bool:
    return word[0].isupper()
