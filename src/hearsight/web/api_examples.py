"""Example answers for the API's description (OpenAPI)."""

from __future__ import annotations

import json
from typing import Any

LINE = "The mother is carrying the large window."
HIT = {
    "rank": 1,
    "score": 8.27,
    "similarity": 19.9,
    "library": "hearsight-demo",
    "clip": "c9491d660c87f125-000000000",
    "path": "demo-00023.mp4",
    "video": "/home/ada/hearsight-demo/demo-00023.mp4",
    "start": 0.0,
    "end": 5.064,
    "moment": 1.856,
    "seen": 0.0,
    "heard": 0.0,
    "said": 1.0,
    "words": 1.0,
    "gates": {},
    "line": LINE,
    "spans": [[4, 10], [14, 22], [27, 32], [33, 39]],
    "more": 0,
    "confidence": 1.0,
    "match": "strong",
    "evidence": [
        {"expert": "words", "sense": "said", "confidence": 1.0, "moment": 1.856, "line": LINE, "box": None},
        {"expert": "wordllama", "sense": "said", "confidence": 1.0, "moment": 1.856, "line": LINE, "box": None},
        {"expert": "model", "sense": "said", "confidence": 0.9998, "moment": 1.0, "line": "", "box": None},
    ],
    "read": 0.0,
    "text": "",
    "text_spans": [],
    "audio_track": None,
}
RESULT = {
    "query": "the mother carries a large window",
    "mode": "hybrid",
    "hits": [HIT],
    "clips": 30,
    "videos": 30,
    "total_clips": 30,
    "milliseconds": 12.8,
    "suggestions": [],
    "matches": 1,
    "notes": [],
    "senses": [],
    "matched": True,
}
SIMILAR_HIT = {**HIT, "score": 0.816, "similarity": 0.816, "said": 0.0, "words": 0.0, "spans": []}
LIKENESS = {"expert": "model", "sense": "seen", "confidence": None, "moment": 1.0, "line": ""}
SIMILAR = {
    **RESULT,
    "query": "",
    "mode": "dense",
    "hits": [{**SIMILAR_HIT, "confidence": None, "match": None, "evidence": [LIKENESS]}],
    "senses": ["seen", "heard"],
    "matches": 0,
    "matched": False,
}
SUGGESTIONS = [{"text": "a monkey", "kind": "meaning"}, {"text": "the silver umbrella", "kind": "said"}]
EXPORTS: dict[str, Any] = {
    "content": {
        "application/json": {"example": RESULT},
        "text/csv": {"example": ",".join(HIT) + "\n"},
        "text/plain": {"example": "TITLE: the mother carries a large window\nFCM: NON-DROP FRAME\n"},
        "application/vnd.pixar.opentimelineio+json": {"example": {"OTIO_SCHEMA": "Timeline.1"}},
        "application/xml": {"example": '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n<fcpxml/>\n'},
    }
}
CLIP = {
    **{name: HIT[name] for name in ("library", "clip", "path", "video", "start", "end", "gates")},
    "duration": 5.064,
    "has_speech": True,
    "has_sound": True,
    "has_picture": True,
    "language": "en",
    "transcript_source": "moonshine",
    "media_type": "video/mp4",
}
TRANSCRIPT = {
    "source": "moonshine",
    "language": "en",
    "lines": [{"start": 1.856, "end": 4.224, "text": LINE, "spans": [[33, 39]]}],
}
UPDATE = {
    "state": "running",
    "done": 12,
    "total": 30,
    "share": 0.4,
    "seconds_left": 71.0,
    "path": "demo-00012.mp4",
    "clips": 12,
    "failures": 1,
    "failed": [{"path": "broken.avi", "reason": "not one frame can be decoded; replace or remove it"}],
    "report": None,
    "error": None,
}
EVENTS: dict[str, Any] = {"content": {"text/event-stream": {"example": f"data: {json.dumps(UPDATE)}\n\n"}}}
LIBRARY = {
    "name": "hearsight-demo",
    "info": {
        "folder": "/home/ada/hearsight-demo",
        "at": "/home/ada/hearsight-demo/.hearsight",
        "model": "demo",
        "fingerprint": "c64f5dcb2a89",
        "method": "chorus",
        "by": "window",
        "seconds": 15.0,
        "recogniser": "auto",
        "videos": 30,
        "clips": 30,
        "hours": 0.055,
        "with_speech": 20,
        "with_sound": 30,
        "failures": 1,
        "bytes": 545_830,
        "not_understood": 0,
        "meaning": "wordllama",
        "sound": "none",
        "sounds": 0,
        "reader": "none",
        "read": 0,
        "missing": {},
        "senses": ["seen", "heard", "said"],
        "several_tracks": 0,
        "audio_track": None,
        "audio_language": None,
        "pictures": 0,
        "indexes_pictures": True,
    },
    "folders": [],
    "update": UPDATE,
}
FAILURE = {**UPDATE["failed"][0], "when": "2026-11-21T10:00:00+00:00"}  # type: ignore[index, dict-item]
STATUS = {
    "version": "0.1.0",
    "ready": True,
    "model": "demo",
    "libraries": ["hearsight-demo"],
}
MODEL = {"name": "demo", "about": "sees, hears and understands speech; a toy world only", "here": True}


def json_answer(value: Any) -> dict[str, Any]:
    """Return the description of a JSON answer with an example."""
    return {"content": {"application/json": {"example": value}}}
