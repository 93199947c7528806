"""Queries in other languages are noticed, and English ones are left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearsight.experts.neutral_queries import neutral_queries
from hearsight.experts.query_language import is_foreign


@pytest.mark.parametrize(
    "text",
    [
        "собака лает", "犬が吠える", "狗叫", "كلب ينبح", "개가 짖는다", "σκύλος",
        "ein Hund bellt in der Nacht", "ein Gewitter und Regen", "un chien qui aboie", "une porte claque",
        "un perro ladrando", "una campana suona", "uma criança chora", "een hond blaft", "en hund som skäller",
    ],
)  # fmt: skip
def test_other_languages(text):
    assert is_foreign(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "5", "🎸", "a dog barks", "vuvuzela", "kookaburra", "bagpipes droning", "ukulele strumming", "theremin",
        "Beyoncé", "Björk", "Sigur Rós", "the UN speech", "Los Angeles traffic", "Las Vegas slot machines",
        "someone sings une vie", "Dvořák on a cello", "die cast press", "a MIT bell", "Tōkyō", "\uff24\uff2f\uff27",
        "pour water", "piñata breaks", "CNN", "Édith Piaf", "a shamisen and a koto",
    ],
)  # fmt: skip
def test_english_with_names_and_rare_words(text):
    assert not is_foreign(text)


def test_no_neutral_query_is_foreign():
    assert not any(map(is_foreign, neutral_queries()))


@given(st.text())
def test_any_text_can_be_asked(text):
    assert is_foreign(text) in (True, False)
