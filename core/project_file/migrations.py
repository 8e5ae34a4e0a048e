"""Older layouts of a project, brought to ours one version at a time.

Version 1 was flat: `project.json` with a decimal rate, one photo in `media/` by its own name, landmarks
as fractions of the photo's size, and one list of `[frame, value, ease]` per channel instead of layers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from core.document.channels import LANDMARKS
from core.document.frozen_array import FrozenArray
from core.errors import ProjectError
from core.project_file.media_store import digest_of
from core.values.time import parse_rate


@dataclass(frozen=True, slots=True)
class RawProject:
    """A project between archive and document: JSON values, arrays and media by digest."""

    document: Any
    arrays: dict[str, FrozenArray]
    media: dict[str, bytes]


def migrate(version: int, raw: RawProject, newest: int) -> RawProject:
    """`raw` of layout `version` in layout `newest`. Raises `ProjectError` if it does not hold what it should."""
    for step in range(version, newest):
        try:
            raw = MIGRATIONS[step](raw)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise ProjectError(
                f"The project of version {step} is damaged ({type(error).__name__}: {error})",
                "Open a backup of the project.",
            ) from error
    return raw


_EASES = {"smooth": ("bezier", "auto_clamped"), "linear": ("linear", "auto_clamped"), "step": ("hold", "auto_clamped")}


def _from_1_to_2(raw: RawProject) -> RawProject:
    old, media = raw.document, {digest_of(data): data for data in raw.media.values()}
    arrays: dict[str, FrozenArray] = {}
    portraits = []
    if photo := old["photo"]:
        name = PurePosixPath(photo["file"]).name
        width, height = photo["size"]
        points = np.array(photo["landmarks"], dtype=np.float64) * (width, height, width)
        if points.shape != (LANDMARKS, 3):
            raise ValueError(f"{len(points)} landmarks")
        points[:, :2] -= 0.5  # fractions counted from the corner of the first pixel, not from its centre
        detected = FrozenArray(points)
        arrays[detected.digest] = detected
        source = {"digest": digest_of(raw.media[photo["file"]]), "name": name, "width": width, "height": height}
        portraits.append({"id": "portrait1", "name": name, "photo": source, "detected": {"array": detected.digest}})
    tracks = [
        {
            "channel": name,
            "keys": [
                dict(zip(("frame", "value", "interpolation", "tangent"), (frame, value, *_EASES[ease]), strict=True))
                for frame, value, ease in sorted(points, key=lambda point: point[0])
            ],
        }
        for name, points in old["curves"].items()
    ]
    rate = parse_rate(str(old["fps"]))
    document = {
        "version": 2,
        "rate": f"{rate.numerator}/{rate.denominator}",
        "frames": {"first": old["start"], "last": old["end"]},
        "portraits": portraits,
        "active": "portrait1" if portraits else "",
        "layers": [{"id": "layer1", "name": "Keys", "content": {"kind": "keys", "tracks": tracks}}],
        "markers": [{"frame": frame, "label": label} for label, frame in old.get("markers", {}).items()],
    }
    return RawProject(document, arrays, media)


MIGRATIONS: dict[int, Callable[[RawProject], RawProject]] = {1: _from_1_to_2}
