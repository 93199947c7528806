"""Example answers for the API's description (OpenAPI)."""

from __future__ import annotations

import json
from typing import Any

HIT = {
    "rank": 1,
    "score": 98.4,
    "similarity": 31.2,
    "library": "holiday",
    "clip": "0123456789abcdef-000015000",
    "path": "trip/sea.mp4",
    "video": "/home/ada/holiday/trip/sea.mp4",
    "start": 15.0,
    "end": 30.0,
    "moment": 18.0,
    "seen": 0.21,
    "heard": 0.05,
    "said": 0.0,
    "words": 0.67,
    "gates": {"audio": 0.4, "speech": 0.1},
    "line": "listen, the bell rings",
    "spans": [[12, 16], [17, 22]],
    "more": 2,
}
RESULT = {
    "query": "a bell rings",
    "mode": "hybrid",
    "hits": [HIT],
    "clips": 214,
    "videos": 9,
    "total_clips": 214,
    "milliseconds": 8.1,
    "suggestions": [],
}
SIMILAR = {**RESULT, "query": "", "mode": "dense"}
SUGGESTIONS = [{"text": "a dog is barking", "kind": "meaning"}, {"text": "the doctor lost a bicycle", "kind": "said"}]
EXPORTS: dict[str, Any] = {
    "content": {
        "application/json": {"example": RESULT},
        "text/csv": {"example": ",".join(HIT) + "\n"},
        "text/plain": {"example": "TITLE: a bell rings\nFCM: NON-DROP FRAME\n"},
        "application/vnd.pixar.opentimelineio+json": {"example": {"OTIO_SCHEMA": "Timeline.1"}},
        "application/xml": {"example": '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n<fcpxml/>\n'},
    }
}
CLIP = {
    **{name: HIT[name] for name in ("library", "clip", "path", "video", "start", "end", "gates")},
    "duration": 61.5,
    "has_speech": True,
    "has_sound": True,
    "has_picture": True,
    "language": "en",
    "transcript_source": "subtitles",
    "media_type": "video/mp4",
}
TRANSCRIPT = {
    "source": "subtitles",
    "language": "en",
    "lines": [{"start": 17.2, "end": 19.0, "text": "listen, the bell rings", "spans": [[12, 16], [17, 22]]}],
}
UPDATE = {
    "state": "running",
    "done": 3,
    "total": 9,
    "share": 0.4,
    "seconds_left": 71.0,
    "path": "trip/sea.mp4",
    "clips": 12,
    "failures": 1,
    "failed": [{"path": "broken.avi", "reason": "not one frame can be decoded; replace or remove it"}],
    "report": None,
    "error": None,
}
EVENTS: dict[str, Any] = {"content": {"text/event-stream": {"example": f"data: {json.dumps(UPDATE)}\n\n"}}}
LIBRARY = {
    "name": "holiday",
    "info": {
        "folder": "/home/ada/holiday",
        "at": "/home/ada/holiday/.hearsight",
        "model": "openai/clip-vit-base-patch32",
        "fingerprint": "0f1e2d3c4b5a6978",
        "method": "clip4clip",
        "by": "window",
        "seconds": 15.0,
        "recogniser": "auto",
        "videos": 9,
        "clips": 214,
        "hours": 0.9,
        "with_speech": 80,
        "with_sound": 200,
        "failures": 1,
        "bytes": 3_400_000,
    },
    "folders": ["trip"],
    "update": UPDATE,
}
FAILURE = {**UPDATE["failed"][0], "when": "2026-11-21T10:00:00+00:00"}  # type: ignore[index, dict-item]
STATUS = {
    "version": "0.1.0",
    "ready": True,
    "model": "openai/clip-vit-base-patch32",
    "libraries": ["holiday"],
}
MODEL = {"name": "demo", "about": "sees, hears and reads; tiny", "here": True}


def json_answer(value: Any) -> dict[str, Any]:
    """Return the description of a JSON answer with an example."""
    return {"content": {"application/json": {"example": value}}}
