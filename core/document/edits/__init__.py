"""Edits: pure functions `Document -> Document`, one topic per module.

- `portraits`   add, remove, choose; `corrections` of landmarks; neutral expression, matte
- `layers`      add, remove, reorder, rename, mute, solo, weights, masks; `timing` of a layer
- `keys`        set, insert, move, scale, delete, duplicate keys; `tangents` their handles
- `tracks`      extrapolation, mute, solo, lock, colour, removal
- `clipboard`   copy and paste, also mirrored
- `timeline`    rate, range, work area, markers, sound
- `settings`    engine and export settings
- `ids`         the next free name of a layer, portrait or sound

An edit that changes nothing returns the very document it was given. Keys are spoken of by `KeyRef`
(layer, channel, frame). Edits that need curves evaluated live in `core.animation`: `bake`, `insertion`,
`stroke`, `easing`.
"""
