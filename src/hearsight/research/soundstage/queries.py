"""Queries with exactly one right clip, as computed from the facts of the scenes."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product, repeat
from typing import Any

import numpy as np
from numpy.random import Generator

from hearsight.research.soundstage.captions import Caption, caption_kinds, sample_caption
from hearsight.research.soundstage.clip_plans import PlannedClip
from hearsight.research.soundstage.facts import FactIndex, scene_facts
from hearsight.research.soundstage.query_groups import QueryGroup
from hearsight.research.soundstage.scenes import Scene

# What a test query may mention: all that its group needs, and for the groups with speech sometimes also what is seen.
QUERY_KINDS: dict[QueryGroup, tuple[str, ...]] = {
    "sight": ("sight",),
    "sound": ("sight+sound",),
    "speech": ("speech", "sight+speech"),
    "sound+speech": ("sound+speech", "all"),
}
# What a query of the demo may mention, in the order tried.
DEMO_QUERY_KINDS = {
    "sight": ("sight",),
    "sound": ("sound", "sight+sound"),
    "speech": ("speech",),
    "sight+sound": ("sight+sound",),
    "all": ("all",),
}
QUERIES_PER_KIND = 10
ATTEMPTS = 20


def split_queries(clips: list[PlannedClip], seed: int) -> list[dict[str, Any]]:
    """Return one query for each clip, which no other clip answers: {"kind", "text", "facts", "group"}.

    A query mentions as little of what is seen as identifies the clip, and motion only if nothing else does.
    """
    index = FactIndex(scene_facts(clip.scene) for clip in clips)
    return [clip_query(clip, number, index, np.random.default_rng([seed, number])) for number, clip in enumerate(clips)]


def clip_query(clip: PlannedClip, number: int, index: FactIndex, rng: Generator) -> dict[str, Any]:
    """Return the query of one clip, which is the one with this number in the index."""
    group: QueryGroup = clip.family.difference if clip.family else "sight"
    for kind in rng.permutation(QUERY_KINDS[group]).tolist():
        choices = sight_choices(clip.scene, rng) if mentions_sight(kind) else repeat(None, ATTEMPTS)
        if caption := unique_caption(clip.scene, kind, number, index, rng, choices):
            return {**caption_row(caption), "group": group}
    raise AssertionError(f"{clip.id} cannot be told from other clips; exact_families should have prevented this")


def demo_queries(clips: list[PlannedClip]) -> list[dict[str, Any]]:
    """Return ten queries of each kind if the clips allow it: {"text", "kind", "clip", "why", "facts"}.

    Those about "sound" and "speech" are for clips with a twin, so that the picture cannot give the answer.
    """
    rng = np.random.default_rng([0, len(clips)])
    index = FactIndex(scene_facts(clip.scene) for clip in clips)
    rows: list[dict[str, Any]] = []
    for kind in DEMO_QUERY_KINDS:
        queries = (demo_query(kind, number, clips, index, rng) for number in range(len(clips)))
        rows += [row for row in queries if row][:QUERIES_PER_KIND]
    return rows


def demo_query(
    kind: str, number: int, clips: list[PlannedClip], index: FactIndex, rng: Generator
) -> dict[str, Any] | None:
    """Return a query for one of the clips, or None if the clip does not suit the kind or no unique query is found."""
    clip = clips[number]
    if kind in ("sound", "speech") and not (clip.family and clip.family.difference == kind):
        return None
    for caption_kind in DEMO_QUERY_KINDS[kind]:
        choices = repeat(None, ATTEMPTS if caption_kind in caption_kinds(clip.scene) else 0)
        if caption := unique_caption(clip.scene, caption_kind, number, index, rng, choices):
            return {**caption_row(caption), "kind": kind, "clip": clip.id, "why": explain(caption, clip, clips)}
    return None


def unique_caption(
    scene: Scene,
    kind: str,
    number: int,
    index: FactIndex,
    rng: Generator,
    sight_choices: Iterable[frozenset[str] | None],
) -> Caption | None:
    """Return the first caption that only this clip answers, trying each choice of facts to see; None without one."""
    for sight in sight_choices:
        caption = sample_caption(scene, kind, rng, sight)
        if index.matching(caption.facts) == {number}:
            return caption
    return None


def sight_choices(scene: Scene, rng: Generator) -> list[frozenset[str]]:
    """Return all sets of visible facts with at least one icon: those without motion first, the smallest first."""
    parts: list[list[set[str]]] = [[set(), {f"background: {scene.background}"}]]
    for icon in scene.icons:
        name, motion = {f"icon: {icon.name}"}, {f"motion: {icon.name} {icon.motion}"}
        still = [name, name | {f"plate: {icon.name} {icon.plate}"}] if icon.plate else [name]
        parts.append([set(), *still, *(facts | motion for facts in still)])
    choices = [frozenset[str]().union(*combination) for combination in product(*parts) if any(combination[1:])]
    shuffled = [choices[index] for index in rng.permutation(len(choices))]
    return sorted(shuffled, key=lambda facts: (sum(fact.startswith("motion") for fact in facts), len(facts)))


def mentions_sight(kind: str) -> bool:
    return "sight" in kind or kind == "all"


def caption_row(caption: Caption) -> dict[str, Any]:
    """Return a caption as it stands in the manifest."""
    return {"kind": caption.kind, "text": caption.text, "facts": sorted(caption.facts)}


def explain(caption: Caption, clip: PlannedClip, clips: list[PlannedClip]) -> str:
    """Explain to a person why this clip and no other answers."""
    facts = ", ".join(sorted(caption.facts))
    if clip.family is None:
        return f"only {clip.id} has {facts}"
    twins = [twin.id for twin in clips if twin.family and twin.family.name == clip.family.name and twin != clip]
    return f"only {clip.id} has {facts}; {', '.join(twins)} looks the same and differs in {clip.family.difference}"
