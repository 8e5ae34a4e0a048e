"""ICC profiles of the matrix and tone-curve kind, evaluated in floating point.

Pillow's binding to lcms works in 8 bits only. Photos with 16 bits per channel come through here, so
that their precision survives; `core.media.photo_colour` decides which way a photo takes. Formats and
formulas: ICC.1:2010 (profile version 4.3), sections 7.2, 10.5 (curveType), 10.15
(parametricCurveType) and annex F.3 (three-component matrix-based profiles).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEVELS = 65536

# Linear sRGB to XYZ under the D50 white of ICC's connection space (Bradford-adapted; ICC, sRGB v2).
SRGB_TO_XYZ = np.array(
    [[0.4360747, 0.3850649, 0.1430804], [0.2225045, 0.7168786, 0.0606169], [0.0139322, 0.0971045, 0.7141733]]
)
_XYZ_TO_SRGB = np.linalg.inv(SRGB_TO_XYZ)
_ROWS_AT_ONCE = 1 << 18


class UnsupportedProfile(ValueError):
    """The profile is damaged, or is not of the matrix and tone-curve kind."""


@dataclass(frozen=True, slots=True, eq=False)
class MatrixProfile:
    """A grey or RGB colour space. `curves` (1 or 3, 65536) linearise each channel's 16-bit level to
    [0, 1]; `to_xyz` (3, 3) takes linear channels to XYZ (D50), None for grey."""

    curves: NDArray[np.float32]
    to_xyz: Floats | None

    def to_srgb(self, levels: NDArray[np.uint16]) -> NDArray[np.uint16]:
        """`levels` (H, W) for grey or (H, W, 3) for RGB -> sRGB (H, W, 3), out-of-gamut colours clipped."""
        grey = self.to_xyz is None
        flat = levels.reshape(-1, 1 if grey else 3)
        result = np.empty((len(flat), 3), np.uint16)
        for start in range(0, len(flat), _ROWS_AT_ONCE):
            part = flat[start : start + _ROWS_AT_ONCE]
            result[start : start + len(part)] = self._part_to_srgb(part)
        return result.reshape(*levels.shape[:2], 3)

    def _part_to_srgb(self, levels: NDArray[np.uint16]) -> NDArray[np.uint16]:
        linear = np.column_stack([curve[levels[:, i]] for i, curve in enumerate(self.curves)])
        if self.to_xyz is not None:
            linear = linear @ (_XYZ_TO_SRGB @ self.to_xyz).T.astype(np.float32)
        encoded = np.rint(encode_srgb(np.clip(linear, 0.0, 1.0)) * (LEVELS - 1)).astype(np.uint16)
        return encoded if encoded.shape[1] == 3 else np.repeat(encoded, 3, axis=1)

    def is_srgb(self) -> bool:
        """Whether converting would move no colour by more than one level in 256."""
        steps = (np.arange(0, 256, 17) * 257).astype(np.uint16)
        if self.to_xyz is None:
            grid, plain = steps[:, None], np.repeat(steps[:, None, None], 3, axis=2)
        else:
            grid = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 1, 3)
            plain = grid
        return bool(np.abs(self.to_srgb(grid).astype(int) - plain.astype(int)).max() <= 257)


def colour_space(profile: bytes) -> str:
    """'RGB', 'GRAY', 'CMYK', 'Lab' ... as the profile's header says. Raises `UnsupportedProfile`."""
    if len(profile) < 132 or profile[36:40] != b"acsp":
        raise UnsupportedProfile("it is no ICC profile")
    return profile[16:20].decode("latin-1").strip()


def parse_matrix_profile(profile: bytes) -> MatrixProfile:
    """Raises `UnsupportedProfile` for damaged profiles and for those that work through tables."""
    space = colour_space(profile)
    try:
        tags = _tags(profile)
        if profile[20:24] != b"XYZ " or "A2B0" in tags:
            raise UnsupportedProfile("it works through tables")
        if space == "GRAY":
            return MatrixProfile(_curve(tags["kTRC"])[None], None)
        if space != "RGB":
            raise UnsupportedProfile(f"it describes {space}, not RGB or grey")
        matrix = np.column_stack([_xyz(tags[name]) for name in ("rXYZ", "gXYZ", "bXYZ")])
        curves = np.stack([_curve(tags[name]) for name in ("rTRC", "gTRC", "bTRC")])
    except (KeyError, struct.error, IndexError) as error:
        raise UnsupportedProfile(f"it is damaged ({error})") from error
    return MatrixProfile(curves, matrix)


def encode_srgb(linear: NDArray[np.float32]) -> NDArray[np.float32]:
    """IEC 61966-2-1: linear light in [0, 1] to sRGB in [0, 1]."""
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.power(linear, np.float32(1 / 2.4)) - 0.055)


def _tags(profile: bytes) -> dict[str, bytes]:
    (count,) = struct.unpack_from(">I", profile, 128)
    if count > 200:
        raise UnsupportedProfile(f"it claims {count} tags")
    tags = {}
    for i in range(count):
        name, offset, size = struct.unpack_from(">4sII", profile, 132 + 12 * i)
        tags[name.decode("latin-1")] = profile[offset : offset + size]
    return tags


def _xyz(tag: bytes) -> Floats:
    if tag[:4] != b"XYZ ":
        raise UnsupportedProfile("a primary is not given as XYZ")
    return np.array(struct.unpack_from(">3i", tag, 8)) / 65536.0


def _curve(tag: bytes) -> NDArray[np.float32]:
    """A tone curve sampled at all 65536 levels."""
    x = np.linspace(0.0, 1.0, LEVELS)
    if tag[:4] == b"curv":
        (count,) = struct.unpack_from(">I", tag, 8)
        if count == 0:
            y = x
        elif count == 1:
            y = x ** (struct.unpack_from(">H", tag, 12)[0] / 256.0)
        else:
            table = np.array(struct.unpack_from(f">{count}H", tag, 12)) / 65535.0
            y = np.interp(x, np.linspace(0.0, 1.0, count), table)
    elif tag[:4] == b"para":
        y = _parametric(tag, x)
    else:
        raise UnsupportedProfile("a tone curve is of an unknown kind")
    if not np.isfinite(y).all():
        raise UnsupportedProfile("a tone curve has no finite values")
    return np.clip(y, 0.0, 1.0).astype(np.float32)


def _parametric(tag: bytes, x: Floats) -> Floats:
    """ICC.1:2010, table 65: function types 0 to 4, here all written as type 4 (g a b c d e f)."""
    (kind,) = struct.unpack_from(">H", tag, 8)
    count = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}.get(kind)
    if count is None:
        raise UnsupportedProfile(f"its tone curve has the unknown form {kind}")
    given = [value / 65536.0 for value in struct.unpack_from(f">{count}i", tag, 12)]
    g, a, b, c, d, e, f = given[0], 1.0, 0.0, 0.0, 0.0, 0.0, 0.0
    if kind in (1, 2):
        a, b = given[1:3]
        if a == 0:
            raise UnsupportedProfile("its tone curve is flat")
        d = -b / a
        e = f = given[3] if kind == 2 else 0.0
    elif kind in (3, 4):
        a, b, c, d = given[1:5]
        e, f = given[5:7] if kind == 4 else (0.0, 0.0)
    return np.where(x >= d, np.maximum(a * x + b, 0.0) ** g + e, c * x + f)
