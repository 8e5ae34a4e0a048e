"""Engines that draw something whose value a test can foretell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.animation.face_state import FaceState
from core.document.channels import Group
from core.generation.protocol import EngineInfo, Rendered, Subject
from core.values.progress import Progress


@dataclass
class TintEngine:
    """Adds `100 * jawOpen` to the red of the whole photo, and counts what is asked of it."""

    version: str = "1"
    prepared: int = 0
    rendered: int = 0
    closed: bool = False
    states: list[FaceState] = field(default_factory=list)

    @property
    def info(self) -> EngineInfo:
        return EngineInfo("tint", self.version, "Tint", None, frozenset({Group.JAW}))

    def prepare(self, subject: Subject, progress: Progress) -> Subject:
        self.prepared += 1
        return subject

    def render(self, prepared: Subject, state: FaceState, progress: Progress) -> Rendered:
        progress.check()
        self.rendered += 1
        self.states.append(state)
        pixels = prepared.image.pixels.copy()
        pixels[..., 0] = np.clip(pixels[..., 0].astype(int) + round(100 * state["jawOpen"]), 0, prepared.image.peak)
        return Rendered(pixels)

    def matte(self, prepared: Any, state: FaceState, progress: Progress) -> NDArray[np.float32]:
        return prepared.matte()

    def close(self) -> None:
        self.closed = True
