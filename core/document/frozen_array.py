"""Read-only numbers inside a frozen document: they compare and hash by content."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

DTYPES = frozenset(["bool", "float16", "float32", "float64", "int32"])
"""What a document may hold; nothing that could carry objects."""


class FrozenArray:
    """A C-contiguous array that nobody may write to.

    `data` is the array, `digest` 32 hex digits over dtype, shape and content. Two arrays of the same
    content are equal, NaNs included.
    """

    __slots__ = ("data", "digest")

    data: NDArray[Any]
    digest: str

    def __init__(self, values: NDArray[Any]) -> None:
        """Copies `values` unless they are read-only already. Raises `ValueError` for other dtypes."""
        array = np.ascontiguousarray(values)
        if str(array.dtype) not in DTYPES:
            raise ValueError(f"a document holds no arrays of {array.dtype}")
        if array.flags.writeable:
            array = array.copy() if array is values or array.base is not None else array
            array.flags.writeable = False
        digest = blake2b(f"{array.dtype.str}{array.shape}".encode(), digest_size=16)
        digest.update(array.data if array.size else b"")
        object.__setattr__(self, "data", array)
        object.__setattr__(self, "digest", digest.hexdigest())

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a FrozenArray does not change")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FrozenArray) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"FrozenArray({self.data.dtype}{list(self.data.shape)} {self.digest[:8]})"

    def __len__(self) -> int:
        return len(self.data)
