"""Groups of queries come in exact numbers, and families in sizes that leave no clip alone."""

import pytest

from hearsight.research.soundstage.groups import SHARES, families, sizes


def test_a_thousand_queries_are_those_of_save() -> None:
    made = families(1000)
    for group, share in SHARES.items():
        assert sum(size for of, size in made if of == group) == share


@pytest.mark.parametrize("count", [*range(1, 40), 60, 300])
def test_any_number_of_clips(count: int) -> None:
    made = families(count)
    assert sum(size for _, size in made) == count
    allowed = {"sight": {1}, "sound": {2, 3}, "speech": {2, 3}, "sound+speech": {4}}
    assert all(size in allowed[group] for group, size in made)


def test_about_a_fifth_are_triplets() -> None:
    made = sizes(226)
    assert sum(made) == 226
    assert 0.15 < made.count(3) / len(made) < 0.25
