"""A performance out of whatever file holds one: a clip, a Live Link Face CSV or our own JSON."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.document.layers import PerformanceSource
from core.media.source import file_digest, readable, require_file
from core.motion.performance import Performance
from core.values.progress import Progress


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """A performance, what it was taken from, and whether that sounds."""

    performance: Performance
    source: PerformanceSource
    has_sound: bool = False


def read_performance(
    path: Path | str, progress: Progress | None = None, *, face: int | None = None, in_degrees: bool = False
) -> Taken:
    """Read `.csv` and `.json`; track anything else as a clip.

    face: which one of a clip, from 0, the largest. in_degrees: the rotations of a CSV are in degrees.
    Raises `UnreadableMedia` and `NoFaceFound`.
    """
    path = require_file(path)
    kind = {".csv": "csv", ".json": "json"}.get(path.suffix.lower(), "clip")
    source = PerformanceSource(kind, readable(path.name), file_digest(path), readable(path.resolve()))
    if kind == "csv":
        from core.motion.live_link import read_live_link

        return Taken(read_live_link(path, in_degrees=in_degrees), source)
    if kind == "json":
        from core.motion.performance_json import read_performance_json

        return Taken(read_performance_json(path), source)
    from core.media.clip import open_clip
    from core.motion.clip_performance import performance_from_clip

    with open_clip(path) as clip:
        has_sound = clip.has_audio
    return Taken(performance_from_clip(path, progress, face=face), source, has_sound)
