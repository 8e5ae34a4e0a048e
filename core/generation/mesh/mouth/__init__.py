"""The inside of a mouth: teeth, tongue, the dark behind them, and lips that part cleanly.

`prepare.prepare_mouth(rig)` measures the photo once; `draw.draw_mouth` paints one state of the face into
the moved photo, in the box that `draw.mouth_box` names. Everything is deterministic.

- `arch`       where the rows of teeth run          `sprite`   the teeth, unrolled along the arch
- `tone`       colours, light, sharpness and grain that the photo lends
- `own_teeth`  the photo's own upper teeth in place of the drawn ones, when it shows them
- `tooth_edge` where those are seen, and the line of their edges    `seam`   lips that close over them
- `corners`    the dark seam beyond the corners of closed lips, taken away as they part
- `frame`      a posed face -> the tables of one frame: lips, jaw, rows of teeth, tongue
- `light`, `tongue`, `inner`, `finish`   the compiled loops that paint from those tables

May import `core.generation.mesh` (face, rig, warp, shading) and what is below it. Lengths are eye
distances and colours linear light unless it says otherwise.
"""
