"""Contact sheets: what an engine makes of one face, to be looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from core.animation.face_state import REST, FaceState, face_state
from core.document.channels import EMOTIONS, SHAPES
from core.evaluation.crops import eyes_window, face_window, mouth_window, window
from core.generation.protocol import Subject
from core.rendering.renderer import Renderer
from core.rendering.request import FrameRequest
from core.values.image import eight_bit
from core.values.progress import Progress

Cell = tuple[str, FaceState]
Place = tuple[float, float, float, float]


def shape_cells() -> list[Cell]:
    """The 52 shapes at 1; mouthClose upon an open jaw, without which it means nothing."""
    cells = [("rest", face_state())]
    for name in SHAPES:
        values = {name: 1.0, "jawOpen": 1.0} if name == "mouthClose" else {name: 1.0}
        cells.append((" + ".join(sorted(values)), face_state(values)))
    return cells


def emotion_cells() -> list[Cell]:
    """The seven emotions at a half and at one."""
    return [
        (f"{name} {degree:g}", face_state({f"emotion.{name}": degree})) for degree in (0.5, 1.0) for name in EMOTIONS
    ]


def eye_cells() -> list[Cell]:
    """A blink in eight steps and wide open, then gaze around."""
    cells = [
        (f"blink {step / 7:.2f}", face_state({f"eyeBlink{side}": step / 7 for side in ("Left", "Right")}))
        for step in range(8)
    ]
    cells.append(("wide", face_state({"eyeWideLeft": 1.0, "eyeWideRight": 1.0})))
    for yaw, pitch in ((-30, 0), (-15, 0), (15, 0), (30, 0), (0, 20), (0, -20), (-20, 15)):
        values = {
            f"gaze.{s}.{axis}": float(v) for s in ("left", "right") for axis, v in (("yaw", yaw), ("pitch", pitch))
        }
        cells.append((f"gaze {yaw:+d} {pitch:+d}", face_state(values)))
    return cells


def turn_cells() -> list[Cell]:
    """The head at 10 and 20 degrees about each axis, both ways."""
    return [
        (f"{axis} {angle:+d}", face_state({f"head.{axis}": float(angle)}))
        for axis in ("yaw", "pitch", "roll")
        for angle in (-20, -10, 10, 20)
    ]


def mouth_cells() -> list[Cell]:
    """The mouths that the teeth and lips are judged by."""
    both = {side: f"mouth{{}}{side}" for side in ("Left", "Right")}

    def pair(stem: str, value: float) -> dict[str, float]:
        return {pattern.format(stem): value for pattern in both.values()}

    mouths: dict[str, dict[str, float]] = {
        "closed": {},
        "ah .15": {"jawOpen": 0.15},
        "ah .4": {"jawOpen": 0.4},
        "ah .8": {"jawOpen": 0.8},
        "oh": {"jawOpen": 0.35, "mouthFunnel": 0.7},
        "oo": {"jawOpen": 0.1, "mouthPucker": 0.9},
        "ee": {**pair("Stretch", 0.6), **pair("LowerDown", 0.4), **pair("UpperUp", 0.3)},
        "smile": {**pair("Smile", 0.8), **pair("UpperUp", 0.3)},
        "laugh": {**pair("Smile", 1.0), "jawOpen": 0.45, **pair("UpperUp", 0.3)},
        "f / v": {"mouthRollLower": 0.6, **pair("UpperUp", 0.25), "jawOpen": 0.05},
        "snarl": {"noseSneerLeft": 0.9, "noseSneerRight": 0.9, **pair("UpperUp", 0.7)},
        "sealed jaw": {"jawOpen": 0.7, "mouthClose": 0.7},
    }
    return [(name, face_state(values)) for name, values in mouths.items()]


def limit_cells() -> list[Cell]:
    """What the mesh engine does badly: the pictures beside the list of known limits."""
    far: dict[str, dict[str, float]] = {
        "yaw 35": {"head.yaw": 35},
        "yaw -40": {"head.yaw": -40},
        "pitch 30": {"head.pitch": 30},
        "pitch -30": {"head.pitch": -30},
        "smile half neutralised": {"look.neutralise": 0.55},
        "jaw 1 + funnel 1": {"jawOpen": 1, "mouthFunnel": 1},
        "gaze down 25": {"gaze.left.pitch": -25, "gaze.right.pitch": -25},
        "scale 0.6": {"head.scale": 0.6},
    }
    return [(name, face_state(values)) for name, values in far.items()]


SHEETS: dict[str, Callable[[], list[Cell]]] = {
    "shapes": shape_cells,
    "emotions": emotion_cells,
    "eyes": eye_cells,
    "turns": turn_cells,
    "mouths": mouth_cells,
    "limits": limit_cells,
}


def held(cells: Sequence[Cell], values: Mapping[str, float]) -> list[Cell]:
    """`cells` with the channels of `values` held at these in every one, for instance `look.neutralise` at 1.

    Raises `ChannelError` for an unknown channel.
    """
    base = face_state(values)
    moved = np.flatnonzero(base.values != REST)
    made = []
    for name, state in cells:
        vector = state.values.copy()
        vector[moved] = base.values[moved]
        made.append((name, replace(state, values=vector)))
    return made


def contact_sheet(
    renderer: Renderer,
    subject: Subject,
    cells: Sequence[Cell],
    *,
    engine: str = "mesh",
    columns: int = 7,
    size: int = 240,
    place: Place | None = None,
    progress: Progress | None = None,
) -> NDArray[np.uint8]:
    """Labelled pictures of `cells` in rows of `columns`, each the window `place` (the face unless given)."""
    progress = Progress() if progress is None else progress
    place = face_window(subject.landmarks) if place is None else place
    tall = max(round(size * place[3] / place[2]), 1)
    pictures = []
    for number, (name, state) in enumerate(cells):
        result = renderer.render(FrameRequest(subject, state, engine), progress)
        pictures.append(labelled(shrunk(eight_bit(result.pixels), place, (size, tall)), name))
        progress.report(number + 1, len(cells), "Rendering the sheet")
    blank = np.full_like(pictures[0], 24)
    pictures += [blank] * (-len(pictures) % columns)
    rows = [np.hstack(pictures[start : start + columns]) for start in range(0, len(pictures), columns)]
    return np.vstack(rows)


def shrunk(pixels: NDArray[np.uint8], place: Place, size: tuple[int, int]) -> NDArray[np.uint8]:
    """The window `place` at `size` (w, h), averaged down as a viewer would see it."""
    factor = max(place[2] / size[0], 1.0)
    if factor > 1:
        pixels = cv2.GaussianBlur(pixels, (0, 0), 0.35 * factor)
    return window(pixels, place, size)


def labelled(picture: NDArray[np.uint8], text: str) -> NDArray[np.uint8]:
    """`picture` (H, W, 3) with `text` on a dark strip above it."""
    strip = np.full((18, picture.shape[1], 3), 24, np.uint8)
    cv2.putText(strip, text, (5, 13), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (230, 230, 230), 1, cv2.LINE_AA)
    return np.vstack([strip, picture])


def layout_of(sheet: str, subject: Subject) -> tuple[Place, int]:
    """The window of the photo that `sheet` looks at, and how many pictures stand in a row."""
    if sheet == "mouths":
        x, y, width, height = mouth_window(subject.landmarks)
        return (x, y + 0.12 * height, 1.35 * width, 1.5 * height), 4
    if sheet == "eyes":
        x, y, width, height = eyes_window(subject.landmarks)
        return (x, y, width, 1.3 * height), 4
    return face_window(subject.landmarks), {"turns": 6, "limits": 4}.get(sheet, 7)
