"""Everything about the mouth that depends on the portrait alone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.document.channels import SHAPES
from core.generation.mesh.face import FaceRig
from core.generation.mesh.mouth.arch import Arch, Jaw, dental_arch
from core.generation.mesh.mouth.corners import CornerPlate, corner_plate
from core.generation.mesh.mouth.own_teeth import OwnTeeth, own_teeth
from core.generation.mesh.mouth.sprite import Sprite, tooth_sprite
from core.generation.mesh.mouth.tone import Tone, read_tone
from core.head.topology import LIP_INNER_LOWER, LIP_INNER_UPPER, Landmark

Array = NDArray[np.float64]

CHIN_POINTS = (152, 148, 377, 175, 199)
UPPER_MEETING = 0.42
"""Part of an open mouth's gap that the upper lip travels when it closes; the lower lip travels the rest."""
USUAL_WIDTH = 0.54
PARALLAX = 0.65
"""Part of the arch's depth that shifts with a turn; all of it leaves a black wedge beside the teeth."""
UPPER_EDGE, LOWER_EDGE = 0.027, 0.006
"""Biting edges below the lip seam, in eye distances."""
JAW_SHAPES = ("jawOpen", "jawForward", "jawLeft", "jawRight")
NOISE_TILE = 256


@dataclass(frozen=True, slots=True, eq=False)
class MouthPrepared:
    """rig: what it was made for. tone: colours and light. arches, sprites: by `Jaw`.

    seam: (3,) canonical middle of the closed lips. size: of the teeth against the usual. gaps: (11,)
    lip gap of the photo at each inner lip pair, eye distances. width: of the photo's mouth, outer
    corners. jaw: (3,) how far the photo's own jaw is already open. open: 0 to 1, whether the photo's
    mouth is. raise_upper: how far the photo's own upper teeth stand above the usual place. own: the
    photo's own teeth, or None. noise: square tile of unit noise. chin_by_lips: (52, 3) what each shape does to
    the chin without moving the jaw. corners: what heals the seam beyond the corners.
    """

    rig: FaceRig
    tone: Tone
    arches: dict[Jaw, Arch]
    sprites: dict[Jaw, Sprite]
    seam: Array
    size: float
    gaps: Array
    width: float
    jaw: Array
    open: float
    raise_upper: float
    own: OwnTeeth | None
    noise: NDArray[np.float32]
    chin_by_lips: Array
    corners: CornerPlate


def prepare_mouth(rig: FaceRig) -> MouthPrepared:
    """Measure the photo and draw its teeth. Deterministic: the photo's digest seeds what is random."""
    import cv2

    upper, lower = rig.neutral[list(LIP_INNER_UPPER)], rig.neutral[list(LIP_INNER_LOWER)]
    gaps = np.maximum(lower[:, 1] - upper[:, 1], 0.0)
    width = float(np.linalg.norm(rig.neutral[Landmark.MOUTH_RIGHT] - rig.neutral[Landmark.MOUTH_LEFT]))
    seam = (1 - UPPER_MEETING) * upper[4:7].mean(axis=0) + UPPER_MEETING * lower[4:7].mean(axis=0)
    opening = float(np.clip((gaps.max() / max(width, 1e-6) - 0.04) / 0.08, 0, 1))
    size = float(np.clip((width / USUAL_WIDTH) ** 0.5, 0.93, 1.08))
    jaw = opening * photo_jaw(rig, seam)
    tone = read_tone(rig)
    seed = int(rig.subject.image.digest[:8], 16)
    density = float(np.clip(rig.scale * size, 90, 900))
    arches = {row: dental_arch(row) for row in Jaw}
    sprites = {row: tooth_sprite(row, density, seed) for row in Jaw}
    own = None
    if opening > 0:
        anchor = seam + [0.0, UPPER_EDGE, 0.0]
        own = own_teeth(rig, tone, arches[Jaw.UPPER], sprites[Jaw.UPPER], anchor, size, PARALLAX)
    if own is not None:
        tone = replace(tone, tooth=own.tooth)
        sprites[Jaw.UPPER] = own.sprite
    rng = np.random.default_rng(1)
    noise = cv2.GaussianBlur(rng.normal(0, 1, (NOISE_TILE, NOISE_TILE)).astype(np.float32), (0, 0), 0.45)
    chin_by_lips = rig.shapes[:, list(CHIN_POINTS)].mean(axis=1)
    chin_by_lips[[SHAPES.index(name) for name in JAW_SHAPES]] = 0
    return MouthPrepared(
        rig=rig, tone=tone, arches=arches, sprites=sprites, seam=seam, size=size, gaps=gaps, width=width, jaw=jaw,
        open=opening, raise_upper=0.0 if own is None else own.raised * size, own=own,
        noise=np.ascontiguousarray(noise / noise.std()), chin_by_lips=chin_by_lips,
        corners=corner_plate(rig),
    )  # fmt: skip


def photo_jaw(rig: FaceRig, seam: Array) -> Array:
    """(3,) canonical displacement of the photo's lower teeth from closed, if its mouth is open."""
    drop = float(rig.neutral[Landmark.LOWER_LIP_INNER, 1] - seam[1]) - 0.03
    expression = rig.subject.expression
    if expression is not None:
        opened = rig.shapes[SHAPES.index("jawOpen"), list(CHIN_POINTS)].mean(axis=0)
        solved = float(np.clip(expression[SHAPES.index("jawOpen")], 0, 1)) * opened
        if solved[1] > drop:
            return np.asarray(solved)
    return np.array([0.0, max(drop, 0.0), 0.0])
