"""The catalogue of what `--model` accepts by name: configurations of experts, and single models."""

from __future__ import annotations

from dataclasses import asdict, replace

from hearsight.experts.configuration import CONFIGURATIONS, EVERYDAY, Configuration
from hearsight.experts.sources import is_here
from hearsight.models.catalog import ENGLISH, MANY, PUBLIC, NamedModel, named_models

# Of the experts that no list of models has.
BYTES = {"clap:laion/clap-htsat-unfused": 615_000_000}
ABOUT = {
    EVERYDAY: NamedModel(
        EVERYDAY, "sees, hears, finds what is said; the default", False, MANY, licence="Apache-2.0"
    ),
    "everyday-english": NamedModel("everyday-english", "the same, lighter", False, ENGLISH),
}


def listed_models() -> list[NamedModel]:
    """Return the configurations, the bundled model and the public ones; only this machine is searched for them."""
    configurations = [_listed(name, configuration) for name, configuration in CONFIGURATIONS.items()]
    return configurations + named_models()


def _listed(name: str, configuration: Configuration) -> NamedModel:
    experts = asdict(configuration).values()
    size = sum(PUBLIC[expert].bytes if expert in PUBLIC else BYTES.get(expert, 0) for expert in experts)
    return replace(ABOUT[name], bytes=size, here=all(is_here(expert) for expert in experts))
