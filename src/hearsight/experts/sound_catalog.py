"""The catalogue of public sound experts, by the names that `--sound` accepts."""

from __future__ import annotations

from hearsight.models.catalog import ENGLISH, NamedModel

APACHE = "Apache-2.0"
PUBLIC_SOUNDS = {
    model.name: model
    for model in (
        NamedModel("clap:laion/clap-htsat-unfused", "hears (--sound); quick", False, ENGLISH, 615_000_000),
        NamedModel(
            "pe-audio:facebook/pe-a-frame-small", "hears (--sound); slow", False, ENGLISH, 1_800_000_000, APACHE
        ),
        NamedModel(
            "pe-audio:facebook/pe-a-frame-base", "hears (--sound); slower", False, ENGLISH, 2_240_000_000, APACHE
        ),
    )
}


def with_kind(name: str) -> str:
    """Return the complete name of a public sound expert that is called by its hub id; others as they are."""
    return next((complete for complete in PUBLIC_SOUNDS if complete.partition(":")[2] == name), name)
