"""Voice activity: speech is found, and other sounds are not."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hearsight.research.soundstage.sound_events import sound_event
from hearsight.speech import find_speech
from hearsight.speech.vad import MAX_LENGTH, SPEECH, _stretches
from tests.speech.sounds import NOT_SPEECH, RATE, blocks, music, noise, say, silence, spoken_sentences


@pytest.mark.parametrize("sound", NOT_SPEECH.values(), ids=NOT_SPEECH)
def test_no_speech_in_music_noise_and_silence(sound):
    assert list(find_speech(blocks(sound))) == []


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", ["bark", "drum", "knocking", "meow", "rain", "siren"])
def test_no_speech_in_rendered_sounds_loud_or_faint(name, seed):
    for decibels in (-20, -35):
        sound = sound_event(name, 8, np.random.default_rng(seed), decibels)
        assert list(find_speech(blocks(sound))) == []


@pytest.mark.parametrize("word", ["no", "help", "stop"])
def test_a_single_word_is_found_in_noise(tmp_path, word):
    spoken = np.concatenate([silence(1), say(tmp_path, word), silence(1)])
    hiss = noise(len(spoken) / RATE, loudness=float(spoken[spoken != 0].std()) / 2, pink=True)
    assert len(list(find_speech(blocks(spoken + hiss)))) == 1


@pytest.mark.parametrize("voice", ["slt", "rms", "awb", "kal16"])
@pytest.mark.parametrize("background", [silence(6), music(6), noise(6, pink=True)], ids=["quiet", "music", "noise"])
def test_the_times_of_a_voice(tmp_path, voice, background):
    spoken = say(tmp_path, "the doctor lost a yellow bicycle", voice)
    sound = background * spoken.std() / max(background.std(), 1e-9)
    sound[2 * RATE : 2 * RATE + len(spoken)] += spoken
    stretches = list(find_speech(blocks(sound)))
    start, end = stretches[0][0], stretches[-1][0] + len(stretches[-1][1]) / RATE
    assert 1.5 < start < 2.4
    assert -0.5 < end - (2 + len(spoken) / RATE) < 0.8


def test_stretches_do_not_depend_on_the_size_of_blocks():
    sound = spoken_sentences()
    stretches = list(find_speech([sound]))
    for start, samples in stretches:
        first = round(start * RATE)
        part = sound[first : first + len(samples)]
        np.testing.assert_array_equal(samples[: len(part)], part)
    for again in (find_speech(blocks(sound, 1_000)), find_speech(blocks(sound, 50_000))):
        for (start, samples), (start_again, samples_again) in zip(stretches, again, strict=True):
            assert start == start_again
            np.testing.assert_array_equal(samples, samples_again)


def test_long_talk_is_cut_without_loss():
    sound = spoken_sentences()
    talk = np.concatenate([samples for _, samples in find_speech([sound])])
    stretches = list(find_speech(blocks(np.tile(talk, 8))))
    lengths = [len(samples) / RATE for _, samples in stretches]
    assert max(lengths) <= 30 < sum(lengths)
    assert sum(lengths) > 0.9 * 8 * len(talk) / RATE
    ends = [start + length for (start, _), length in zip(stretches, lengths, strict=True)]
    assert all(end <= start + 1e-6 for end, (start, _) in zip(ends, stretches[1:], strict=False))


@given(st.lists(st.tuples(st.integers(1, 1200), st.sampled_from([0.01, 0.1, 0.4, 0.9])), max_size=8))
@example([(MAX_LENGTH - 40, 0.9), (30, 0.1), (10, 0.01), (50, 0.1), (20, 0.9)])
def test_every_chunk_of_speech_is_in_one_stretch_in_order(runs):
    scores = [score for length, score in runs for _ in range(length)]
    stretches = list(_stretches((np.array([number]), score) for number, score in enumerate(scores)))
    numbers = [int(chunk[0]) for stretch in stretches for chunk in stretch.chunks]
    assert numbers == sorted(set(numbers))
    assert {number for number, score in enumerate(scores) if score >= SPEECH} <= set(numbers)
    for stretch in stretches:
        assert [int(chunk[0]) for chunk in stretch.chunks] == [stretch.first + n for n in range(len(stretch.chunks))]
        assert len(stretch.chunks) <= MAX_LENGTH


@pytest.mark.parametrize("sound", [[], [np.empty(0, np.float32)], [np.zeros(3, np.float32)]])
def test_very_short_sounds_have_no_speech(sound):
    assert list(find_speech(sound)) == []
