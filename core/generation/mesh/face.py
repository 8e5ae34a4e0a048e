"""Values that pass between the parts of the mesh engine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.generation.mesh.drag import DragSolver
from core.generation.protocol import Subject

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class FaceRig:
    """All geometry that depends on the portrait alone.

    The picture is `scale * (canonical @ rotation.T) + translation`, x and y in pixels, z in the same
    unit. `scale` is thus the number of pixels of one canonical unit (one eye distance).

    neutral: (478, 3) canonical face of the photo, expression of the photo included.
    shapes: (52, 478, 3) displacement fields on this face for one unit of each ARKit shape.
    vertices: (n, 3) picture positions at rest of all vertices: the 478 points, then rings, then lashes.
    canonical: (n, 3) the same in canonical space.
    rigid: (n,) how far each vertex follows a turn of the head, 1 on the face, 0 at pinned borders.
    triangles: (m, 3) int32 over all vertices; the first 852 rows are the face's own.
    pivot: (3,) canonical point of the neck that head turns go about.
    drag: what dragged landmarks mean on this face.
    shown: (52,) how much of each shape the photo shows already.
    closing: (2, 478, 3) canonical displacements that bring the lips of a photo with an open mouth together: once
        its expression is taken out, and as they are.
    deeper: (n, 3) canonical displacement, along the line of sight of the photo, from the depths that are kept
        gentle so that turns tear nothing to those that face and head are measured to have.
    """

    subject: Subject
    scale: float
    rotation: Array
    translation: Array
    neutral: Array
    shapes: Array
    vertices: Array
    canonical: Array
    rigid: Array
    triangles: NDArray[np.int32]
    pivot: Array
    drag: DragSolver
    shown: Array
    closing: Array
    deeper: Array

    def to_picture(self, points: Array) -> Array:
        """Canonical (k, 3) -> pixels (k, 3), as the head stands in the photo."""
        return np.asarray(self.scale * points @ self.rotation.T + self.translation)


@dataclass(frozen=True, slots=True, eq=False)
class PosedFace:
    """The face in one state.

    shapes: (52,) weights after emotions are mixed in and clamped to [0, 1.5].
    displacement: (478, 3) canonical displacement from `rig.neutral`, lids and lip contact settled.
    canonical: (n, 3) all vertices before the head turns.
    vertices: (n, 3) picture positions now.
    sources: (n, 2) picture positions that each vertex takes its pixels from; `rig.vertices` but for
        lids and lip seams, whose sampling slides.
    turn, shift, zoom: the head's own motion: x -> zoom * (turn @ (x - pivot)) + pivot + shift.
    gaze: (2, 2) degrees (yaw, pitch), right eye first; only what is added to the photo's own gaze.
    lids: (2,) closing of the right and left eye, 0 as in the photo, 1 shut, negative wide open.
    """

    rig: FaceRig
    shapes: Array
    displacement: Array
    canonical: Array
    vertices: Array
    sources: Array
    turn: Array
    shift: Array
    zoom: float
    gaze: Array
    lids: Array

    def to_picture(self, points: Array) -> Array:
        """Canonical points (k, 3) that ride on the head -> pixels (k, 3) in this state."""
        rig = self.rig
        return rig.to_picture(self.zoom * (points - rig.pivot) @ self.turn.T + rig.pivot + self.shift)

    @property
    def facing(self) -> Array:
        """(3, 3) rotation from canonical axes to picture axes in this state."""
        return np.asarray(self.rig.rotation @ self.turn)
