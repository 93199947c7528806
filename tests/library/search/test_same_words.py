# ruff: noqa: RUF001
"""What two people would call the same word finds a line, on disk and in memory, in every script and language."""

import unicodedata

import lancedb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearsight.library.search.phrase import Phrase
from hearsight.library.search.query_words import Query
from hearsight.library.search.word_index import word_index
from hearsight.library.search.words_on_disk import WordsOnDisk
from hearsight.library.tables.maintenance import create_indexes
from hearsight.library.tables.schema import WORDS
from hearsight.library.tables.transcript_index import TranscriptIndex
from hearsight.library.words.indexed_words import indexed_words
from hearsight.library.words.stems import STEMMERS, stemming_language
from hearsight.library.words.word_forms import cut


def nfd(text):
    return unicodedata.normalize("NFD", text)


# A line, its language, the queries that find it (one word each), and those that must not.
LINES = [
    # Apostrophes, elisions, endings
    ("The doctor’s bicycle isn’t here", "en", "doctor doctor's doctor’s doctors isn't isnt isn´t bicycles", "isn doc"),
    ("NASA’s O’Brien said he’ll go", "en", "nasa NASA's obrien o'brien O’BRIEN", "hell brie"),
    ("rock’n’roll at five o`clock", "en", "rock'n'roll rocknroll o'clock oclock", "rocking"),
    ("Nous allons à l’école demain, jusqu'à l'été", "fr", "école ecole ÉCOLE l'école ecoles été ete", "colle let"),
    ("Qu'est-ce qu’il y a aujourd’hui", "fr", "aujourd'hui aujourdhui", "jour"),
    ("Il rumore dell’oceano, un'altra volta, c'è", "it", "oceano dell'oceano altra", "dello"),
    ("L’home d’aigua de la col·lecció", "ca", "home l'home aigua colleccio col·lecció", "col"),
    ("Ankara’da buluştuk", "tr", "ankara Ankara'da bulustuk", "anka"),
    ("У нього п’ять м'ячів", "uk", "п'ять пять п’ять мячів", "ять"),
    ("Hawaiʻi and the Qurʾan", "en", "hawaii Hawai'i quran qur'an", "hawk"),
    # Accents and letters that are left out
    ("I sent my résumé to Beyoncé", "en", "resume résumé résumés beyonce Beyoncé " + nfd("Beyoncé"), "beyond"),
    (nfd("the café is naïve"), "en", "café cafe cafés naive naïve", "caffeine"),
    ("Mañana iremos a la estación", "es", "manana mañana MAÑANA estacion estación estaciones", "man"),
    ("As canções do coração", "pt", "cancoes canções canção cancao coracao corações", "canto"),
    ("Wir fahren über die schöne Straße", "de", "über uber ueber schön schon schoen strasse STRASSE straßen", "aber"),
    ("Herr Mueller im Fußball", "de", "müller mueller muller fussball Fußball", "aller"),
    ("København og Ærø, på Ålesund", "da", "kobenhavn København koebenhavn aero ærø alesund aalesund", "ale"),
    ("Pojechał do Łodzi żółty", "pl", "pojechal lodzi Łodzi zolty żółty", "zol"),
    ("Đường phố Hà Nội không đông", "vi", "đường duong DUONG ha noi khong " + nfd("không"), "dua"),
    ("İstanbul’da ılık bir gün, gözler", "tr", "istanbul ISTANBUL İSTANBUL ilik ılık gun gözler gozler göz goz", "gen"),
    ("Þórður ætlar í skóla", "is", "thordur þórður aetlar skola", "tord"),
    ("Bună dimineaţa, oraşul", "ro", "buna dimineața dimineata orașul orasul", "dim"),
    ("Čeština je těžká", "cs", "cestina čeština tezka", "test"),
    ("Hän meni kouluun metsässä", "fi", "metsa metsä metsässä", "met"),
    ("A házak és a könyvek", "hu", "haz ház házak konyv könyvek", "hal"),
    ("Żejtun u Ħamrun", "mt", "zejtun hamrun Ħamrun", "ham"),
    # Cyrillic and Greek
    ("Ёлка и за́мок, чай", "ru", "елка ёлка ёлки замок чай", "чек"),
    ("Моя їжа і йод", "uk", "їжа йод", "іжа иод"),
    ("Ο άνθρωπος στη ΘΆΛΑΣΣΑ και ὁ λόγος", "el", "ανθρωπος άνθρωποι θάλασσα θαλασσα λογος ΛΌΓΟΣ", "θαλαμος"),
    # Hebrew and Arabic
    ("\u202bהרופא איבד את האופניים\u202c", "he", "האופניים אופניים והאופניים הרופא רופא", "אופי"),
    ("שָׁלוֹם לַיְלָה טוֹב, צה״ל ובית־ספר", "he", "שלום לילה טוב צה״ל צהל ספר ובית־ספר וביתספר", "שלם"),
    ("ذَهَبَ إلى المَدْرَسَةِ كـتـاب", "ar", "ذهب الى إلى المدرسة المدرسه مدرسة كتاب", "درس"),
    ("أحمد وآمنة في القاهرة ١٢", "ar", "احمد أحمد القاهره القاهرة 12", "حمد"),
    ("من می‌خواهم کتاب‌ها را بخوانم", "fa", "می‌خواهم میخواهم كتاب کتاب خواهم", "خواب"),
    ("میں اردو ہوں", "ur", "اردو ميں میں", "ارد"),
    # Indic scripts, Thai, Lao, Khmer, Burmese
    ("यह फ़िल्म हिन्दी में है, चाँद", "hi", "फ़िल्म फिल्म हिन्दी चांद चाँद " + nfd("फ़िल्म"), "फल हद"),
    ("আমি বাংলায় গান গাই", "bn", "বাংলায় গান", "গন"),
    ("புத்தகம் படிக்கிறேன்", "ta", "புத்தகம் புத்தகங்கள்", "பத்தகம்"),
    ("ดื่มน้ำ ที่โรงเรียน", "th", "น้ำ น้ํา โรงเรียน", "นา"),
    ("ខ្ញុំ\u200bទៅ\u200bសាលារៀន", "km", "សាលារៀន", "សល"),
    # East Asia
    ("ﾈｺがサーバーを見た", "ja", "ネコ ねこ サーバー サーバ", "いぬ"),
    ("ガラスとパン", "ja", "ガラス " + nfd("ガラス") + " パン", "カラス バン"),
    ("スター・ウォーズを見る", "ja", "スター・ウォーズ スターウォーズ", "スタア"),
    ("나는 학교에서 자전거를 탔다, 고양이가", "ko", "학교 학교에서 학교는 자전거 고양이는 " + nfd("학교"), "학생"),
    ("他买了红色的自行车", "zh", "自行车 红色", "红包"),
    # Width, ligatures, digits, signs that nobody sees
    ("Ｆｕｌｌ ｗｉｄｔｈ ﬁne oﬀice №１２", "en", "full width fine office 12", "ful"),
    ("The year ۱۹۷۲ and १९", "en", "1972 19 ۱۹۷۲", "197"),
    ("an e\u00admail, so\u200cft\u2060ly \ufeffspoken ❤\ufe0f", "en", "email softly spoken", "mailing"),
    ("Hearsight™ costs 25％", "en", "hearsight 25%", "tm"),
    # Hyphens and dots
    ("send an e-mail from the U.S.A. and co‑operate", "en", "email e-mail mail usa U.S.A. cooperate co-operate", "us"),
    ("I got your email in the USA.Then he left", "en", "e-mail e‑mail email U.S.A. then", "mailbox"),
    ("the snake_case of hearsight.org", "en", "case snake hearsight org", "snow"),
]


@pytest.fixture(scope="module")
def rows():
    return pa.table(
        {
            "id": [str(number) for number in range(len(LINES))],
            "transcript": [line for line, *_ in LINES],
            WORDS: [indexed_words(line, language) for line, language, *_ in LINES],
        }
    )


@pytest.fixture(scope="module")
def in_memory(rows):
    return word_index(rows, "transcript")


@pytest.fixture(scope="module")
def table(rows, tmp_path_factory):
    table = lancedb.connect(tmp_path_factory.mktemp("words")).create_table("clips", rows)
    create_indexes(table)
    return table


def lines_in_memory(index, text):
    return {row for row, match in index.match(Query(text), len(LINES)).items() if match.strength > 0}


def lines_on_disk(table, text):
    query = Query(text)
    words = WordsOnDisk(TranscriptIndex(None, table), [*STEMMERS, ""])
    rows = TranscriptIndex(None, table).matching(words.text_of(query)).limit(len(LINES)).to_list()
    return {int(row["id"]) for row in rows if query.match(tuple(row[WORDS].split(" ")), 1.0).strength > 0}


@pytest.mark.parametrize("number", range(len(LINES)), ids=[line[:20] for line, *_ in LINES])
def test_a_word_finds_the_line_that_says_it(in_memory, table, number):
    line, language, queries, others = LINES[number]
    for query in queries.split():
        assert number in lines_in_memory(in_memory, query), query
        assert Query(query).spans(line, stemming_language(language)), query
    for query in others.split():
        assert number not in lines_in_memory(in_memory, query), query
    text = " ".join(queries.split()[:3])
    assert lines_on_disk(table, text) == lines_in_memory(in_memory, text)


@st.composite
def words_of_lines(draw):
    """A word as it stands in a line, written in another way."""
    number = draw(st.integers(0, len(LINES) - 1))
    line = LINES[number][0]
    word = draw(st.sampled_from(cut(line)))
    typed = line[word.start : word.end]
    typed = draw(st.sampled_from([typed, typed.upper(), typed.lower(), typed.title()]))
    return number, word, unicodedata.normalize(draw(st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"])), typed)


@settings(max_examples=300, deadline=None)
@given(words_of_lines())
def test_any_word_of_a_line_finds_it_and_is_marked(in_memory, typed_word):
    number, word, typed = typed_word
    line, language, *_ = LINES[number]
    if "ǰ" in typed or not any(map(str.isalnum, typed)):
        return
    query = Query(typed)
    assert number in lines_in_memory(in_memory, typed)
    spans = query.spans(line, stemming_language(language))
    assert any(start <= word.start and word.end <= end for start, end in spans)
    assert Phrase(typed).is_in(line, stemming_language(language))
