"""Log-mel filterbanks, the input of AST, by kaldi-native-fbank."""

from __future__ import annotations

import kaldi_native_fbank
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

SAMPLE_RATE = 16_000
BINS = 128
WINDOW = SAMPLE_RATE * 25 // 1000  # samples: a shorter waveform has no filterbank
AUDIOSET_MEAN, AUDIOSET_STD = -5.118, 3.2527153


def filterbank(waveform: NDArray[np.float32], rows: int = 1024) -> Tensor:
    """Return the (rows, 128) normalised filterbank of a complete clip, 16 kHz mono (docs/reference.md section 1).

    The frame shift is stretched, so that a clip of any length fills `rows`. A waveform of less than one window
    (25 ms) gives zeros, like a clip without audio.
    """
    if len(waveform) < WINDOW:
        return torch.zeros(rows, BINS)
    shift = max(1, len(waveform) // rows)
    features = _mel(waveform - waveform.mean(), shift)[:rows]
    padded = np.zeros((rows, BINS), dtype=np.float32)
    padded[: len(features)] = features
    return torch.from_numpy((padded - AUDIOSET_MEAN) / (2 * AUDIOSET_STD))


def _mel(waveform: NDArray[np.float32], shift: int) -> NDArray[np.float32]:
    """Return Kaldi's filterbank (T, 128) with a frame shift in samples."""
    options = kaldi_native_fbank.FbankOptions()
    options.frame_opts.samp_freq = SAMPLE_RATE
    options.frame_opts.window_type = "hanning"
    options.frame_opts.dither = 0
    options.frame_opts.snip_edges = True
    # Kaldi takes milliseconds and truncates to samples: adding a half prevents the loss of one by rounding.
    options.frame_opts.frame_shift_ms = (shift + 0.5) * 1000 / SAMPLE_RATE
    options.mel_opts.num_bins = BINS
    options.use_energy = False
    options.htk_compat = True
    fbank = kaldi_native_fbank.OnlineFbank(options)
    fbank.accept_waveform(SAMPLE_RATE, waveform.astype(np.float32).tolist())
    fbank.input_finished()
    return np.stack([fbank.get_frame(i) for i in range(fbank.num_frames_ready)])
