"""Live Link Face CSV files: the 52 shapes and nine rotations, one row per frame.

Columns are found by name, whatever their order and case; a shape without a column rests. A row of two
fields, `timecode,0`, is a frame in which the face was lost.

Timecodes are HH:MM:SS:FF.fff with FF counted to 60 whatever the capture rate. The rate is taken from the
mean step of the undropped rows, and rows are laid on a grid of it, so that a dropped row is a gap.

Rotations are radians about ARKit's right-handed axes (x to the subject's left, y up, z forward): yaw grows to
the subject's left, pitch downwards, roll towards the subject's right. In a recording of the app both eyes
turned inwards give a negative left and a positive right yaw, and eyes turned down a positive pitch, at
0.61 radians for a full eyeLook shape. Our channels turn pitch and roll the other way.
"""

from __future__ import annotations

import csv
import io
from fractions import Fraction
from math import degrees, radians
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.document.channels import SHAPES
from core.errors import UnreadableMedia
from core.media.atomic import write_whole
from core.motion.performance import HEAD_REST, Performance, performance_of
from core.values.time import COMMON_RATES

_BASE = 60
_ROTATIONS = (
    "HeadYaw", "HeadPitch", "HeadRoll", "LeftEyeYaw", "LeftEyePitch", "LeftEyeRoll",
    "RightEyeYaw", "RightEyePitch", "RightEyeRoll",
)  # fmt: skip
_TIME, _COUNT = "timecode", "blendshapecount"
_FEWEST_SHAPES = 5
_LARGEST = 64 * 2**20
_LONGEST_PAUSE = 600.0
_DAY = 24 * 3600.0
_LOOK_TRAVEL = 35.0
"""Degrees that an eye turns at 1 of an eyeLook shape, in every direction, by the app's own recordings."""

Table = NDArray[np.float64]


def read_live_link(path: Path | str, *, rate: Fraction | None = None, in_degrees: bool = False) -> Performance:
    """Read the CSV at `path`. rate: frames per second, when the timecodes shall not decide. in_degrees: for
    writers that put degrees into the rotation columns.

    Raises `UnreadableMedia` with the line that cannot be read.
    """
    path = Path(path)
    header, rows, lines = _rows(path)
    columns = _columns(header, path.name)
    times = np.array([_seconds(row[columns[_TIME]], line, path.name) for row, line in zip(rows, lines, strict=True)])
    places, rate = _grid(times, rate, lines, path.name)
    values = np.full((len(rows), len(SHAPES) + len(_ROTATIONS)), np.nan)
    names = [name.lower() for name in (*SHAPES, *_ROTATIONS)]
    for i, (row, line) in enumerate(zip(rows, lines, strict=True)):
        if _lost(row, columns):
            continue
        if len(row) < len(header):
            raise _bad(path.name, line, f"has {len(row)} fields and the header {len(header)}")
        values[i] = [_number(row[columns[name]], name, line, path.name) if name in columns else 0.0 for name in names]
    table = np.full((int(places[-1]) + 1, values.shape[1]), np.nan)
    table[places] = values
    found = np.isfinite(table).all(axis=1)
    if not found.any():
        raise UnreadableMedia(f"'{path.name}' holds no frame with a face", "Record the take again.")
    table[~found] = 0.0
    angles = table[:, len(SHAPES) :] if in_degrees else np.degrees(table[:, len(SHAPES) :])
    shapes = table[:, : len(SHAPES)]
    eyes = {"lefteyeyaw", "righteyeyaw"} <= columns.keys()
    gaze = _gaze(angles) if eyes else _gaze_of_shapes(shapes)
    head = np.tile(HEAD_REST, (len(table), 1))
    head[:, :3] = angles[:, :3] * (1, -1, -1)
    return performance_of(rate, shapes, gaze, head, found, source=path.name)


def write_live_link(performance: Performance, path: Path | str, *, in_degrees: bool = False) -> None:
    """Write a performance as the app would, whole or not at all. Raises `ExportError`.

    What the form has no place for (head shift and scale, the residual) is left out.
    """
    names = [name[0].upper() + name[1:] for name in SHAPES]
    lines = [",".join(["Timecode", "BlendShapeCount", *names, *_ROTATIONS])]
    unit = degrees(1) if not in_degrees else 1.0
    for n in range(len(performance)):
        stamp = _timecode(Fraction(n) / performance.rate)
        if not performance.found[n]:
            lines.append(f"{stamp},0")
            continue
        yaw, pitch, roll = (float(x) for x in performance.head[n, :3])
        (right_yaw, right_pitch), (left_yaw, left_pitch) = performance.gaze[n].astype(float).tolist()
        eyes = []
        for across, up in ((left_yaw, left_pitch), (right_yaw, right_pitch)):
            # The app's eyes have no torsion of their own: its roll is the product of the other two.
            eyes += [across, -up, degrees(radians(across) * radians(-up))]
        angles = [x / unit for x in (yaw, -pitch, -roll, *eyes)]
        numbers = [*performance.shapes[n].astype(float).tolist(), *angles]
        lines.append(f"{stamp},{len(numbers)}," + ",".join(f"{x:.10f}" for x in numbers))
    write_whole(Path(path), ("\n".join(lines) + "\n").encode("ascii"))


def _rows(path: Path) -> tuple[list[str], list[list[str]], list[int]]:
    """Header, rows and their line numbers; empty lines are skipped, and a last row that was cut off."""
    try:
        if path.stat().st_size > _LARGEST:
            raise UnreadableMedia(f"'{path.name}' is too large for a performance", "Split the take into parts.")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UnreadableMedia(f"'{path}' cannot be read ({error.strerror or error})", "Check the path.") from error
    except UnicodeDecodeError as error:
        raise UnreadableMedia(f"'{path.name}' is no text file", "Choose a CSV from Live Link Face.") from error
    # Where a comma stands in numbers, spreadsheets part the fields by semicolons.
    semicolons = _semicolons(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if semicolons else ",")
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        for row in reader:
            if any(field.strip() for field in row):
                fields = [field.strip() for field in row]
                rows.append([field.replace(",", ".") for field in fields] if semicolons else fields)
                lines.append(reader.line_num)
    except csv.Error as error:
        raise _bad(path.name, reader.line_num, f"is no CSV ({error})") from error
    if len(rows) > 2 and not text.endswith(("\n", "\r")) and len(rows[-1]) < len(rows[0]) and len(rows[-1]) != 2:
        rows.pop()
        lines.pop()
    if len(rows) < 2:
        raise UnreadableMedia(f"'{path.name}' holds no frames", "Choose a CSV from Live Link Face.")
    return rows[0], rows[1:], lines[1:]


def _semicolons(text: str) -> bool:
    first = text.partition("\n")[0]
    return first.count(";") > first.count(",")


def _columns(header: list[str], name: str) -> dict[str, int]:
    columns: dict[str, int] = {}
    for place, field in enumerate(header):
        key = field.lower()
        if key in columns:
            raise _bad(name, 1, f"has the column '{field}' twice")
        columns[key] = place
    known = sum(shape.lower() in columns for shape in SHAPES)
    if _TIME not in columns or known < _FEWEST_SHAPES:
        raise UnreadableMedia(
            f"'{name}' has no columns of ARKit shapes",
            "Its first line must name them: Timecode, BlendShapeCount, EyeBlinkLeft and so on.",
        )
    return columns


def _lost(row: list[str], columns: dict[str, int]) -> bool:
    place = columns.get(_COUNT)
    return place is not None and place < len(row) and row[place] in ("0", "0.0")


def _seconds(text: str, line: int, name: str) -> float:
    parts = text.replace(";", ":").split(":")
    try:
        if len(parts) != 4:
            raise ValueError
        hours, minutes, seconds = (int(part) for part in parts[:3])
        frames = float(parts[3])
        if min(hours, minutes, seconds, frames) < 0 or not frames < 1000:
            raise ValueError
    except ValueError:
        raise _bad(name, line, f"has '{text}' for a timecode; it is written HH:MM:SS:FF.fff") from None
    return hours * 3600 + minutes * 60 + seconds + frames / _BASE


def _number(text: str, column: str, line: int, name: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise _bad(name, line, f"has '{text}' in the column {column}") from None
    if not np.isfinite(value) or abs(value) > 1000:
        raise _bad(name, line, f"has '{text}' in the column {column}")
    return value


def _grid(times: Table, rate: Fraction | None, lines: list[int], name: str) -> tuple[NDArray[np.int64], Fraction]:
    """The frame of each row, from 0, and the rate; rows of one frame move on to the next free one."""
    steps = np.diff(times)
    steps = np.where(steps < -_DAY / 2, steps + _DAY, steps)  # midnight
    for step, line in zip(steps, lines[1:], strict=True):
        if step < -0.5:
            raise _bad(name, line, "goes back in time")
        if step > _LONGEST_PAUSE:
            raise _bad(name, line, f"comes {step:.0f} seconds after the row before it")
    rate = rate or _rate_of(steps)
    elapsed = np.concatenate([[0.0], np.cumsum(steps)])
    places = np.rint(elapsed * float(rate)).astype(np.int64)
    # A jittering clock puts two rows on one frame: each row keeps a frame of its own.
    order = np.arange(len(places))
    return np.maximum.accumulate(places - order) + order, rate


def _rate_of(steps: Table) -> Fraction:
    usual = float(np.median(steps[steps > 0])) if (steps > 0).any() else 0.0
    if not usual:
        return Fraction(30)
    regular = steps[(steps > 0.5 * usual) & (steps < 1.5 * usual)]
    measured = 1.0 / float(regular.mean())
    near = min(COMMON_RATES, key=lambda common: abs(float(common) - measured))
    if abs(float(near) / measured - 1) < 0.02:
        return near
    return Fraction(measured).limit_denominator(100)


def _gaze(angles: Table) -> Table:
    """Rotation columns in degrees (T, 9) -> (T, 2, 2) as the channels have it."""
    right, left = angles[:, 6:8], angles[:, 3:5]
    return np.stack([right, left], axis=1) * (1, -1)


def _gaze_of_shapes(shapes: Table) -> Table:
    gaze = np.zeros((len(shapes), 2, 2))
    for eye, (side, outwards) in enumerate((("Right", -1), ("Left", 1))):
        into, out, up, down = (shapes[:, SHAPES.index(f"eyeLook{way}{side}")] for way in ("In", "Out", "Up", "Down"))
        gaze[:, eye, 0] = outwards * _LOOK_TRAVEL * (out - into)
        gaze[:, eye, 1] = _LOOK_TRAVEL * (up - down)
    return gaze


def _timecode(seconds: Fraction) -> str:
    thousandths = round(seconds * _BASE * 1000)
    whole, rest = divmod(thousandths, _BASE * 1000)
    frames = f"{rest // 1000:02d}.{rest % 1000:03d}"
    return f"{whole // 3600 % 24:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}:{frames}"


def _bad(name: str, line: int, what: str) -> UnreadableMedia:
    return UnreadableMedia(f"Line {line} of '{name}' {what}", "Correct the line, or export the take again.")
