"""The inner mouth, painted into a frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.generation.mesh.face import PosedFace
from core.generation.mesh.mouth.corners import corner_boxes, corner_gain, heal_corners
from core.generation.mesh.mouth.finish import encode, lay_over
from core.generation.mesh.mouth.frame import inner_frame, painted_box, shown, tongue_out, view_of
from core.generation.mesh.mouth.inner import paint_inner
from core.generation.mesh.mouth.prepare import MouthPrepared
from core.generation.mesh.mouth.seam import closes, press_lips
from core.values.geometry import Box


def mouth_box(prepared: MouthPrepared, posed: PosedFace) -> Box | None:
    """Pixels of the photo that `draw_mouth` may touch in this state, or None when it would draw nothing."""
    image = prepared.rig.subject.image
    total = Box(0, 0, 0, 0)
    if corner_gain(prepared.corners, posed) > 0:
        for box in corner_boxes(prepared.corners, posed):
            total = total.joined(box)
    if shown(prepared, posed) > 0:
        view = view_of(prepared, posed, (0, 0))
        total = total.joined(painted_box(prepared, view, tongue_out(view)))
    total = total.clipped(image.width, image.height)
    return None if total.empty else total


def draw_mouth(
    out: NDArray[np.float32], origin: tuple[int, int], prepared: MouthPrepared, posed: PosedFace, exposure: float = 1.0
) -> None:
    """Paint teeth, tongue and the dark between the lips, in place, and heal the corners.

    out: (h, w, 3) float32, R, G, B of 255, the part of the moved photo whose first pixel is `origin`
    (x, y) of the photo. exposure: `look.teeth`, 0 to 2. Nothing changes where the lips part no further
    than in the photo.
    """
    import cv2

    heal_corners(out, origin, prepared.corners, posed)
    frame = inner_frame(prepared, posed, exposure, origin, (out.shape[1], out.shape[0]))
    if frame is None:
        return
    box, tone = frame.box, prepared.tone
    if closes(frame.opening.seam, frame.opening.widest):
        part = out[box.slices]
        press_lips(part, part.copy(), float(box.x0), float(box.y0), frame.opening, frame.amount)
    image = np.empty((box.height, box.width, 3), np.float32)
    cover = np.empty((box.height, box.width), np.float32)
    paint_inner(
        image, cover, float(box.x0), float(box.y0), frame.opening, frame.upper, frame.lower, frame.tongue, frame.out,
        frame.paint,
    )  # fmt: skip
    encode(image, tone.grey)
    image = cv2.GaussianBlur(image, (0, 0), max(0.35, tone.blur), borderType=cv2.BORDER_REPLICATE)
    lay_over(out, box.x0, box.y0, image, cover, frame.amount, prepared.noise, tone.grain, *origin)
