"""Chorus: three voices, and a query that weighs them."""

import math
from dataclasses import replace

import pytest
import torch
from torch.nn.functional import cosine_similarity, normalize

import hearsight
from hearsight.models.load import build
from hearsight.models.methods.chorus import few_voices_loss
from hearsight.models.preprocess import ClipInputs
from tests.builders import tiny_inputs, tiny_model

TEXTS = ["the doctor lost a yellow bicycle", "a bell rings"]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_model(tmp_path_factory.mktemp("model"), "chorus")


@pytest.fixture(scope="module")
def features(model):
    return model.extract(ClipInputs(**tiny_inputs(model)))


def text_vectors(model) -> torch.Tensor:
    return model.encode_text(model.tokenize(TEXTS)).unflatten(1, (3, model.width))


@torch.no_grad()
def test_a_text_is_a_question_to_each_voice_as_long_as_its_weight(model):
    weights = text_vectors(model).norm(dim=-1)
    assert torch.allclose(weights.sum(dim=1), torch.ones(2), atol=1e-5)
    assert (weights > 0).all()
    assert not torch.allclose(weights[0], weights[1], atol=1e-4)


@torch.no_grad()
def test_similarity_is_the_weighed_sum_of_what_each_voice_answers(model, features):
    video = model.fuse(features)
    questions, voices = text_vectors(model), video.pooled.unflatten(1, (3, model.width))
    assert torch.allclose(voices.norm(dim=-1), torch.ones(3, 3), atol=1e-5)
    scale = model.clip.logit_scale.exp()
    for n, question in enumerate(questions):
        for b, voice in enumerate(voices):
            weights = question.norm(dim=-1)
            coarse, heard, said = scale * weights * cosine_similarity(question, voice, dim=-1)
            per_frame = scale * weights[0] * cosine_similarity(question[:1], video.frames[b], dim=-1)
            fine = per_frame[video.mask[b]].logsumexp(0)
            logit = model.similarity(questions.flatten(1), video)[n, b]
            assert logit.item() == pytest.approx(((coarse + fine) / 2 + heard + said).item(), abs=1e-4)


@torch.no_grad()
def test_a_voice_that_is_absent_is_always_the_same(model, features):
    silent = replace(features, has_audio=torch.tensor([True, False, False]))
    model.absent.data.normal_()
    heard = model.fuse(silent).pooled.unflatten(1, (3, model.width))[:, 1]
    assert torch.equal(heard[1:], model.absent[:1].expand(2, -1))
    assert torch.allclose(heard[0].norm(), torch.ones(()))


@torch.no_grad()
def test_leaving_a_voice_out_leaves_the_others_as_they_are(model, features):
    full, deaf = (model.fuse(features, without=without).pooled.chunk(3, dim=1) for without in ((), ("audio",)))
    assert torch.equal(full[0], deaf[0])
    assert torch.equal(full[2], deaf[2])
    assert not deaf[1].any()


@torch.no_grad()
def test_each_part_can_be_left_out(model, features):
    def without(**parts):
        options = {**model.config.options, **parts}
        other = build(replace(model.config, options=options), model.tokenizer).eval()
        other.load_state_dict(model.state_dict())
        return other

    assert torch.allclose(text_vectors(without(query_weights=False)).norm(dim=-1), torch.full((2, 3), 1 / 3), atol=1e-5)
    first, second, third = normalize(text_vectors(without(query_projections=False)), dim=-1).unbind(1)
    assert torch.allclose(first, second, atol=1e-5) and torch.allclose(first, third, atol=1e-5)
    silent = replace(features, has_audio=torch.zeros(3, dtype=torch.bool))
    heard = without(learned_absence=False).fuse(silent).pooled.chunk(3, dim=1)[1]
    assert torch.allclose(heard.norm(dim=-1), torch.ones(3), atol=1e-5)


@torch.no_grad()
def test_it_is_saved_and_loaded(model, features, tmp_path):
    model.save_pretrained(tmp_path)
    assert torch.equal(hearsight.load(tmp_path).fuse(features).pooled, model.fuse(features).pooled)


def test_few_voices_cost_least_for_one_voice_and_most_for_all_alike():
    assert few_voices_loss(torch.tensor([[1.0, 0.0, 0.0]])).item() == pytest.approx(0, abs=1e-4)
    assert few_voices_loss(torch.full((4, 3), 1 / 3)).item() == pytest.approx(math.log(3))


def test_weights_get_away_from_being_alike():
    scores = torch.tensor([[0.1, 0.0, 0.0]], requires_grad=True)
    few_voices_loss(scores.softmax(dim=-1)).backward()
    assert scores.grad[0, 0] < 0 < scores.grad[0, 1]
