"""What a photo already shows, against what is asked of it: a smile on a smile, closed lips from open ones.

The solved expression of a single photo is cautious: a part of a parted mouth counts as the person's own
face. Taking the expression out would leave such lips apart, so what then still parts them is found here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.document.channels import SHAPES
from core.generation.mesh.drag import DragSolver, likely_offsets
from core.head.topology import LIP_INNER_LOWER, LIP_INNER_UPPER
from core.values.geometry import smoothstep

Array = NDArray[np.float64]

UPPER_MEETING = 0.42
"""Part of an open mouth's gap that the upper lip travels when it closes; the lower lip travels the rest."""
PARTED = (0.02, 0.05)
"""Widest gap of lips that counts as closed, and as open."""
SATURATION, MOST_LEFT_OUT = 1.4, 0.75
"""Part of what is asked that is left out, for each part of the shape that the photo shows, and at most. More than
one for one: what a single photo shows is solved cautiously."""
MOST_SHOWN = 1.0
TOLD_APART = 0.02
"""Residual displacement, in eye distances, from which on it says itself how face and photo differ."""
_ADDS_UP = tuple(i for i, name in enumerate(SHAPES) if not name.startswith(("eye", "mouthClose", "tongue")))
"""Shapes that go too far upon themselves. Lids stop at each other, and gaze is measured from the photo's own."""
_MOUTH_CLOSE, _JAW_OPEN = SHAPES.index("mouthClose"), SHAPES.index("jawOpen")
_CLOSING = {"mouthClose": 1.0, "mouthPress": 0.5, "mouthPucker": 1.1, "mouthRoll": 0.4}
_CLOSERS = np.array([next((v for stem, v in _CLOSING.items() if name.startswith(stem)), 0.0) for name in SHAPES])
"""How far each shape, which was made on closed lips, closes those of a photo first."""


def shown_in_photo(shapes: Array, expression: Array | None) -> Array:
    """(52,) how much of each shape a photo of `expression` (52,) shows, 0 to `MOST_SHOWN`, on fields (52, 478, 3).

    Shapes overlap (a smile may be solved as a stretch), so it is each field's share of the whole.
    """
    shown = np.zeros(len(SHAPES))
    if expression is None:
        return shown
    whole = np.tensordot(expression, shapes, axes=1)
    for i in _ADDS_UP:
        reach = float((shapes[i] ** 2).sum())
        share = float((whole * shapes[i]).sum()) / max(reach, 1e-12)
        shown[i] = max(share, float(expression[i]))
    return np.asarray(np.clip(shown, 0.0, MOST_SHOWN))


def saturated(asked: Array, shown: Array) -> Array:
    """Weights (52,) to add to a photo that shows `shown` (52,): about shown + asked (1 - k shown) instead of the sum.

    As asked where the photo shows nothing, and in proportion to what is asked, so that rest stays rest.
    """
    return np.asarray(asked * (1.0 - MOST_LEFT_OUT * np.tanh(SATURATION / MOST_LEFT_OUT * shown)))


def lips_together(neutral: Array, shapes: Array, drag: DragSolver, expression: Array | None) -> Array:
    """(478, 3) what brings a photo's lips together once `expression` (52,) is taken out; zero if they are closed.

    The lips' edges are dragged to where they meet, and the face follows as `drag` knows that faces do.
    """
    upper, lower = list(LIP_INNER_UPPER[1:-1]), list(LIP_INNER_LOWER[1:-1])
    calm = neutral if expression is None else neutral - np.tensordot(expression, shapes, axes=1)
    opened = float(smoothstep((neutral[lower, 1] - neutral[upper, 1]).max(), *PARTED))
    closing = np.zeros_like(neutral)
    if opened <= 0:
        return closing
    for _ in range(2):
        gap = (calm + closing)[lower, 1] - (calm + closing)[upper, 1]
        down = np.concatenate([UPPER_MEETING * gap, (UPPER_MEETING - 1) * gap])
        closing += likely_offsets(drag, (*upper, *lower), down)
    return np.asarray(opened * closing)


def closing_of(shapes: Array, neutralise: float) -> Array:
    """(2,) how far the photo's own opening closes, 0 to 1: with its expression taken out by `look.neutralise`, and
    as it stands by the weights (52,) of shapes that were made on closed lips."""
    closers = 1.0 - np.prod(1.0 - np.clip(_CLOSERS * shapes, 0.0, 1.0))
    return np.array([neutralise, (1.0 - neutralise) * closers])


def without_needless_close(shapes: Array, opened: float) -> Array:
    """The weights (52,) with `mouthClose` no larger than `jawOpen` on a photo whose mouth is open (`opened` 1).

    The shape undoes what an open jaw does to the lips. Without one it would crush them; there `closing_of` does.
    """
    out = shapes.copy()
    out[_MOUTH_CLOSE] -= opened * max(float(shapes[_MOUTH_CLOSE] - shapes[_JAW_OPEN]), 0.0)
    return out


def opened_in_photo(closing: Array) -> float:
    """0 to 1: whether the photo's mouth is open, by what `lips_together` found (478, 3)."""
    return float(smoothstep(np.abs(closing).max(), 0.0, PARTED[0]))


def told_apart(residual: Array | None) -> float:
    """0 to 1: how far a residual (478, 3) tells already what face and photo have not in common."""
    return 0.0 if residual is None else float(smoothstep(np.abs(residual).max(), 0.0, TOLD_APART))
