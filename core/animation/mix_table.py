"""Reading a table of named mixes of shapes from `resources/`.

A shape stands by its ARKit name, or by its stem when it means both sides alike
('mouthSmile' for mouthSmileLeft and mouthSmileRight).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.document.channels import SHAPES
from core.errors import UserError
from core.folders import resource_folder

RESOURCES = resource_folder()
_PLACE = {name: i for i, name in enumerate(SHAPES)}
T = TypeVar("T")


def read_table(path: Path, kind: type[T]) -> T:
    """The JSON file at `path` as `kind`. Raises `UserError` when it is missing or not of that form."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        raise UserError(f"The table {path.name} is missing", "Install Facekey again.") from None
    except msgspec.MsgspecError as error:
        raise UserError(f"The table {path.name} is damaged: {error}", "Correct the entry or install again.") from None


def mix_vector(mix: Mapping[str, float], where: str) -> NDArray[np.float64]:
    """(52,) read-only weights of `mix`. Raises `UserError` naming `where` for an unknown shape."""
    vector = np.zeros(len(SHAPES))
    for name, weight in mix.items():
        names = [name] if name in _PLACE else [name + "Left", name + "Right"]
        if names[0] not in _PLACE or not 0.0 <= weight <= 1.0:
            raise UserError(
                f"{where} mixes {name} at {weight:g}, which is no shape or not within 0 to 1",
                "Use the names that 'facekey channels' lists.",
            )
        for each in names:
            vector[_PLACE[each]] = weight
    vector.flags.writeable = False
    return vector
