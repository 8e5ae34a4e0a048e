"""The mesh engine behind the engine protocol: warp and light, eyes, mouth, in one picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.animation.face_state import FaceState
from core.document.channels import Group
from core.generation.mesh.deform import pose_face
from core.generation.mesh.eyes.draw import EyesPrepared, draw_eyes, eyes_box, prepare_eyes
from core.generation.mesh.face import Array, FaceRig, PosedFace
from core.generation.mesh.mouth.draw import draw_mouth, mouth_box
from core.generation.mesh.mouth.prepare import MouthPrepared, prepare_mouth
from core.generation.mesh.rig import build_rig
from core.generation.mesh.sampling import WarpSource, warp_source
from core.generation.mesh.shading import Light, fit_light, vertex_gain
from core.generation.mesh.turn import TurnSource, turn_field, turn_into, turn_source, turned_matte, turned_share
from core.generation.mesh.warp import (
    field_of,
    grid_step,
    lifted,
    settle,
    warp_into,
    warped_plane,
)
from core.generation.mesh.wrinkles import GainMap, WrinklesPrepared, prepare_wrinkles, wrinkle_gain
from core.generation.protocol import EngineInfo, Rendered, Subject
from core.head.topology import FACE_POINTS
from core.values.geometry import Box, box_around
from core.values.image import Pixels
from core.values.progress import Progress

INFO = EngineInfo("mesh", "1", "Mesh: the photo, moved", None, frozenset(Group))
STEPS = 4


@dataclass(frozen=True, slots=True, eq=False)
class PreparedMesh:
    """All that depends on the portrait alone. bounds: the pixels that an expression may reach."""

    rig: FaceRig
    bounds: Box
    source: WarpSource
    turn: TurnSource
    light: Light
    eyes: EyesPrepared
    mouth: MouthPrepared
    wrinkles: WrinklesPrepared


class MeshEngine:
    """Moves the photo itself. Keeps nothing between frames."""

    @property
    def info(self) -> EngineInfo:
        return INFO

    def prepare(self, subject: Subject, progress: Progress) -> PreparedMesh:
        progress.report(0, STEPS, "finding the head")
        rig = build_rig(subject)
        bounds = box_around(rig.vertices[:, :2]).clipped(subject.image.width, subject.image.height)
        progress.report(1, STEPS, "reading the photo")
        source = warp_source(subject.image, bounds, subject.matte())
        progress.report(2, STEPS, "filling the background")
        turn = turn_source(subject, rig.scale)
        progress.report(3, STEPS, "reading eyes and mouth")
        light = fit_light(rig)
        eyes, mouth, wrinkles = prepare_eyes(rig), prepare_mouth(rig), prepare_wrinkles(rig, light)
        prepared = PreparedMesh(rig, bounds, source, turn, light, eyes, mouth, wrinkles)
        progress.report(STEPS, STEPS, "ready")
        return prepared

    def render(self, prepared: PreparedMesh, state: FaceState, progress: Progress) -> Rendered:
        image = prepared.rig.subject.image
        if state.at_rest:
            return Rendered(image.pixels)
        progress.check()
        posed = pose_face(prepared.rig, state)
        pixels = image.pixels.copy()
        gain = np.ones(len(posed.vertices))
        gain[:FACE_POINTS] = vertex_gain(prepared.light, posed, state["look.shading"])
        folds = wrinkle_gain(prepared.wrinkles, posed, state["look.wrinkles"])
        _move(pixels, prepared, posed, gain, folds)
        progress.check()
        eyes, mouth, teeth = prepared.eyes, prepared.mouth, state["look.teeth"]
        _lay(pixels, eyes_box(eyes, posed), lambda part, origin: draw_eyes(part, origin, eyes, posed))
        _lay(pixels, mouth_box(mouth, posed), lambda part, origin: draw_mouth(part, origin, mouth, posed, teeth))
        return Rendered(pixels)

    def matte(self, prepared: PreparedMesh, state: FaceState, progress: Progress) -> NDArray[np.float32]:
        matte = prepared.rig.subject.matte()
        if state.at_rest:
            return matte
        progress.check()
        posed, step = pose_face(prepared.rig, state), grid_step(prepared.rig)
        if turned_share(posed) > 0:
            turning = turn_field(posed, prepared.turn, step)
            return matte if turning is None else turned_matte(matte, turning)
        field = field_of(posed, prepared.rig.triangles, step, prepared.bounds)
        if field is None:
            return matte
        moved = matte.copy()
        moved[field.box.slices] = warped_plane(matte, field.values, field.x0, field.y0, step, field.box)
        return moved

    def close(self) -> None:
        """Nothing is held."""


def make_mesh_engine() -> MeshEngine:
    return MeshEngine()


def _move(pixels: Pixels, prepared: PreparedMesh, posed: PosedFace, gain: Array, folds: GainMap | None) -> None:
    """Move, light and fold the photo."""
    step = grid_step(prepared.rig)
    share = turned_share(posed)
    if share > 0:
        turning = turn_field(posed, prepared.turn, step, gain, folds)
        if turning is not None:
            turn_into(pixels, turning, prepared.source, prepared.turn, share)
        return
    field = field_of(posed, prepared.rig.triangles, step, prepared.bounds, gain, folds)
    if field is not None:
        warp_into(pixels, field, prepared.source)


def _lay(pixels: Pixels, box: Box | None, draw: Callable[[NDArray[np.float32], tuple[int, int]], None]) -> None:
    """Let a layer draw into the part of the picture that it asked for."""
    if box is None or box.empty:
        return
    part = lifted(pixels, box)
    draw(part, (box.x0, box.y0))
    settle(part, pixels, box)
