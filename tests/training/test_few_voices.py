"""The price of listening to many voices."""

import math

import pytest
import torch

from hearsight.training.loop import train
from hearsight.training.losses import few_voices_loss
from tests.training.making import made_up_recipe
from tests.training.test_loop import metrics


def test_it_is_least_for_one_voice_and_most_for_all_alike():
    assert few_voices_loss(torch.tensor([[1.0, 0.0, 0.0]])).item() == pytest.approx(0, abs=1e-4)
    assert few_voices_loss(torch.full((4, 3), 1 / 3)).item() == pytest.approx(math.log(3))


def test_weights_get_away_from_being_alike():
    scores = torch.tensor([[0.1, 0.0, 0.0]], requires_grad=True)
    few_voices_loss(scores.softmax(dim=-1)).backward()
    assert scores.grad[0, 0] < 0 < scores.grad[0, 1]


def test_texts_of_chorus_pay_it(tmp_path):
    run = tmp_path / "run"
    train(made_up_recipe(tmp_path, method="chorus", few_voices=1.0, epochs=12), run)
    paid = [line["few_voices"] for line in metrics(run) if "few_voices" in line]
    assert paid[-1] < paid[0] < math.log(3) + 1e-4
