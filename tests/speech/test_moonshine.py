"""Recognising with Moonshine: sentences with times, and nothing that was not said."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest

from hearsight.errors import HearsightError
from hearsight.media.probe import probe
from hearsight.research.soundstage.split_statistics import words
from hearsight.speech import load_recogniser, moonshine, transcribe
from hearsight.speech.moonshine import MIN_EVIDENCE, _evidence, _sentences, _times, _with_first_doubts
from hearsight.speech.moonshine_network import Token
from tests.media_files import make_media
from tests.speech.sounds import NOT_SPEECH, RATE, music, noise, say, silence, sound_of, spoken_sentences

ENGLISH = "please close the window before it starts to rain"
GERMAN = "Der Arzt hat gestern sein Fahrrad im Garten verloren und sucht es noch immer."


@pytest.fixture(scope="module")
def recogniser():
    return load_recogniser("moonshine")


def text(recognised) -> str:
    return " ".join(line.text for line in recognised.lines)


def test_sentences_of_bundled_clips_are_recognised_with_punctuation_and_times(tmp_path, recogniser):
    path = make_media(tmp_path / "a.wav", sounds=[np.concatenate([silence(5), spoken_sentences()])])
    transcript = transcribe(probe(path), recogniser)
    assert (transcript.source, transcript.language) == ("moonshine", "en")
    assert [line.text for line in transcript.lines] == [
        "The writer decided to buy a large diamond.",
        "The engineer was looking for a little refrigerator.",
    ]
    assert all(line.words == () for line in transcript.lines)
    first, second = transcript.lines
    assert 5 < first.start < first.end <= second.start < second.end <= 5 + len(spoken_sentences()) / RATE
    assert second.start == pytest.approx(5 + 5.2 + 0.5, abs=0.5)  # the second clip begins after 5.2 s


@pytest.mark.parametrize("tokens", [[], [Token(b"", -0.1)]], ids=["no token", "the end alone"])
def test_a_network_that_says_nothing_hears_nothing(tmp_path, recogniser, monkeypatch, tokens):
    monkeypatch.setattr(recogniser._network, "decode", lambda samples: tokens)
    recognised = recogniser.transcribe(spoken_sentences())
    assert (recognised.lines, recognised.language) == ((), None)


@pytest.mark.parametrize("voice", ["rms", "slt", "awb", "kal16"])
@pytest.mark.parametrize("gain", [1.0, 0.01, 4.0], ids=["loud", "faint", "clipped"])
def test_a_sentence_is_recognised_loud_faint_and_clipped(tmp_path, recogniser, capfd, voice, gain):
    spoken = np.clip(gain * np.concatenate([silence(0.3), say(tmp_path, ENGLISH, voice)]), -1, 1)
    heard = set(words(text(recogniser.transcribe(spoken))))
    assert {"please", "close", "window", "before", "rain"} <= heard
    assert capfd.readouterr() == ("", "")


def test_a_voice_in_noise_is_recognised(tmp_path, recogniser):
    spoken = say(tmp_path, ENGLISH)
    hiss = noise(len(spoken) / RATE, loudness=float(spoken.std()) / 4, pink=True)
    assert {"close", "window", "rain"} <= set(words(text(recogniser.transcribe(spoken + hiss))))


def test_half_a_minute_of_speech_is_recognised_to_its_end(tmp_path, recogniser):
    sentences = [
        "please close the window before it starts to rain.",
        "nobody knows where the captain hid the treasure.",
    ]
    once = np.concatenate([part for each in sentences for part in (say(tmp_path, each), silence(0.6))])
    spoken = np.tile(once, 5)[: 30 * RATE]
    lines = recogniser.transcribe(spoken).lines
    assert all(line.start < line.end <= 30 for line in lines)
    assert all(before.end <= after.start for before, after in pairwise(lines))
    for number in range(3):
        start = number * len(once) / RATE
        near = " ".join(line.text for line in lines if start - 1 < line.start < start + 6)
        assert {"window", "rain", "captain"} <= set(words(near))


@pytest.mark.filterwarnings("ignore:lance is not fork-safe")
def test_the_same_sound_gives_the_same_text_in_threads_after_other_speech_and_after_a_fork(tmp_path, recogniser):
    first, second = spoken_sentences()[: 5 * RATE], spoken_sentences()[5 * RATE :]
    expected = [recogniser.transcribe(first), recogniser.transcribe(second)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(recogniser.transcribe, [first, second] * 4)) == expected * 4
    if hasattr(os, "fork"):
        child = os.fork()
        if child == 0:
            os._exit(recogniser._network.decode(first) != recogniser._network.decode(first))
        assert os.waitpid(child, 0)[1] == 0


@pytest.mark.parametrize("sound", NOT_SPEECH.values(), ids=NOT_SPEECH)
def test_nothing_is_invented_in_music_noise_and_silence(recogniser, sound):
    """Even without voice activity detection, which leaves them out before a recogniser gets them."""
    recognised = recogniser.transcribe(sound)
    assert recognised.lines == () and recognised.language != "und"


@pytest.mark.parametrize("number", [18, 89, 135, 138, 356, 450, 688, 726, 764, 771])
def test_nothing_is_invented_in_sounds_that_are_mistaken_for_speech(tmp_path, recogniser, number):
    """Each of these clips has no speech, but a stretch that looks like it, in which the model writes a sentence."""
    from hearsight.research.soundstage.clip_plans import plan_clips
    from hearsight.research.soundstage.soundtrack import soundtrack

    scene = plan_clips("train", number + 1, 5)[number].scene
    assert scene.speech is None
    path = make_media(tmp_path / "a.wav", sounds=[soundtrack(scene)])
    assert transcribe(probe(path), recogniser).lines == ()


@pytest.mark.parametrize("sound", [silence(0), silence(0.001), silence(0.2), np.full(100, 0.5, np.float32)])
def test_very_short_sounds_have_no_words(recogniser, sound):
    assert recogniser.transcribe(sound).lines == ()


@pytest.mark.parametrize("start", np.arange(0.2, 2.2, 0.2).round(1).tolist())
def test_a_fifth_of_a_second_of_speech_gives_a_word_or_nothing(recogniser, start):
    first = round(start * RATE)
    recognised = recogniser.transcribe(spoken_sentences()[first : first + RATE // 5])
    assert len(words(text(recognised))) <= 2
    assert recognised.language != "und"


def speak_foreign(folder, voice: str, sentence: str) -> np.ndarray:
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")
    subprocess.run(["espeak-ng", "-v", voice, "-w", folder / "foreign.wav", sentence], check=True)
    return sound_of(folder / "foreign.wav")


@pytest.mark.parametrize(
    ("voice", "sentence"),
    [
        ("de", GERMAN),
        ("fr", "Le médecin a perdu son vélo hier dans le jardin et il le cherche toujours."),
        ("es", "El médico perdió ayer su bicicleta en el jardín y todavía la está buscando."),
        ("it", "Il medico ha perso ieri la sua bicicletta in giardino e la sta ancora cercando."),
        ("cmn", "医生昨天在花园里丢了自行车现在还在找"),
    ],
)
def test_another_language_gives_no_words_and_is_reported(tmp_path, recogniser, voice, sentence):
    path = make_media(tmp_path / "a.wav", sounds=[speak_foreign(tmp_path, voice, sentence)])
    transcript = transcribe(probe(path), recogniser)
    assert (transcript.lines, transcript.source, transcript.language) == ((), "moonshine", "und")


def test_a_sentence_of_another_language_is_left_out_between_english_ones(tmp_path, recogniser):
    parts = [
        say(tmp_path, ENGLISH),
        speak_foreign(tmp_path, "de", GERMAN),
        say(tmp_path, f"the doctor said that {ENGLISH}"),
    ]
    gap = silence(0.5)
    recognised = recogniser.transcribe(
        np.concatenate([part for each in parts for part in (0.07 * each / each.std(), gap)]).astype(np.float32)
    )
    assert words(text(recognised)) == words(f"{ENGLISH} the doctor said that {ENGLISH}")
    assert recognised.language == "en"


def tokens(*pieces: str, certainty: float = -0.1) -> list[Token]:
    return [Token(piece.encode(), certainty) for piece in pieces]


def test_short_sentences_and_abbreviations_join_the_next_one():
    spoken = tokens(" Wait", ".", " Mr", ".", " Smith", " paid", " 3", ".", "50", " for", " it", ".", " Why", "?", "")
    sentences = [b"".join(token.text for token in sentence).decode() for sentence in _sentences(spoken)]
    assert sentences == [" Wait. Mr. Smith paid 3.50 for it.", " Why?"]


def test_repetition_is_no_evidence():
    once = tokens(" I", " am", " going", ".", certainty=-2.0)
    repeated = list(_with_first_doubts([*once, *tokens(*[" I", " am", " going", "."] * 20, certainty=-0.01)]))
    assert _evidence(repeated[40:]) < MIN_EVIDENCE
    certain = tokens(" Stop", "!", " Stop", "!")
    assert list(_with_first_doubts(certain)) == certain


def test_sentences_share_the_time_with_speech_and_meet_in_pauses():
    likelihood = np.array([0.0] * 10 + [0.9] * 90 + [0.1] * 20 + [0.9] * 60, np.float32)
    (start, end), (second_start, second_end) = _times([100, 50], likelihood)
    assert (start, end) == (pytest.approx(0.32), pytest.approx(3.2))
    assert (second_start, second_end) == (pytest.approx(3.84), pytest.approx(5.76))
    assert _times([7], likelihood) == [(pytest.approx(0.32), pytest.approx(5.76))]


def test_nothing_of_the_package_is_imported_and_help_imports_no_recogniser():
    program = (
        "import sys; from hearsight.speech import load_recogniser; load_recogniser('moonshine');"
        "print([name for name in sys.modules if name.startswith(('moonshine_voice', 'sounddevice', 'requests'))])"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"
    program = (
        "import sys; from hearsight.cli.main import main\n"
        "try: main(['--help'])\n"
        "finally: print([name for name in sys.modules if name.startswith(('onnxruntime', 'hearsight.speech'))])"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.endswith(
        "[]\n"
    )


@pytest.mark.parametrize("files", [[], ["encoder_model.ort"]], ids=["no package", "a package without the model"])
def test_a_missing_model_tells_how_to_install_it(tmp_path, monkeypatch, files):
    for name in files:
        (tmp_path / "assets" / "tiny-en").mkdir(parents=True)
        (tmp_path / "assets" / "tiny-en" / name).touch()
    spec = type("Spec", (), {"submodule_search_locations": [str(tmp_path)]}) if files else None
    monkeypatch.setattr(moonshine, "find_spec", lambda name: spec)
    with pytest.raises(HearsightError, match=r"pip install 'moonshine-voice>=0.0.62,<0.1'"):
        load_recogniser("moonshine")


def test_music_under_a_voice_adds_nothing(tmp_path, recogniser):
    spoken = say(tmp_path, ENGLISH)
    sound = 0.1 * music(10)
    sound[64_000 : 64_000 + len(spoken)] += spoken
    transcript = transcribe(probe(make_media(tmp_path / "a.wav", sounds=[sound])), recogniser)
    assert transcript.between(0, 3.5) == transcript.between(8, 10) == ""
    assert {"close", "window", "rain"} <= set(words(transcript.between(3.5, 8)))
