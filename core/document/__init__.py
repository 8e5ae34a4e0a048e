"""What the artist edits: one frozen document, its parts, its history and the edits that change it.

- `channels`      the table of every control, with ranges and mirror partners
- `regions`       parts of the face: which channels and which landmarks belong to each
- `landmarks`     the 478 points: canonical positions, mirror partners, the 68-point subset
- `frozen_array`  read-only numbers that compare by content
- `tracks`        keys and tracks; `tangents` how a key's handles are resolved for use
- `layers`        the four kinds of layer and what they all share
- `portraits`     the photo, its landmarks and the artist's corrections
- `document`      `Document` and `new_document`
- `history`       undo without limit
- `edits`         pure functions `Document -> Document`, one topic each

May import `core.values` and `core.errors`. All parts are frozen, slotted dataclasses with tuples, so
that an edit shares what it does not touch, any thread may read, and `is` tells whether a part
changed. Photos come from `core.media` and `core.perception`; the document goes to `core.animation`
(which evaluates it and holds the edits that need evaluation: baking, insertion on a curve) and to
`core.project_file`.
"""
