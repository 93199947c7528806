"""What a library records of itself."""

from dataclasses import replace

from hearsight.library.tables.library_json import Identity

IDENTITY = Identity(".", "demo", "1234", "clip4clip", 12, 64, "window", 15.0, missing={"heard": "clap:some/clap"})


def test_equal_identities_are_one_key():
    same = replace(IDENTITY, missing=dict(IDENTITY.missing))
    assert {IDENTITY: 1}[same] == 1 and len({IDENTITY, same, replace(IDENTITY, missing=None)}) == 2
