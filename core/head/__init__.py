"""The 3D head: where it is, what it looks like at rest, and how its expressions move it.

Canonical space: outer eye corners (33, 263) one unit apart (about 89 mm), origin between them, x to
the picture's right, y down, z away from the camera. Left and right are the subject's own.

- `topology`  names, rows and triangles of the 478 points
- `pose`      similarity transforms between canonical space and the picture, head angles
- `shapes`    the population's neutral, the 52 ARKit shapes and residual modes (trained_models/arkit_shapes)
- `personal`  those shapes on one person's neutral
- `solve`     tracked landmarks -> weights of the 52 shapes, gaze, pose and what is left; clips, stills, live
- `objective`, `sweep`, `neutral`   its parts: what is minimised, the compiled descent, the face at rest
- `synthetic` made-up performances whose truth is known
- `fit`       makes trained_models/arkit_shapes from the data folder (`python -m core.head.fit`)
- `report`    measures fit and solver on clips and on known shapes (`python -m core.head.report`)

Data comes in as landmarks in pixels (478, 3) and goes out as canonical displacements and weights. No
pictures pass through here but in `fit` and `report`, which run MediaPipe themselves.
"""
