"""Document <-> JSON and arrays.

Dataclasses become objects with all their fields, tuples lists, rates 'n/d', arrays
`{"array": digest}`; the content of a layer is told by its `kind`.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from io import BytesIO
from typing import Any, TypeVar

import msgspec
import numpy as np

from core.document.document import Document
from core.document.frozen_array import DTYPES, FrozenArray
from core.document.layers import Automatic, Keys, LayerContent, Performance, Speech
from core.errors import ProjectError, UserError
from core.values.time import stored_rate

CONTENTS: dict[str, type[LayerContent]] = {
    "keys": Keys,
    "performance": Performance,
    "speech": Speech,
    "automatic": Automatic,
}
T = TypeVar("T")


def encode_document(document: Document) -> tuple[bytes, dict[str, FrozenArray]]:
    """JSON, and the arrays that it refers to by digest."""
    arrays: dict[str, FrozenArray] = {}

    def encode(value: Any) -> Any:
        if isinstance(value, FrozenArray):
            arrays[value.digest] = value
            return {"array": value.digest}
        if isinstance(value, Fraction):
            return f"{value.numerator}/{value.denominator}"
        raise NotImplementedError(f"a document holds no {type(value).__name__}")

    return msgspec.json.encode(document, enc_hook=encode), arrays


def decode_document(raw: Any, arrays: Mapping[str, FrozenArray]) -> Document:
    """The document of the JSON value `raw`. Raises `ProjectError` naming the place of what is wrong."""

    def decode(kind: type, value: Any) -> Any:
        if kind is FrozenArray:
            digest = value.get("array") if isinstance(value, dict) else None
            if not isinstance(digest, str) or digest not in arrays:
                raise ValueError(f"the array {digest} is not in the project")
            return arrays[digest]
        if kind is Fraction:
            return stored_rate(value)
        if kind is LayerContent:
            name = value.get("kind") if isinstance(value, dict) else None
            if name not in CONTENTS:
                raise ValueError(f"there is no kind of layer '{name}'")
            return msgspec.convert(value, CONTENTS[name], dec_hook=decode)
        raise NotImplementedError(kind)

    try:
        document = msgspec.convert(raw, Document, dec_hook=decode)
    except (msgspec.MsgspecError, UserError, ValueError, ZeroDivisionError) as error:
        raise ProjectError(f"The project's document is damaged: {error}", "Open a backup of the project.") from error
    ours = encode_document(document)[0]
    # A file of our own is the same to the byte; only others are walked through.
    if msgspec.json.encode(raw) == ours:
        return document
    if stranger := unknown_field(raw, msgspec.json.decode(ours), "document"):
        raise ProjectError(
            f"The project holds '{stranger}', which this version of Facekey does not know",
            "Open it with the version that wrote it.",
        )
    return document


def unknown_field(raw: Any, known: Any, place: str) -> str:
    """The first name in `raw` that `known`, the same value written by us, lacks; '' when there is none."""
    if isinstance(raw, dict) and isinstance(known, dict):
        for name, value in raw.items():
            if name not in known:
                return f"{place}.{name}"
            if found := unknown_field(value, known[name], f"{place}.{name}"):
                return found
    elif isinstance(raw, list) and isinstance(known, list):
        for index, (value, counterpart) in enumerate(zip(raw, known, strict=False)):
            if isinstance(value, dict | list) and (
                found := unknown_field(value, counterpart, f"{place}[{index}]")
            ):  # fmt: skip
                return found
    return ""


def encode_array(array: FrozenArray) -> bytes:
    """The array in NumPy's npy format, without any pickled part."""
    stream = BytesIO()
    np.save(stream, array.data, allow_pickle=False)
    return stream.getvalue()


def decode_array(data: bytes, digest: str) -> FrozenArray:
    """Raises `ProjectError` if `data` is no plain array or not the one of `digest`."""
    stream = BytesIO(data)
    try:
        if np.lib.format.read_magic(stream) != (1, 0):  # type: ignore[no-untyped-call]
            raise ValueError("unknown version")
        shape, _, dtype = np.lib.format.read_array_header_1_0(stream)  # type: ignore[no-untyped-call]
        if str(dtype) not in DTYPES or int(np.prod(shape, dtype=object)) * dtype.itemsize != len(data) - stream.tell():
            raise ValueError("its size does not fit its header")
        stream.seek(0)
        array = FrozenArray(np.load(stream, allow_pickle=False))
    except (ValueError, TypeError, SyntaxError, EOFError) as error:
        raise ProjectError(f"An array of the project is damaged ({error})", "Open a backup of the project.") from error
    if array.digest != digest:
        raise ProjectError("An array of the project is not the one that was saved", "Open a backup of the project.")
    return array
