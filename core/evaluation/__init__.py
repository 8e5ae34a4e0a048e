"""How good the pictures are, by committed protocols.

`crops` the face, mouth and eye windows that are compared; `metrics` the measures; `baselines` what any
engine must beat; `reenact` the papers' own protocol on one clip; `report` tables for people and machines.
May import: `motion`, `rendering`, `perception`, `media` and below. Nothing is trained here.
"""
