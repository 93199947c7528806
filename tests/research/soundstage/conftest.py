"""Fixtures for the Debian packages that Soundstage needs. Tests that use them are skipped if these are missing."""

import shutil

import pytest

from hearsight.research.soundstage.icons import FONT


@pytest.fixture(scope="session")
def flite() -> str:
    program = shutil.which("flite")
    if program is None:
        pytest.skip("flite is not installed (apt-get install flite)")
    return program


@pytest.fixture(scope="session")
def font() -> str:
    if not FONT.exists():
        pytest.skip("the emoji font is not installed (apt-get install fonts-noto-color-emoji)")
    return str(FONT)
