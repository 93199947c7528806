"""AST's tokens are one frequency after the other; their average keeps the moments apart."""

import torch
from transformers import ASTConfig, ASTModel

from hearsight.towers.ast import AudioTower
from tests.making import tiny_ast


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


def test_where_a_tower_stood_is_no_part_of_it(tmp_path):
    model = ASTModel(ASTConfig(**tiny_ast()))
    for name in ("here", "there"):
        model.save_pretrained(tmp_path / name)
    here, there = (AudioTower.from_pretrained(tmp_path / name).model.config.to_dict() for name in ("here", "there"))
    assert here == there and str(tmp_path) not in str(here)
