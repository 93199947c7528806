"""AST computes what transformers' AST does. Its average over frequencies keeps the moments apart."""

import pytest
import torch
from transformers import ASTConfig, ASTModel

from hearsight.towers.ast import AudioTower
from tests.builders import tiny_ast


def test_the_grid_is_that_of_the_patches():
    tower = AudioTower(tiny_ast())
    across, along = tower.grid
    assert tower(torch.zeros(1, tower.rows, 128)).shape[1] == 1 + across * along


def test_frequencies_are_averaged_and_moments_are_not():
    tower = AudioTower(tiny_ast())
    across, along = tower.grid
    tokens = torch.zeros(2, 1 + across * along, 3)
    tokens[:, 0] = 7
    for frequency in range(across):
        for moment in range(along):
            tokens[:, 1 + frequency * along + moment] = moment
    averaged = tower.average_frequencies(tokens)
    assert averaged[0, :, 0].tolist() == [7, *range(along)]


def test_patches_of_a_moment_are_where_the_average_looks_for_them():
    """A filterbank that is loud in one moment alone changes, in the embedding, the patches of that moment alone."""
    tower = AudioTower(tiny_ast())
    across, along = tower.grid
    quiet = torch.zeros(1, tower.rows, 128)
    loud = quiet.clone()
    loud[:, :1] = 1.0  # the first row of time
    changed = (tower.model.embeddings(loud) - tower.model.embeddings(quiet)).abs().sum(dim=-1)[0, 2:]
    assert changed.reshape(across, along)[:, 1:].max() == 0
    assert changed.reshape(across, along)[:, 0].min() > 0


def test_it_computes_what_transformers_does_but_for_the_first_token():
    torch.manual_seed(0)
    config = {**tiny_ast(), "qkv_bias": False, "layer_norm_eps": 1e-3}
    tower, reference = AudioTower(config).eval(), ASTModel(ASTConfig(**config)).eval()
    torch.nn.init.normal_(tower.model.embeddings.cls_token)  # a fresh one has both tokens alike
    reference.load_state_dict(tower.model.state_dict())
    filterbank = torch.randn(2, 64, 128)
    with torch.no_grad():
        tokens, published = tower(filterbank), reference(filterbank).last_hidden_state
    assert tokens.shape[1] == published.shape[1] - 1
    assert torch.allclose(tokens[:, 1:], published[:, 2:], atol=1e-5)
    assert not torch.allclose(tokens[:, 0], published[:, :2].mean(dim=1), atol=1e-3)  # averaged before the norm


def test_it_starts_as_transformers_does():
    config = {**tiny_ast(), "hidden_size": 96, "initializer_range": 0.1}
    torch.manual_seed(0)
    ours, theirs = AudioTower(config).model.state_dict(), ASTModel(ASTConfig(**config)).state_dict()
    assert list(ours) == list(theirs)
    for name, tensor in theirs.items():
        if tensor.ndim > 1 and tensor.any():
            assert ours[name].std().item() == pytest.approx(tensor.std().item(), rel=0.1), name
        else:
            assert torch.equal(ours[name], tensor), name
