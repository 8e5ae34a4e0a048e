"""The mesh engine: the photo itself, moved, at its own resolution.

Canonical space: outer eye corners (33, 263) one unit apart, origin between them, x to the picture's
right, y down, z away from the camera. One unit is about 89 mm.

- `face`     values that pass between the parts: `FaceRig` (per photo), `PosedFace` (per state)
- `rig`      photo and landmarks -> `FaceRig`: pose, rings round the head, personal fields
- `deform`   (`FaceRig`, `FaceState`) -> `PosedFace`: shapes, lids, contact, drags, head turn
- `untangle`   keeps a posed mesh from folding
- `drag`     dragged landmarks -> a displacement of the whole face
- `own_expression`   what a photo already shows: shapes upon it saturate, its open lips come together
- `raster`, `warp`   posed vertices -> a dense field -> moved pixels; `sampling`, rows of pixels out of the photo
- `plate`, `turn`    the background behind a turning head; `compose`, face over head over plate
- `shading`, `wrinkles`   light and folds that follow the form; `folds`, the table of where skin folds
- `eyes/`    eyeballs, lids      `mouth/`   teeth, tongue, lips
- `engine`   puts them in order behind the engine protocol
"""
