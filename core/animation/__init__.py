"""From the document to a face: curves, their evaluation, and what needs evaluation to be edited.

- `curve`        a track's value at any frame, one at a time or many; `insertion` of keys that keeps the shape
- `easing`       named shapes for the segment between two keys
- `fit`          dense samples -> few keys within a tolerance; `stroke` the same for a freehand stroke
- `emotion`, `speech`   degrees and visemes into the 52 shapes, by tables in `resources/` (`mix_table`)
- `performance`  measured motion at any frame; `automatic` blinks, gaze darts, breathing, sway
- `evaluate`     `evaluate(document, frame) -> FaceState`: layers bottom to top
- `face_state`   the only thing that an engine is told
- `bake`         edits that turn evaluated motion into keys, reduce and smooth keys

May import `core.document` and below. The same document and frame always give the same state, in any
order and on any thread; nothing here keeps state between calls.
"""
