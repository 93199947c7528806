"""A folder of media files that cameras, phones and studios made, which no program of these tests could generate."""

import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("HEARSIGHT_REAL_MEDIA") or Path(__file__).resolve().parents[3] / "shared" / "media")


@pytest.fixture(scope="session")
def real_media() -> Path:
    if not FOLDER.is_dir():
        pytest.skip(f"no folder of real media at {FOLDER}; set HEARSIGHT_REAL_MEDIA to one")
    return FOLDER
