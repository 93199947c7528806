"""What a query asks for: words that tell whether something is said, sounds, or is written."""

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
# Words that name a sound, and no thing: "a bell rings", and not "a bell tower" or "a wedding ring".
SOUNDING = re.compile(
    r"""\b(
    sounds?|noises?|hears?|heard|hearing|audio|loud|
    bark(s|ed|ing)?|meow(s|ed|ing)?|miaow(s|ing)?|chirp(s|ing)?|neigh(s|ing)?|moo(s|ing)?|bleat(s|ing)?|
    howl(s|ing)?|growl(s|ing)?|roar(s|ing)?|buzz(es|ing)?|croak(s|ing)?|hoot(s|ing)?|purr(s|ing)?|
    twitter(s|ing)|quack(s|ing)?|cluck(s|ing)?|squawk(s|ing)?|yelp(s|ing)?|
    applause|applaud(s|ing)?|claps|clapping|cheering|laughter|giggl(e|es|ing)|scream(s|ing)?|
    whisper(s|ing)?|cough(s|ing)?|sneez(e|es|ing)|snor(e|es|ing)|sobbing|whistl(e|es|ing)|humming|
    sing(s|ing)?|songs?|music|melody|tunes?|drumming|
    play(s|ing)\ (the\ |a\ )?(piano|guitar|violin|cello|flute|trumpet|saxophone|drums?|organ|accordion)|
    sirens?|wail(s|ing)?|honk(s|ing)?|beep(s|ing)?|ringing|toll(s|ing)|chim(e|es|ing)|
    (bells?|phones?|telephones?|alarms?|doorbells?)\ (ring|rings|rang|sound|sounds)|
    (horns?|alarms?|sirens?)\ (blow|blows|blares?|blaring|goes\ off|going\ off)|
    knock(s|ed|ing)?|slam(s|med|ming)?|creak(s|ing)?|thunder|rumbl(e|es|ing)|gunshots?|crackl(e|es|ing)|
    footsteps|revving|tick(s|ing)|hiss(es|ing)?|rattl(e|es|ing)|screech(es|ing)?|squeal(s|ing)?|squeak(s|ing)?|
    clatter(s|ing)?|clang(s|ing)?|jingl(e|es|ing)|sizzl(e|es|ing)|gurgl(e|es|ing)|patter(s|ing)|
    hammering|drilling|sawing|saws\ (some\ |the\ )?wood|explosions?|explod(es|ing)|(running|idling)\ (motor|engine)|
    (motor|engine)\ (runs|running|idles|idling|starts|starting|hums)|
    (breaking|crashing|pounding)\ (surf|waves)|waves\ (crash|break|roll)(ing)?
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
# What bears writing, if it speaks ("a sign that says", "a slide reads"), and words for writing itself.
WRITING = re.compile(
    r"""\b(
    (signs?|signpost|slides?|screens?|titles?|captions?|subtitles?|posters?|banners?|labels?|headlines?|plates?|plaques?|
    notices?|boards?|blackboard|whiteboard|billboards?|stickers?|covers?|shirts?|cards?|documents?|letters?)\ 
    (that\ |which\ )?(say|says|saying|said|read|reads|reading)|
    (with|shows?|showing)\ the\ (text|words?|writing|title|caption|headline|inscription|name|number|letters)|
    written|handwritten|inscription|lettering|number\ plate|licen[cs]e\ plate|
    (title|text|words?|writing|caption|headline)\ (on|in)\ (a|the)\ (screen|slide|sign|picture|poster|wall|board|shirt)
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)


def asks_for_speech(text: str) -> bool:
    """Return whether a query speaks of something that is said."""
    return bool(SAYING.search(text))


def asks_for_sound(text: str) -> bool:
    """Return whether a query names a sound."""
    return bool(SOUNDING.search(text))


def asks_for_text(text: str) -> bool:
    """Return whether a query speaks of something that is written in the picture."""
    return bool(WRITING.search(text))
