"""Wrinkles driven by strain: creases sculpted on the photo's own face, lit by the photo's own light.

Each fold of `folds` is a small height map round a path through landmarks, with a groove, a bulge
beside it, uneven width and depth and faded ends. Its picture is the ratio of light on that relief to
light on smooth skin (first order in its slopes) with the groove's occlusion. A state's compression of
vertex pairs says how deep each fold is; what comes out is a gain over the photo at rest, which moves
with the photo's pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from core.generation.mesh.face import FaceRig, PosedFace
from core.generation.mesh.folds import FOLDS, Driver, Fold, Point
from core.generation.mesh.shading import GAMMA, Light
from core.head.shapes import load_head_shapes
from core.head.topology import FACE_POINTS, OVAL, Landmark
from core.values.geometry import smoothstep

Array = NDArray[np.float64]
Plate = NDArray[np.float32]

CELLS_PER_EYE_DISTANCE = 150
OCCLUSION = 0.28
"""Linear light lost at the bottom of a groove of depth 1."""
RELIEF = 0.36
"""Slope of a groove of depth 1."""
DEEPEST = 1.3
LEAST, MOST = 0.55, 1.25
"""Limits of the gain."""


@dataclass(frozen=True, slots=True, eq=False)
class GainMap:
    """values (h, w) float32: what the photo at rest is multiplied by, less 1; cell (i, j) lies at the
    pixel (x0 + j * step, y0 + i * step) of the photo.
    """

    values: Plate
    x0: float
    y0: float
    step: float


@dataclass(frozen=True, slots=True, eq=False)
class WrinklesPrepared:
    """maps: each fold's gain at full depth with the row and column of its first cell; the rest says where
    the whole map (height, width) lies and what drives the folds: pairs (n, 2) of vertices, their rest
    lengths (n,), weights (folds, n) and full compressions (folds,).
    """

    maps: tuple[tuple[int, int, Plate], ...]
    shape: tuple[int, int]
    x0: float
    y0: float
    step: float
    pairs: NDArray[np.int64]
    lengths: Array
    weights: Array
    full: Array


def prepare_wrinkles(rig: FaceRig, light: Light) -> WrinklesPrepared:
    """Sculpt all folds on a photo."""
    step = max(1.0, rig.scale / CELLS_PER_EYE_DISTANCE)
    face = rig.vertices[:FACE_POINTS, :2]
    x0, y0 = face.min(axis=0) - 2 * step
    width, height = (np.ceil((face.max(axis=0) - (x0, y0)) / step)).astype(int) + 3
    skin, vigour = _skin_likeness(rig, x0, y0, step, (int(height), int(width)))
    mirror = load_head_shapes().mirror
    folds = [(fold, False) for fold in FOLDS] + [(fold, True) for fold in FOLDS if not fold.middle]
    maps, driven = [], []
    # Light in the plane of the picture against all that falls on skin that faces the camera.
    base = max(float(light.coefficients[0] - light.coefficients[3]), 0.5 * float(light.coefficients[0]), 0.05)
    slant = light.coefficients[1:3] / base
    slant = slant / max(1.0, float(np.linalg.norm(slant)) / 0.55)
    for seed, (fold, flipped) in enumerate(folds):
        path = _path(rig, fold.path, mirror if flipped else None)
        row, column, gain = _sculpted(
            (path - (x0, y0)) / step, fold, rig.scale / step, slant, seed, flipped, skin.shape
        )
        here = skin[row : row + gain.shape[0], column : column + gain.shape[1]]
        maps.append((row, column, np.ascontiguousarray(gain * here * vigour, np.float32)))
        driven.append([(*_mirrored(pair, mirror if flipped else None),) for pair in fold.drivers])
    pairs = sorted({(a, b) for drivers in driven for a, b, _ in drivers})
    weights = np.zeros((len(folds), len(pairs)))
    for k, drivers in enumerate(driven):
        for a, b, weight in drivers:
            weights[k, pairs.index((a, b))] += weight
    table = np.array(pairs)
    lengths = np.linalg.norm(rig.canonical[table[:, 0]] - rig.canonical[table[:, 1]], axis=1)
    full = np.array([fold.full for fold, _ in folds])
    shape = (int(height), int(width))
    return WrinklesPrepared(tuple(maps), shape, float(x0), float(y0), step, table, lengths, weights, full)


def fold_depths(prepared: WrinklesPrepared, posed: PosedFace) -> Array:
    """(folds,) depth of each in this state, 0 to `DEEPEST`; 1 is the fold's full strength."""
    a, b = prepared.pairs.T
    now = np.linalg.norm(posed.canonical[a] - posed.canonical[b], axis=1)
    pressed = prepared.weights @ (1 - now / np.maximum(prepared.lengths, 1e-6))
    return np.asarray(np.clip(pressed / prepared.full, 0.0, DEEPEST) * smoothstep(pressed, 0.008, 0.05))


def wrinkle_gain(prepared: WrinklesPrepared, posed: PosedFace, strength: float = 1.0) -> GainMap | None:
    """The gain of all folds in this state, or None where nothing folds.

    strength: the `look.wrinkles` channel, 0 to 2.
    """
    depths = strength * fold_depths(prepared, posed)
    if depths.max() < 1e-3:
        return None
    total = np.zeros(prepared.shape, np.float32)
    for depth, (row, column, gain) in zip(depths, prepared.maps, strict=True):
        if depth > 1e-3:
            total[row : row + gain.shape[0], column : column + gain.shape[1]] += np.float32(depth) * gain
    np.clip(total, LEAST - 1, MOST - 1, out=total)
    return GainMap(total, prepared.x0, prepared.y0, prepared.step)


def fold_into(values: Plate, x0: int, y0: int, step: int, gain: GainMap) -> None:
    """Multiply a gain over the photo at rest into a warp's field.

    values (h, w, 3) float32: node (i, j) is the pixel (x0 + j * step, y0 + i * step); where it comes
    from less where it is, and what its light is multiplied by, less 1.
    """
    rows, columns, _ = values.shape
    shift = np.float32((x0 - gain.x0) / gain.step), np.float32((y0 - gain.y0) / gain.step)
    _fold_into(values.reshape(rows, 3 * columns), *shift, np.float32(step / gain.step), np.float32(1 / gain.step),
               gain.values)  # fmt: skip


@njit(cache=True, nogil=True)
def _fold_into(values, right, down, step, share, gain):  # type: ignore[no-untyped-def]
    """Node (i, j) lies at the cell (right + j * step, down + i * step); one pixel is `share` of a cell."""
    rows, columns = gain.shape
    last_u, last_v, zero = np.float32(columns - 1), np.float32(rows - 1), np.float32(0.0)
    one, unit = np.float32(1.0), np.uint64(1)
    for i in range(values.shape[0]):
        row, at = values[i], down + np.float32(i) * step
        for j in range(values.shape[1] // 3):
            u = right + np.float32(j) * step + share * row[3 * j]
            v = at + share * row[3 * j + 1]
            if u < zero or v < zero or u >= last_u or v >= last_v:
                continue
            a, b = np.uint64(v), np.uint64(u)
            p, q = v - np.float32(np.int32(v)), u - np.float32(np.int32(u))
            top = gain[a, b] + q * (gain[a, b + unit] - gain[a, b])
            low = gain[a + unit, b] + q * (gain[a + unit, b + unit] - gain[a + unit, b])
            value = top + p * (low - top)
            if value != zero:
                row[3 * j + 2] = (one + row[3 * j + 2]) * (one + value) - one


def _mirrored(driver: Driver, mirror: NDArray[np.int64] | None) -> Driver:
    a, b, weight = driver
    if mirror is not None:
        a, b = int(mirror[a]), int(mirror[b])
    return min(a, b), max(a, b), weight


def _path(rig: FaceRig, points: tuple[Point, ...], mirror: NDArray[np.int64] | None) -> Array:
    """(k, 2) pixels of a path's points on this face."""
    side = -1.0 if mirror is None else 1.0
    placed = []
    for a, b, share, out, down in points:
        if mirror is not None:
            a, b = int(mirror[a]), int(mirror[b])
        placed.append((1 - share) * rig.neutral[a] + share * rig.neutral[b] + (side * out, down, 0.0))
    return rig.to_picture(np.array(placed))[:, :2]


def _curve(points: Array, count: int) -> Array:
    """(count, 2) evenly spaced points of the smooth curve through `points`."""
    from scipy.interpolate import CubicSpline

    length = np.r_[0.0, np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))]
    return np.asarray(CubicSpline(length, points)(np.linspace(0, length[-1], count)))


def _noise(rng: np.random.Generator, count: int, knots: int) -> Array:
    """(count,) smooth noise of unit variance."""
    return np.asarray(np.interp(np.linspace(0, 1, count), np.linspace(0, 1, knots), rng.normal(0, 1, knots)))


def _sculpted(
    path: Array, fold: Fold, unit: float, slant: Array, seed: int, flipped: bool, shape: tuple[int, ...]
) -> tuple[int, int, Plate]:
    """First row, first column and gain less 1 at full depth, in cells. path in cells; unit: cells per eye distance."""
    rng = np.random.default_rng(seed % len(FOLDS) + 1000 * flipped)
    reach = (0.16 if fold.pebbled else 5 * fold.width) * unit
    low = np.clip(np.floor(path.min(axis=0) - reach).astype(int), 0, (shape[1] - 2, shape[0] - 2))
    high = np.clip(np.ceil(path.max(axis=0) + reach).astype(int), low + 2, (shape[1], shape[0]))
    yy, xx = np.mgrid[low[1] : high[1], low[0] : high[0]].astype(np.float64)
    height, groove = (_pebbles if fold.pebbled else _groove)(path, fold, unit, xx, yy, rng, flipped)
    down, right = np.gradient(height)
    # The relief's normal leans by its slope; first-order light answers with the slant's part of it.
    relit = -(right * slant[0] + down * slant[1]) * RELIEF
    shade = relit - OCCLUSION * fold.depth * groove
    gain = np.maximum(1 + shade, 0.05) ** (1 / GAMMA) - 1
    return int(low[1]), int(low[0]), gain.astype(np.float32)


def _groove(
    path: Array, fold: Fold, unit: float, xx: Array, yy: Array, rng: np.random.Generator, flipped: bool
) -> tuple[Array, Array]:
    """Height in cells, and how deep in the groove each cell lies, less the light that its flanks gather."""
    length = float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum()) / unit
    count = int(np.clip(length / (0.35 * fold.width), 12, 48))
    # Unevenness is that of skin, some 6 mm long, so a short fold gets no more than a lean.
    knots = max(3, round(length / 0.07))
    line = _curve(path, count)
    tangent = np.gradient(line, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], -1)
    line = line + normal * (min(0.0035, 0.02 * length) * unit * _noise(rng, count, knots))[:, None]
    fade = np.sin(np.pi * np.linspace(0, 1, count)) ** 0.9 * np.clip(1 + 0.20 * _noise(rng, count, knots), 0.5, 1.4)

    canvas = np.full(xx.shape, 255, np.uint8)
    corner = np.array([xx[0, 0], yy[0, 0]])
    cv2.polylines(canvas, [np.round(line - corner).astype(np.int32)], False, 0)
    near = cv2.distanceTransform(canvas, cv2.DIST_L2, 5) < 5 * fold.width * unit
    offset = np.stack([xx[near][:, None] - line[:, 0], yy[near][:, None] - line[:, 1]], -1)  # (n, count, 2)
    squared = (offset**2).sum(-1)
    closest = squared.min(-1)
    # A soft choice of the nearest point keeps the profile smooth where the path bends.
    nearest = np.exp(-(squared - closest[:, None]) / (1.6 * fold.width * unit) ** 2)
    nearest /= nearest.sum(-1, keepdims=True)
    across = (nearest * (offset * normal).sum(-1)).sum(-1)
    reached = np.sqrt(closest) / (fold.width * unit)
    strength = (nearest @ fade) * (1 - smoothstep(reached, 3.2, 4.8))
    wide = fold.width * unit * (0.75 + 0.35 * strength)
    inside = np.exp(-closest / (2 * wide**2))
    rim = np.exp(-closest / (2 * (2.4 * wide) ** 2)) - inside
    side = -across if flipped else across
    outwards = 0.5 + 0.5 * np.tanh(np.sign(fold.ridge) * side / wide)
    bulge = abs(fold.ridge) * rim * outwards
    height, groove = np.zeros(xx.shape), np.zeros(xx.shape)
    height[near] = fold.depth * wide * strength * (1.3 * bulge - inside)
    groove[near] = strength * (inside - 0.30 * rim - 0.30 * bulge)
    patchy = cv2.GaussianBlur(rng.normal(0, 1, xx.shape), (0, 0), 0.02 * unit)
    patchy = 1 + 0.18 * np.clip(patchy / max(float(patchy.std()), 1e-9), -1.5, 1.5)
    return height * patchy, groove * patchy


def _pebbles(
    path: Array, fold: Fold, unit: float, xx: Array, yy: Array, rng: np.random.Generator, flipped: bool
) -> tuple[Array, Array]:
    """The dimpled chin of a shrugging lower lip, in an ellipse round the path's middle."""
    middle = path.mean(axis=0)
    patch = 1 - smoothstep(np.hypot((xx - middle[0]) / (0.13 * unit), (yy - middle[1]) / (0.085 * unit)), 0.35, 1.0)
    noise = rng.normal(0, 1, xx.shape)
    fine = cv2.GaussianBlur(noise, (0, 0), fold.width * unit) - cv2.GaussianBlur(noise, (0, 0), 2.4 * fold.width * unit)
    fine = np.clip(fine / max(float(fine.std()), 1e-9), -2.2, 1.4) * patch
    return fold.depth * fold.width * unit * fine, np.clip(-fine, 0, None) * 0.45


def _skin_likeness(rig: FaceRig, x0: float, y0: float, step: float, shape: tuple[int, int]) -> tuple[Plate, float]:
    """(h, w) 1 on bare skin, 0 on hair, brows, glasses and off the face; and how much texture the skin carries.

    What is much darker than the skin around it, coloured otherwise or sharply edged is no skin.
    """
    image = rig.subject.image
    affine = np.array([[step, 0, x0], [0, step, y0]])
    scaled = image.pixels if image.peak == 255 else (image.pixels // 257).astype(np.uint8)
    soft = scaled
    if step > 1.5:
        soft = cv2.GaussianBlur(scaled, (0, 0), 0.4 * step)
    photo = cv2.warpAffine(
        soft, affine, shape[::-1], flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    )
    lab = cv2.cvtColor(photo, cv2.COLOR_RGB2LAB).astype(np.float32)
    cells = ((rig.vertices[:FACE_POINTS, :2] - (x0, y0)) / step).astype(np.float32)
    rim = np.round(cells[list(OVAL)]).astype(np.int32)
    face = np.zeros(shape, np.uint8)
    cv2.fillPoly(face, [rim], 1)
    unit = rig.scale / step
    samples = np.round(cells[[50, 280, 117, 346, 205, 425, 151, 9, 101, 330, Landmark.NOSE_BRIDGE]]).astype(int)
    samples = np.clip(samples, 0, (shape[1] - 1, shape[0] - 1))
    blurred = cv2.GaussianBlur(lab, (0, 0), 0.02 * unit)
    typical = np.median(blurred[samples[:, 1], samples[:, 0]], axis=0)
    light = lab[..., 0] * face
    around = cv2.GaussianBlur(light, (0, 0), 0.14 * unit) / np.maximum(
        cv2.GaussianBlur(face.astype(np.float32), (0, 0), 0.14 * unit), 0.05
    )
    dark = smoothstep(blurred[..., 0] / np.maximum(np.minimum(around, 1.3 * typical[0]), 1), 0.58, 0.80)
    hue = 1 - smoothstep(np.hypot(blurred[..., 1] - typical[1], blurred[..., 2] - typical[2]), 16, 34)
    detail = np.abs(lab[..., 0] - cv2.GaussianBlur(lab[..., 0], (0, 0), 0.018 * unit))
    edged = 1 - smoothstep(cv2.GaussianBlur(detail, (0, 0), 0.015 * unit), 9, 22)
    likeness = cv2.GaussianBlur((face * dark * hue * edged).astype(np.float32), (0, 0), 0.012 * unit)
    calm = float(np.median(detail[samples[:, 1], samples[:, 0]]))
    # Retouched and drawn skin without any texture bears only a hint of a fold.
    return np.asarray(likeness, np.float32), float(np.clip(0.72 + 0.14 * calm, 0.72, 1.08))
