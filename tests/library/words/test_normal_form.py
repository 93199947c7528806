# ruff: noqa: RUF001
"""Texts have one normal form, and its parts are known in the text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearsight.library.words.normal_form import normal_form


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Ｆｕｌｌ ﬁne Ⅷ", "full fine viii"),
        ("it`s it’s itʼs it＇s it´s", "it's it's it's it's it's"),
        ("ÆSIR Łódź Øre ẞ þing Ħal", "aesir lodz ore ss thing hal"),
        ("İSTANBUL ırmak", "istanbul irmak"),
        ("ё й ї за́мок ѓ ў", "е й ї замок ѓ ў"),
        ("ΐ ᾳ ς Ὀδυσσεύς", "ι α σ οδυσσευσ"),
        ("ﻻ أحمد مَدْرَسَةٌ كـتـاب ۱۲", "لا احمد مدرسه كتاب 12"),
        ('שָׁלוֹם צה״ל צה"ל ײַ', "שלום צהל צהל יי"),
        ("ｷﾞﾀｰ か\u3099", "ギター が"),
        ("น้ํา", "น้ำ"),
        ("क़िला फ़िल्म हिन्दी", "किला फिल्म हिन्दी"),
        ("\u1112\u1161\u11ab", "한"),
        ("so\u00adft \u202bא\u202c \ufeffx\u2060y", "soft א xy"),
        ("2½ ™ №5 1\ufe0f\u20e3", "2½    5 1"),
        ("می\u200cخواهم", "مي-خواهم"),
    ],
)
def test_a_text_has_a_normal_form(text, form):
    assert normal_form(text).text == form
    assert normal_form(unicodedata.normalize("NFD", text)).text == form


@given(st.text())
def test_every_part_of_the_form_stands_in_the_text(text):
    form = normal_form(text)
    previous = 0
    for position in range(len(form.text)):
        start, end = form.span(position, position + 1)
        assert previous <= start < end <= len(text)
        previous = start


@given(st.text())
def test_equivalent_texts_have_the_same_form(text):
    assert normal_form(unicodedata.normalize("NFD", text)).text == normal_form(unicodedata.normalize("NFC", text)).text


@given(st.text())
def test_the_form_of_a_form_is_itself(text):
    once = normal_form(text).text
    assert normal_form(once).text == once
