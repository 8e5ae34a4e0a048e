"""The population's head: mean face, the 52 ARKit shapes on it, and how real faces stray from both."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.document.channels import SHAPES
from core.errors import WeightsMissing
from core.head.topology import POINTS

Array = NDArray[np.float64]

WEIGHTS_FILE = Path(__file__).parents[2] / "trained_models" / "arkit_shapes.safetensors"
SHAPE_INDEX: dict[str, int] = {name: i for i, name in enumerate(SHAPES)}


@dataclass(frozen=True, slots=True, eq=False)
class HeadShapes:
    """All in canonical space, float64 and read-only.

    neutral: (478, 3) mean face of calm portraits, lips closed, mirror symmetric.
    fields: (52, 478, 3) displacement of each shape at 1, for drawing, in the order of `SHAPES`.
    observed: (52, 478, 3) what the landmark tracker reports of the same motion, for solving.
    gains: (52,) the tracker's report as a fraction of the field.
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


@lru_cache(maxsize=2)
def load_head_shapes(path: Path = WEIGHTS_FILE) -> HeadShapes:
    """Read the shapes. Raises `WeightsMissing` when the file is absent or is not what it should be."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    remedy = "Install Facekey again, or fetch the file with 'facekey models fetch arkit_shapes'."
    if not path.is_file():
        raise WeightsMissing("The expression shapes (arkit_shapes) are not on this computer", remedy)
    try:
        arrays = load_file(path)
    except SafetensorError as error:
        raise WeightsMissing("The expression shapes (arkit_shapes) cannot be read", remedy) from error
    return head_shapes(arrays)


def head_shapes(arrays: dict[str, NDArray[np.generic]]) -> HeadShapes:
    """Arrays by field name -> checked, read-only `HeadShapes`. Raises `WeightsMissing` on wrong shapes."""
    expected = {"neutral": (POINTS, 3), "fields": (len(SHAPES), POINTS, 3), "observed": (len(SHAPES), POINTS, 3),
                "gains": (len(SHAPES),), "mirror": (POINTS,)}  # fmt: skip
    wrong = [name for name, shape in expected.items() if name not in arrays or arrays[name].shape != shape]
    if wrong:
        raise WeightsMissing(f"The expression shapes lack {', '.join(wrong)}", "Install Facekey again.")
    floats = {name: _frozen(arrays[name]) for name in HeadShapes.__dataclass_fields__ if name != "mirror"}
    mirror = arrays["mirror"].astype(np.int64)
    mirror.flags.writeable = False
    return HeadShapes(mirror=mirror, **floats)


def _frozen(array: NDArray[np.generic]) -> Array:
    copy = array.astype(np.float64)
    copy.flags.writeable = False
    return copy
