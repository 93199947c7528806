"""Every string is a question or an error that says what to do, and no word of a question is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearsight.errors import HearsightError
from hearsight.library.search.question import QUOTES, SENSES, Question, is_plain


def parts(text):
    """Return the parts of a question that are not empty, with plain strings."""
    question = Question.parse(text)
    values = {name: getattr(question, name) for name in ("free", *SENSES)}
    values |= {name: tuple(phrase.text for phrase in getattr(question, name)) for name in ("phrases", "exclusions")}
    return {name: value for name, value in values.items() if value}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a birthday party", {"free": "a birthday party"}),
        ("  a \n birthday  ", {"free": "a birthday"}),
        ("x", {"free": "x"}),
        ("😀", {"free": "😀"}),
        ("红色的自行车", {"free": "红色的自行车"}),
        ("seen: a red car", {"seen": ("a red car",)}),
        ("- seen: a red car", {"seen": ("a red car",)}),
        ("SEEN:car", {"seen": ("car",)}),
        ("said\uff1a你好", {"said": ("你好",)}),
        (
            "party seen: a cake said: happy birthday",
            {"free": "party", "seen": ("a cake",), "said": ("happy birthday",)},
        ),
        ("seen: a dog seen: a cat", {"seen": ("a dog", "a cat")}),
        ("heard: bells read: exit", {"heard": ("bells",), "read": ("exit",)}),
        ('"happy birthday"', {"free": "happy birthday", "phrases": ("happy birthday",)}),
        ("„guten Morgen“ «au revoir»", {"free": "guten Morgen au revoir", "phrases": ("guten Morgen", "au revoir")}),
        ('他说"你好"吗', {"free": "他说 你好 吗", "phrases": ("你好",)}),
        ("「こんにちは」", {"free": "こんにちは", "phrases": ("こんにちは",)}),
        ('said: "so long" friend', {"said": ("so long friend",), "phrases": ("so long",)}),
        ('seen: "said: x" sign', {"seen": ("said: x sign",)}),
        ('read: "exit"', {"read": ("exit",), "phrases": ("exit",)}),
        ("budget -read:draft", {"free": "budget", "exclusions": ("draft",)}),
        ("read: budget -draft", {"read": ("budget",), "exclusions": ("draft",)}),
        ("birthday -cake", {"free": "birthday", "exclusions": ("cake",)}),
        ('birthday -"ice cream"', {"free": "birthday", "exclusions": ("ice cream",)}),
        ("birthday said:-cake", {"free": "birthday", "exclusions": ("cake",)}),
        ("said: birthday -cake", {"said": ("birthday",), "exclusions": ("cake",)}),
        ("seen: cake -said:sorry", {"seen": ("cake",), "exclusions": ("sorry",)}),
        ("party -well-known", {"free": "party", "exclusions": ("well-known",)}),
        ("a well-known man", {"free": "a well-known man"}),
        ("now - or never -- yes", {"free": "now - or never -- yes"}),
        ("--open --debug -5 degrees", {"free": "--open --debug -5 degrees"}),
        ("at 10:30 re: https://x.org/seen:y C:\\said:", {"free": "at 10:30 re: https://x.org/seen:y C:\\said:"}),
        ("note: unseen: x", {"free": "note: unseen: x"}),
        ('a 5" pipe and a 7” one', {"free": 'a 5" pipe and a 7” one'}),
        ("don't 'quote' me", {"free": "don't 'quote' me"}),
        ("it's (NOT) field:x* ~2 AND", {"free": "it's (NOT) field:x* ~2 AND"}),
        ("x\0y \udcff", {"free": "x y ?"}),
    ],
)
def test_a_text_is_parsed(text, expected):
    assert parts(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the query is empty"),
        (" \n\t", "the query is empty"),
        ("!? ...", "has no word"),
        ("seen:", "nothing to look for after 'seen:'.*seen: a red car"),
        ("seen: said: hello", "after 'seen:'"),
        ("hello heard:", "after 'heard:'"),
        ("said: -cake", "only says what to leave out"),
        ("said: ...", "after 'said:'"),
        ("-cake", "only says what to leave out.*birthday -cake"),
        ('-"ice cream" -cake', "only says what to leave out"),
        ('say "hello', "not closed, before 'hello'; close it, or leave it out"),
        ('"', "not closed"),
        ('""', "no word in its quotation marks"),
        ('hello "  "', "no word in its quotation marks"),
        ('hello "😀"', "no word in its quotation marks"),
        ('hello -"..."', "no word in its quotation marks"),
        ("seen: a dog -cat", "only what is said or read can be left out"),
        ("a dog -seen:cat", "only what is said or read can be left out"),
        ("party" + " -word" * 40, "more than 32"),
        ("party" + " seen: cake" * 40, "more than 32 prefixes"),
        (None, "the query is None"),
    ],
)
def test_a_question_without_sense_is_refused_with_advice(text, message):
    with pytest.raises(HearsightError, match=message):
        Question.parse(text)


def test_plain_texts_mean_themselves():
    assert is_plain("at 10:30 a well-known man") and is_plain("said: \u2013 x") is False
    assert not any(map(is_plain, ('say "hello"', 'say "hello', "no -thing", "seen: x", "...", "")))


def test_what_is_encoded_and_what_is_looked_for_in_transcripts():
    question = Question.parse('a party -cake seen: red balloons said: "happy birthday" to you heard: a bell')
    assert question.meaning == "a party red balloons a bell happy birthday to you"
    assert question.words.text == "a party happy birthday to you"
    assert "-cake" in question.text
    assert Question.parse("seen: a dog heard: a bark").words is None


def test_phrases_and_exclusions_know_where_they_are_looked_for():
    question = Question.parse('"a" said: "b" -c read: "d" -"e" -said:f')
    assert [phrase.sense for phrase in question.phrases] == [None, "said", "read"]
    assert [phrase.sense for phrase in question.exclusions] == ["said", "read", "said"]


def test_what_is_looked_for_in_pictures():
    question = Question.parse("a sign that says exit said: hello read: closed")
    assert question.words.text == "a sign that says exit hello"
    assert question.written_words.within("").content_stems == {
        "exit",
        "closed",
    }  # what bears the writing is not written
    assert Question.parse("read: a sign").written_words.within("").content_stems == {"sign"}
    assert Question.parse("seen: a dog said: hello").written_words is None


def test_a_very_long_query_is_parsed():
    assert len(Question.parse("word " * 10_000).free.split()) == 10_000
    assert len(Question.parse("seen: dog " * 20).seen) == 20


SYNTAX = st.sampled_from(
    ["seen:", "heard:", "said:", "read:", '"', "“", "”", "-", "--", "- ", " ", ":", "re:", "-said:"]
)
PLAIN_WORDS = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8)


@given(st.text())
def test_any_text_is_a_question_or_an_error(text):
    try:
        question = Question.parse(text)
    except HearsightError as error:
        assert "query" in str(error) and "\n" not in str(error)
    else:
        assert question.meaning.strip()


@given(st.lists(st.one_of(SYNTAX, PLAIN_WORDS.map("{} ".format)), max_size=12).map("".join))
def test_no_word_is_lost(text):
    try:
        question = Question.parse(text)
    except HearsightError:
        return
    remaining = " ".join([question.meaning, *(phrase.text for phrase in question.exclusions)])
    syntax = [*QUOTES, *(f"{sense}:" for sense in SENSES)]
    for removed in syntax:
        text = text.replace(removed, " ")
    assert all(word.strip("-") in remaining for word in text.split())


@given(st.lists(PLAIN_WORDS, min_size=1, max_size=8))
def test_plain_words_are_free_text(words):
    text = " ".join(words)
    assert parts(text) == {"free": " ".join(text.split())}
