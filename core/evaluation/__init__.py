"""How good the pictures are, by committed protocols.

`crops` the face, mouth and eye windows that are compared; `metrics` the measures; `baselines` what any
engine must beat; `reenact` the papers' own protocol on one clip; `report` its table; `sheets` contact sheets
of a photo in many states, to be looked at.
May import: `motion`, `rendering`, `perception`, `media` and below. Nothing is trained here.
"""
