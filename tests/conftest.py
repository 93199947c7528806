"""Fixtures that every part shares."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared_media() -> Path:
    """Real media files of public projects, kept beside the repository; skipped where they are absent."""
    folder = SHARED / "media"
    if not folder.is_dir():
        pytest.skip("no folder of real media files beside the repository")
    return folder
