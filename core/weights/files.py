"""Named arrays in a safetensors file: read, and written together with their digest."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import WeightsMissing
from core.weights.checksum import record_checksum


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """All arrays of the safetensors file at `path`, by name. Raises `WeightsMissing` if it cannot be read."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        arrays: dict[str, NDArray[Any]] = load_file(path)
    except (OSError, SafetensorError) as error:
        message = f"The weights file {path.name} cannot be read ({error})"
        raise WeightsMissing(message, "Install Facekey again, or run 'facekey models verify'.") from error
    return {name: np.asarray(array) for name, array in arrays.items()}


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write `arrays` to the safetensors file at `path`, whole or not at all, and note its digest beside it."""
    from safetensors.numpy import save

    part = path.with_name(path.name + ".part")
    part.write_bytes(save({name: np.ascontiguousarray(array) for name, array in arrays.items()}))
    os.replace(part, path)
    record_checksum(path)
