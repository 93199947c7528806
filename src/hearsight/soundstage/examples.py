"""Single frames, sounds and sentences with their captions, without a video around them, to pretrain towers on.

They come from the same functions as the clips, and from the combinations of the training split.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.random import Generator

from hearsight.soundstage.captions import describe
from hearsight.soundstage.plans import sample_scene
from hearsight.soundstage.scenes import draw, sample_sight
from hearsight.soundstage.sentences import reword, sample_sentence
from hearsight.soundstage.soundtrack import soundtrack


def frame_example(rng: Generator) -> tuple[np.ndarray, str]:
    """A frame, RGB uint8 of 240 x 320 x 3, and a caption of what is seen."""
    scene = sample_sight(rng)
    (frame,) = draw(scene, [rng.uniform(0, scene.duration)])
    return frame, describe(scene, "sight", rng)


def sound_example(rng: Generator, speech: float = 0.0) -> tuple[np.ndarray, str, str]:
    """A soundtrack, float32 mono at 16 kHz, a caption of its sound event, and the event's name.

    speech is the share of soundtracks in which someone speaks over it, which takes flite.
    """
    scene = sample_scene(rng, sound=1, speech=speech)
    assert scene.sound
    return soundtrack(scene), describe(scene, "sound", rng), scene.sound.name


def speech_example(rng: Generator) -> tuple[str, str]:
    """A sentence as it is said, and what a caption makes of it."""
    sentence = sample_sentence(rng)
    place = sentence.place if rng.random() < 0.75 else None
    return sentence.text, reword(replace(sentence, place=place), rng)
