"""Fixtures that all tests share, and the order in which tests run."""

import gc
import os
import signal
from contextlib import nullcontext
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import settings

from tests.buckets import bucket  # noqa: F401 (a fixture)

settings.register_profile("patient", deadline=None)  # a machine with other work may be slow
settings.load_profile("patient")

# A shell starts what runs in its background with Ctrl-C ignored, and so would be the programs that tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Modules and tests stay until the end: to look for garbage among them takes a tenth of the time of all tests. So the
# collector waits until they are there, leaves them out, and looks less often.
gc.disable()

# Marks of tests: by the fixtures that they use, and of folders and files whose tests take seconds.
NEEDS = {"browser": "browser", "cluster": "ray"}
SLOW = (
    "cli/test_cold_search", "cli/test_convert", "cli/test_data", "cli/test_demo", "cli/test_evaluate",
    "cli/test_everyday", "cli/test_export", "cli/test_first_line", "cli/test_index", "cli/test_main",
    "cli/test_object_stores", "cli/test_public_models", "cli/test_ray", "cli/test_search", "cli/test_soundstage",
    "cli/test_train", "cli/test_without_sight", "docs/", "experiments/", "experts/test_clap",
    "experts/test_pe_audio", "experts/test_sentences", "library/indexing/test_described_sounds",
    "library/indexing/test_interruption", "library/indexing/test_isolation", "library/indexing/test_object_stores",
    "library/indexing/test_pictures", "library/indexing/test_reencode", "library/indexing/test_reindex",
    "library/indexing/test_sounds", "library/indexing/test_texts", "library/indexing/test_tracks",
    "library/indexing/test_update",
    "library/indexing/test_windows", "library/search/test_confidence", "library/search/test_languages",
    "library/search/test_same_words", "library/search/test_similar", "library/search/test_sound_expert",
    "library/search/test_texts", "library/tables/test_maintenance", "library/tables/test_repair",
    "library/test_collection", "library/test_derive", "library/test_hostile", "library/test_without_sight",
    "media/test_example", "media/test_excerpt", "media/test_packet_selection", "models/test_load",
    "models/test_perception_encoder", "models/test_public_checkpoint", "real_media/",
    "research/test_hostile_data", "research/datasets/test_check", "research/datasets/test_end_to_end",
    "research/soundstage/test_export",
    "research/soundstage/test_render", "research/training/test_processes", "research/training/test_stored_teacher",
    "research/training/test_teacher_features", "research/training/test_train_towers",
    "research/training/test_trainer", "speech/test_moonshine", "speech/test_recogniser", "speech/test_transcribe",
    "speech/test_whisper", "test_benchmarks", "util/test_child_process", "web/",
)  # fmt: skip
LONG = ("ray", "slow", "browser", "recogniser")
ONE_PROCESS = ("web/page/",)  # folders whose files share servers and a browser


def pytest_collection_modifyitems(items):
    """Mark tests by what they need, and begin with files that take long."""
    ranks = {}
    for item in items:
        path = item.location[0].removeprefix("tests/")
        for fixture in NEEDS.keys() & set(item.fixturenames):
            item.add_marker(NEEDS[fixture])
        if path.startswith(SLOW):
            item.add_marker("slow")
        rank = min((rank for rank, mark in enumerate(LONG) if item.get_closest_marker(mark)), default=len(LONG))
        ranks[item.location[0]] = min(rank, ranks.get(item.location[0], rank))
    items.sort(key=lambda item: ranks[item.location[0]])


def pytest_collection_finish():
    """Collect garbage from here on, but not among what has been imported and collected."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Run the tests of a file, or of a folder in ONE_PROCESS, in one process, so that they share what they start."""
    from xdist.scheduler import LoadScopeScheduling

    class FileScheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file = nodeid.partition("::")[0].removeprefix("tests/")
            return next((folder for folder in ONE_PROCESS if file.startswith(folder)), file)

    return FileScheduling(config, log)


@pytest.fixture(scope="session", autouse=True)
def query_cache(tmp_path_factory):
    """Query encoders of tests' models are not put into the user's cache, and none is read from there."""
    with pytest.MonkeyPatch.context() as patch:
        cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser()
        patch.setenv("HF_HOME", os.environ.get("HF_HOME", str(cache / "huggingface")))  # the hub's stays where it is
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def decode_here(monkeypatch):
    """Files are decoded, and speech is recognised, in this process, where a test can replace what does."""
    from hearsight.library import run_update
    from hearsight.library.indexing import reencode
    from hearsight.util.child_process import call_here

    here = nullcontext(SimpleNamespace(call=call_here))
    monkeypatch.setattr(run_update, "borrowed_child", lambda: here)
    monkeypatch.setattr(reencode, "borrowed_child", lambda: here)


@pytest.fixture
def no_plugins(monkeypatch):
    """No plugin is loaded, and nothing is registered; what a test loads and registers is removed after it."""
    from hearsight.experts.registry import EXPERTS
    from hearsight.experts.sound_registry import SOUND_EXPERTS
    from hearsight.models.registry import METHODS
    from hearsight.research.datasets.readers import READERS
    from hearsight.research.training.teacher_models import TEACHERS
    from hearsight.speech.load import RECOGNISERS
    from hearsight.util import plugins

    monkeypatch.setattr(plugins, "state", plugins.State())
    for registry in (EXPERTS, SOUND_EXPERTS, METHODS, READERS, TEACHERS, RECOGNISERS):
        monkeypatch.setattr(registry, "registered", {})


@pytest.fixture
def house_methods(no_plugins):
    """Only Hearsight's own methods are registered."""


@pytest.fixture
def timm_here(monkeypatch):
    """timm, which makes PE-AV's image tower; where it is not installed, something that makes as tiny a one."""
    if find_spec("timm"):
        return
    from torch import nn
    from transformers.models.timm_wrapper import modeling_timm_wrapper

    from hearsight.towers import pe_av_towers

    def create_model(architecture, pretrained, num_classes, embed_dim, img_size, **others):
        assert architecture == "vit_pe_core_large_patch14_336"
        patches = (img_size // 14) ** 2
        layers = nn.Conv2d(3, embed_dim, 14, 14), nn.GELU(), nn.Flatten(), nn.Linear(embed_dim * patches, num_classes)
        return nn.Sequential(*layers)

    monkeypatch.setattr(modeling_timm_wrapper, "timm", SimpleNamespace(create_model=create_model), raising=False)
    monkeypatch.setattr(modeling_timm_wrapper, "requires_backends", lambda *arguments: None)
    monkeypatch.setattr(pe_av_towers, "find_spec", lambda name: True)
