"""Visemes mixed into shapes, by `resources/visemes.json`.

The fifteen visemes are those of the widely used lip-sync sets (after MPEG-4's fourteen and silence).
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.animation.curve import value_at
from core.animation.mix_table import RESOURCES, mix_vector, read_table
from core.document.channels import SHAPES
from core.document.layers import Speech
from core.document.tracks import Track

_JAW = np.array([name in ("jawOpen", "mouthClose") for name in SHAPES])


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: Literal[1]
    visemes: dict[str, dict[str, float]]


def load_visemes(path: Path | None = None) -> dict[str, NDArray[np.float64]]:
    """Viseme -> (52,) shape weights. Raises `UserError` for a damaged table."""
    table = read_table(path or RESOURCES / "visemes.json", _Table)
    return {name: mix_vector(mix, f"viseme {name}") for name, mix in table.visemes.items()}


@lru_cache(maxsize=1)
def visemes() -> dict[str, NDArray[np.float64]]:
    """The table that ships with Facekey."""
    return load_visemes()


def speech_shapes(speech: Speech, tracks: tuple[Track, ...], frame: float) -> dict[str, float]:
    """Shape values at content frame `frame` from those `tracks` of `speech` that sound."""
    total = np.zeros(len(SHAPES))
    touched = np.zeros(len(SHAPES), dtype=bool)
    table = visemes()
    for track in tracks:
        mix = table.get(track.channel.removeprefix("viseme."))
        if mix is None or not track.keys:
            continue
        total += min(max(value_at(track, frame), 0.0), 1.0) * mix
        touched |= mix > 0.0
    total = np.minimum(total * speech.strength * np.where(_JAW, speech.jaw, 1.0), 1.0)
    return {SHAPES[i]: float(total[i]) for i in np.flatnonzero(touched)}
