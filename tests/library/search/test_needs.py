"""A library ranks clips by a method whose similarity reads more than pooled vectors and frames."""

from pathlib import Path

import pytest
import torch

from hearsight import register
from hearsight.library import Library
from hearsight.models.methods.avigate import AVIGATE
from tests.builders import tiny_model
from tests.library.conftest import assert_same, film


class AudioTokenAVIGATE(AVIGATE):
    """Adds the highest cosine of the text and an audio token to the similarity."""

    needs = ("pooled", "frames", "audio")

    def similarity(self, text, video):
        tokens = torch.nn.functional.normalize(video.audio.float(), dim=-1)  # (B, Q, D)
        return super().similarity(text, video) + 10 * torch.einsum("nd,bqd->nbq", text, tokens).amax(-1)


@pytest.fixture
def model(tmp_path, house_methods):
    register("audio_tokens")(AudioTokenAVIGATE)
    return tiny_model(tmp_path / "model", "audio_tokens")


@pytest.fixture
def library(tmp_path, model) -> Library:
    for number in range(3):
        film(tmp_path / "films" / f"{number}.mkv", 4, seed=number, sound=number > 0)
    library = Library.create(tmp_path / "films", model, seconds=2, keep_features=True)
    library.update(recogniser="none")
    return library


@pytest.mark.parametrize("in_memory", [True, False])
def test_candidates_are_ranked_by_everything_that_similarity_reads(library, model, in_memory):
    hits = Library.open(library.folder, model=model, in_memory=in_memory).search("a bell rings", "dense", 10).hits
    text = model.encode_texts(["a bell rings"])
    with torch.inference_mode():
        video = model.encode_files([str(Path(hit.video)) for hit in hits])
    assert len(hits) == 3 and hits == sorted(hits, key=lambda hit: -hit.similarity)
    assert video.audio is not None and len(text) == 1
    table = library._store.rows("true", ["id", "extra_audio"])
    assert table.schema.field("extra_audio").type.list_size == 4 * model.width
    moments = library.moments(hits[0], "a bell rings", "dense")
    assert max(moment.similarity for moment in moments) == pytest.approx(hits[0].similarity, rel=1e-3)


def test_reindexing_adds_the_fields_that_a_method_needs(library, model, tmp_path):
    plain = tiny_model(tmp_path / "plain", "avigate")
    reindexed = Library.create(library.folder, plain, tmp_path / "other", seconds=2, keep_features=True)
    reindexed.update(recogniser="none")
    assert "extra_audio" not in reindexed._store.clips.schema.names
    reindexed.reindex(model)
    assert "extra_audio" in reindexed._store.clips.schema.names
    assert_same(reindexed, library)
    assert reindexed.search("a bell rings").hits[0].clip == library.search("a bell rings").hits[0].clip
