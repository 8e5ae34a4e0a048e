"""The mesh engine behind the engine protocol: warp, light and folds, eyes, mouth, one composite."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.animation.face_state import FaceState
from core.document.channels import Group
from core.generation.mesh.deform import pose_face
from core.generation.mesh.face import FaceRig
from core.generation.mesh.rig import build_rig
from core.generation.mesh.turn import TurnSource, turn_field, turn_source, turned, turned_share
from core.generation.mesh.warp import WarpSource, field_of, grid_step, settle, warp_source, warped
from core.generation.protocol import EngineInfo, Rendered, Subject
from core.values.geometry import Box, box_around
from core.values.progress import Progress

INFO = EngineInfo("mesh", "1", "Mesh: the photo, moved", None, frozenset(Group))


@dataclass(frozen=True, slots=True, eq=False)
class PreparedMesh:
    """All that depends on the portrait alone."""

    rig: FaceRig
    bounds: Box
    source: WarpSource
    turn: TurnSource


class MeshEngine:
    """Moves the photo itself. Keeps nothing between frames."""

    @property
    def info(self) -> EngineInfo:
        return INFO

    def prepare(self, subject: Subject, progress: Progress) -> PreparedMesh:
        progress.check()
        rig = build_rig(subject)
        bounds = box_around(rig.vertices[:, :2]).clipped(subject.image.width, subject.image.height)
        progress.check()
        source = warp_source(subject.image, bounds)
        return PreparedMesh(rig, bounds, source, turn_source(subject, source, rig.scale))

    def render(self, prepared: PreparedMesh, state: FaceState, progress: Progress) -> Rendered:
        image = prepared.rig.subject.image
        if state.at_rest:
            return Rendered(image.pixels)
        progress.check()
        posed = pose_face(prepared.rig, state)
        step = grid_step(prepared.rig)
        share = turned_share(posed)
        if share > 0:
            turning = turn_field(posed, prepared.turn, step)
            if turning is None:
                return Rendered(image.pixels)
            box = turning.box
            picture = turned(image.pixels, prepared.source, prepared.turn, turning, share, box)
        else:
            field = field_of(posed, prepared.rig.triangles, step, prepared.bounds)
            if field is None:
                return Rendered(image.pixels)
            box = field.box
            picture = warped(prepared.source, field, box)
        pixels = image.pixels.copy()
        settle(picture, pixels, box)
        return Rendered(pixels)

    def matte(self, prepared: PreparedMesh, state: FaceState, progress: Progress) -> NDArray[np.float32]:
        progress.check()
        return prepared.rig.subject.matte()

    def close(self) -> None:
        """Nothing is held."""


def make_mesh_engine() -> MeshEngine:
    return MeshEngine()
