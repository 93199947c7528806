"""Groups of queries have exact numbers, and families have the sizes that their group needs."""

import pytest

from hearsight.research.soundstage.query_groups import QUERIES_PER_THOUSAND, family_sizes, pairs_and_triplets


def test_a_thousand_queries_have_the_proportions_of_save() -> None:
    families = family_sizes(1000)
    for group, share in QUERIES_PER_THOUSAND.items():
        assert sum(size for family_group, size in families if family_group == group) == share


@pytest.mark.parametrize("count", [*range(1, 40), 60, 300])
def test_any_number_of_clips(count: int) -> None:
    families = family_sizes(count)
    assert sum(size for _, size in families) == count
    allowed = {"sight": {1}, "sound": {2, 3}, "speech": {2, 3}, "sound+speech": {4}}
    assert all(size in allowed[group] for group, size in families)


def test_about_a_fifth_are_triplets() -> None:
    sizes = pairs_and_triplets(226)
    assert sum(sizes) == 226
    assert 0.15 < sizes.count(3) / len(sizes) < 0.25
