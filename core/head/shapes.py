"""The population's head: mean face, the 52 ARKit shapes on it, and how real faces stray from both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.document.channels import SHAPES
from core.errors import WeightsMissing
from core.head.topology import POINTS
from core.weights.files import read_arrays
from core.weights.store import WeightsStore, default_store

Array = NDArray[np.float64]

WEIGHTS_NAME = "arkit-shapes"
SHAPE_INDEX: dict[str, int] = {name: i for i, name in enumerate(SHAPES)}


@dataclass(frozen=True, slots=True, eq=False)
class HeadShapes:
    """All in canonical space, float64 and read-only.

    neutral: (478, 3) mean face of calm portraits, lips closed, mirror symmetric.
    fields: (52, 478, 3) displacement of each shape at 1, for drawing, in the order of `SHAPES`.
    observed: (52, 478, 3) what the landmark tracker reports of the same motion, for solving.
    gains: (52,) the tracker's report as a fraction of the field, of eyeLook that of the irises; `observed`
        never goes below .6 of the field.
    mirror: (478,) the point on the other side of the face.
    modes: (k, 478, 3) orthonormal directions in which tracked faces move beyond the shapes, largest first.
    mode_deviation: (k,) standard deviation of the modes' coefficients over real frames.
    identity: (m, 478, 3) orthonormal directions in which people's neutrals differ, largest first.
    identity_deviation: (m,) standard deviation of their coefficients over people.
    """

    neutral: Array
    fields: Array
    observed: Array
    gains: Array
    mirror: NDArray[np.int64]
    modes: Array
    mode_deviation: Array
    identity: Array
    identity_deviation: Array


def load_head_shapes(store: WeightsStore | None = None) -> HeadShapes:
    """The shapes that come with Facekey, read once. Raises `WeightsMissing` if they are absent or damaged."""
    return read_head_shapes((store or default_store()).require(WEIGHTS_NAME))


@lru_cache(maxsize=4)
def read_head_shapes(path: Path) -> HeadShapes:
    """The shapes in a safetensors file. Raises `WeightsMissing` when it is not what it should be."""
    return head_shapes(read_arrays(path))


def head_shapes(arrays: Mapping[str, NDArray[Any]]) -> HeadShapes:
    """Arrays by field name -> checked, read-only `HeadShapes`. Raises `WeightsMissing` on wrong shapes."""
    shapes = len(SHAPES)
    modes, people = (len(arrays.get(name, ())) for name in ("mode_deviation", "identity_deviation"))
    expected = {
        "neutral": (POINTS, 3), "fields": (shapes, POINTS, 3), "observed": (shapes, POINTS, 3), "gains": (shapes,),
        "mirror": (POINTS,), "modes": (modes, POINTS, 3), "mode_deviation": (modes,),
        "identity": (people, POINTS, 3), "identity_deviation": (people,),
    }  # fmt: skip
    wrong = [name for name, shape in expected.items() if name not in arrays or arrays[name].shape != shape]
    if wrong:
        message = f"The weights '{WEIGHTS_NAME}' lack {', '.join(wrong)}"
        raise WeightsMissing(message, "Install Facekey again, or run 'facekey models verify'.")
    floats = {name: _frozen(arrays[name]) for name in expected if name != "mirror"}
    mirror = arrays["mirror"].astype(np.int64)
    mirror.flags.writeable = False
    return HeadShapes(mirror=mirror, **floats)


def _frozen(array: NDArray[Any]) -> Array:
    copy = array.astype(np.float64)
    copy.flags.writeable = False
    return copy
