"""A performance in our own JSON: everything that was measured, with rate and gaps."""

from __future__ import annotations

import base64
import binascii
import zlib
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.document.channels import LANDMARKS, SHAPES
from core.errors import UnreadableMedia
from core.media.atomic import write_whole
from core.motion.performance import GAZE, HEAD, Performance, performance_of
from core.values.time import stored_rate

FORMAT, VERSION = "facekey.performance", 1
_MOST_FRAMES = 1_000_000
_DIGITS = 6


class _Frame(msgspec.Struct):
    shapes: list[float]
    gaze: list[list[float]]
    head: list[float]


class _File(msgspec.Struct):
    """rate as '30000/1001'; frames in order, null where the face was lost; residual: zlib over (T, 478, 3)
    little-endian float16 in base64."""

    format: str
    version: int
    rate: str
    source: str
    shapes: list[str]
    gaze: list[list[str]]
    head: list[str]
    frames: list[_Frame | None]
    residual: str | None = None


def write_performance_json(performance: Performance, path: Path | str, *, residual: bool = True) -> None:
    """Write a performance whole or not at all. residual: with the displacement beyond the shapes, which makes
    most of the file. Raises `ExportError`."""
    frames: list[_Frame | None] = []
    for n in range(len(performance)):
        if not performance.found[n]:
            frames.append(None)
            continue
        frames.append(
            _Frame(_rounded(performance.shapes[n]), [_rounded(eye) for eye in performance.gaze[n]],
                   _rounded(performance.head[n]))
        )  # fmt: skip
    packed = None
    if residual and performance.residual is not None:
        half = np.nan_to_num(performance.residual).astype("<f2")
        packed = base64.b64encode(zlib.compress(half.tobytes(), 6)).decode("ascii")
    content = _File(
        FORMAT, VERSION, f"{performance.rate.numerator}/{performance.rate.denominator}", performance.source,
        list(SHAPES), [list(names) for names in GAZE], list(HEAD), frames, packed,
    )  # fmt: skip
    write_whole(Path(path), msgspec.json.encode(content) + b"\n")


def read_performance_json(path: Path | str) -> Performance:
    """Read what `write_performance_json` wrote. Raises `UnreadableMedia`."""
    path = Path(path)
    try:
        content = msgspec.json.decode(path.read_bytes(), type=_File)
    except OSError as error:
        raise UnreadableMedia(f"'{path}' cannot be read ({error.strerror or error})", "Check the path.") from error
    except msgspec.MsgspecError as error:
        raise _bad(path, str(error)) from error
    if content.format != FORMAT:
        raise _bad(path, f"its format is '{content.format}'")
    if content.version > VERSION:
        raise UnreadableMedia(
            f"'{path.name}' was written by a newer Facekey (version {content.version})", "Update Facekey."
        )
    if not 0 < len(content.frames) <= _MOST_FRAMES or not any(content.frames):
        raise _bad(path, "it holds no frame with a face")
    return _performance(content, path)


def _performance(content: _File, path: Path) -> Performance:
    unknown = set(content.shapes) - set(SHAPES)
    if unknown or len(set(content.shapes)) != len(content.shapes):
        raise _bad(path, f"it names the shapes {sorted(unknown) or 'twice'}")
    if content.gaze != [list(names) for names in GAZE] or content.head != list(HEAD):
        raise _bad(path, "its gaze and head channels are not those of version 1")
    count = len(content.frames)
    shapes, gaze, head = np.zeros((count, len(SHAPES))), np.zeros((count, 2, 2)), np.zeros((count, 6))
    columns = [SHAPES.index(name) for name in content.shapes]
    for n, frame in enumerate(content.frames):
        if frame is None:
            continue
        if (len(frame.shapes), [len(eye) for eye in frame.gaze], len(frame.head)) != (len(columns), [2, 2], 6):
            raise _bad(path, f"frame {n} has the wrong number of values")
        shapes[n, columns], gaze[n], head[n] = frame.shapes, frame.gaze, frame.head
    found = np.array([frame is not None for frame in content.frames])
    try:
        rate = stored_rate(content.rate)
        if not 1 <= rate <= 1000:
            raise ValueError(content.rate)
        residual = _residual(content.residual, count)
        return performance_of(rate, shapes, gaze, head, found, residual, content.source)
    except (ValueError, binascii.Error, zlib.error) as error:
        raise _bad(path, str(error)) from error


def _residual(packed: str | None, count: int) -> NDArray[np.float32] | None:
    if packed is None:
        return None
    size = count * LANDMARKS * 3 * 2
    opener = zlib.decompressobj()
    raw = opener.decompress(base64.b64decode(packed, validate=True), size + 1)  # no more than is due
    if len(raw) != size:
        raise ValueError("the residual does not fit the frames")
    return np.frombuffer(raw, "<f2").reshape(count, LANDMARKS, 3).astype(np.float32)


def _rounded(values: NDArray[np.float32]) -> list[float]:
    return [round(value, _DIGITS) for value in values.astype(float).tolist()]


def _bad(path: Path, why: str) -> UnreadableMedia:
    return UnreadableMedia(f"'{path.name}' is no performance that Facekey can read ({why})", "Track the clip again.")
