from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from hearsight.towers.filterbank import filterbank

GOLDEN = load_file(Path(__file__).parents[1] / "golden" / "fbank.safetensors")


@pytest.mark.parametrize("length", ["1.7s", "4.0s", "15.3s"])
def test_agrees_with_the_published_filterbank(length):
    waveform = GOLDEN[f"waveform_{length}"].numpy().astype(np.float32) / 32768
    ours, theirs = filterbank(waveform)[::16], GOLDEN[f"fbank_{length}"]
    assert (ours - theirs).abs().max() / theirs.abs().mean() < 2e-3


@pytest.mark.parametrize("samples", [400, 401, 1023, 1024, 1025, 16000 * 60])
def test_any_length_fills_the_rows(samples):
    bank = filterbank(np.random.default_rng(0).standard_normal(samples).astype(np.float32))
    assert bank.shape == (1024, 128)
    assert torch.isfinite(bank).all()


def test_less_than_a_window_is_silence():
    assert not filterbank(np.ones(399, dtype=np.float32)).any()
    assert not filterbank(np.zeros(0, dtype=np.float32)).any()
