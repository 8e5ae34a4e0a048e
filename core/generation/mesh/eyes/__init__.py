"""Eyes of the mesh engine: eyeballs that turn under lids that unfold.

- `frame`    rows of lid vertices -> curves over one parameter along the eye (`LidRows`, `lid_curves`)
- `gaze`     where an eye looks, and what a dragged iris means for it
- `eyeball`  photo -> sclera, iris and catch-light plates (`Eyeball`)
- `lid`      photo -> clean lid skin, lashes as a gain, crease (`Lid`)
- `kernel`   one compiled pass over the pixels of an eye
- `draw`     `prepare_eyes(rig)` once per photo, `draw_eyes(out, origin, prepared, posed)` per frame

Data comes from `FaceRig` and `PosedFace`; what goes out is drawn into the engine's picture. May import
`core.head.topology`, `core.values`, `core.generation.mesh.face` and `core.generation.mesh.shading`.
"""

from core.generation.mesh.eyes.draw import EyesPrepared, draw_eyes, eyes_box, prepare_eyes

__all__ = ["EyesPrepared", "draw_eyes", "eyes_box", "prepare_eyes"]
