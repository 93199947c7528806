"""What a query asks for: words that tell whether something is said, or sounds."""

from __future__ import annotations

import re

SAYING = re.compile(
    r"""\b(
    say|says|said|saying|tell|tells|told|telling|talk|talks|talked|talking|speak|speaks|spoke|speaking|speech|
    mention|mentions|mentioned|mentioning|explain|explains|explained|explaining|discuss|discusses|discussed|
    discussing|describe|describes|described|quote|quotes|claim|claims|claimed|announce|announces|announced|
    complain|complains|complained|voice|narrator|speaker|interview|lecture|sermon|debate|conversation|words?|sentence
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
SOUNDING = re.compile(
    r"""\b(
    sounds?|noises?|hears?|heard|hearing|audio|loud|
    bark(s|ed|ing)?|meow(s|ed|ing)?|miaow(s|ing)?|chirp(s|ing)?|neigh(s|ing)?|moo(s|ing)?|bleat(s|ing)?|
    howl(s|ing)?|growl(s|ing)?|roar(s|ing)?|buzz(es|ing)?|croak(s|ing)?|crow(s|ing)?|hoot(s|ing)?|purr(s|ing)?|
    applause|applaud(s|ing)?|clapping|cheer(s|ing)?|laughter|laughing|giggl(e|es|ing)|scream(s|ing)?|shout(s|ing)?|
    whisper(s|ing)?|cough(s|ing)?|sneez(e|es|ing)|snor(e|es|ing)|crying|sobbing|whistl(e|es|ing)|humming|
    sing(s|ing)?|singer|song|music|melody|tune|choir|orchestra|drum(s|ming)?|playing\ (the\ )?(piano|guitar|violin)|
    siren|alarm|horn|honk(s|ing)?|beep(s|ing)?|ring(s|ing)?|bells?|knock(s|ing)?|slam(s|med|ming)?|creak(s|ing)?|
    thunder|rumbl(e|es|ing)|explosion|gunshot|shot|bang|crash(es)?|crackl(e|es|ing)|splash(es|ing)?|
    footsteps|engine|revving|ticking|hiss(es|ing)?|rattl(e|es|ing)|screech(es|ing)?|squeal(s|ing)?
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)


def asks_for_speech(text: str) -> bool:
    """Return whether a query speaks of something that is said."""
    return bool(SAYING.search(text))


def asks_for_sound(text: str) -> bool:
    """Return whether a query names a sound."""
    return bool(SOUNDING.search(text))
