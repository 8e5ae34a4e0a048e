"""Figures that say whether a set of shapes is sound."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.document.channels import SHAPES
from core.head.fit.fields import symmetric
from core.head.fit.untangle import flipped_triangles
from core.head.objective import EYES
from core.head.personal import personal_shapes
from core.head.shapes import SHAPE_INDEX, HeadShapes
from core.head.topology import Landmark

Array = NDArray[np.float64]


def lip_gap(face: Array) -> float:
    """Signed distance downwards from the upper to the lower inner lip, at their middle."""
    return float(face[Landmark.LOWER_LIP_INNER, 1] - face[Landmark.UPPER_LIP_INNER, 1])


def lid_gap(face: Array, eye: int) -> float:
    """Largest distance of paired lid points of the right (0) or left (1) eye."""
    upper, lower, _ = EYES[eye]
    return float(np.linalg.norm(face[list(upper)] - face[list(lower)], axis=1).max())


def shape_checks(shapes: HeadShapes) -> dict[str, float]:
    """Contact, symmetry and transfer errors in eye distances, and tangled triangles."""
    face, fields = shapes.neutral, shapes.fields
    jaw, close = fields[SHAPE_INDEX["jawOpen"]], fields[SHAPE_INDEX["mouthClose"]]
    return {
        "lid gap at eyeBlinkRight 1": lid_gap(face + fields[SHAPE_INDEX["eyeBlinkRight"]], 0),
        "lid gap at eyeBlinkLeft 1": lid_gap(face + fields[SHAPE_INDEX["eyeBlinkLeft"]], 1),
        "lip gap of the neutral": lip_gap(face),
        "lip gap at jawOpen 1": lip_gap(face + jaw),
        "lip gap at jawOpen and mouthClose 1": lip_gap(face + jaw + close),
        "largest mirror error": float(np.abs(fields - symmetric(fields, shapes.mirror)).max()),
        "largest change by transfer onto the population itself": float(
            np.abs(personal_shapes(shapes, face) - fields).max()
        ),
        "turned triangles over all shapes at 1": float(flipped_triangles(face, fields).sum()),
    }


def shape_table(shapes: HeadShapes) -> str:
    """A Markdown table: travel, gain and turned triangles of each shape, sides together."""
    turned = flipped_triangles(shapes.neutral, shapes.fields)
    lines = ["| shape | largest travel | tracker's gain | turned triangles |", "| --- | --- | --- | --- |"]
    for name in SHAPES:
        if name.endswith("Right") and name.removesuffix("Right") + "Left" in SHAPES:
            continue
        k = SHAPE_INDEX[name]
        travel = np.linalg.norm(shapes.fields[k], axis=1).max()
        label = name.removesuffix("Left") + (" (each side)" if name.endswith("Left") else "")
        lines.append(f"| {label} | {travel:.3f} | {shapes.gains[k]:.2f} | {turned[k]} |")
    return "\n".join(lines)
