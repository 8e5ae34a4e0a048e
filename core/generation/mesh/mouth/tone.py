"""What the inner mouth takes over from the photo: colours, light, sharpness and grain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.generation.mesh.face import FaceRig
from core.generation.mesh.shading import fit_light
from core.head.topology import FACE_POINTS, LIP_INNER_LOWER, LIP_OUTER_LOWER
from core.values.geometry import box_around

Array = NDArray[np.float64]

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
CHEEKS = (50, 280, 205, 425, 117, 346, 101, 330)
WORKING_UNIT = 100.0
"""Pixels of an eye distance in the small copy that colours and light are read from."""


@dataclass(frozen=True, slots=True, eq=False)
class Tone:
    """skin, lip, tooth, gum, tongue, cavity: (3,) linear RGB, 1 is white. light: (3,) towards the light,
    picture axes (z away from the camera), length 1. grey: whether the photo has no colour. blur: standard
    deviation of the photo's softness in pixels. grain: standard deviation of its noise, of 255.
    """

    skin: Array
    lip: Array
    tooth: Array
    gum: Array
    tongue: Array
    cavity: Array
    light: Array
    grey: bool
    blur: float
    grain: float


def linear(colour: Array) -> Array:
    """0 to 1, as in the file -> linear light by a gamma of 2.2."""
    return np.asarray(np.clip(colour, 0, None) ** 2.2)


def tooth_colour(skin: Array) -> Array:
    """(3,) linear skin -> (3,) linear front tooth in full light.

    Y = 0.70 Yskin^0.30: in 18 photos of open mouths dark skin shows relatively brighter teeth. The
    chroma lies halfway between a usual tooth's and the photo's own light as the skin shows it.
    """
    luminance = max(float(skin @ LUMINANCE), 1e-4)
    usual = np.array([1.145, 0.81, 0.70])
    usual = usual / (usual @ LUMINANCE)
    lit = skin / luminance * np.array([0.72, 1.14, 1.20])
    lit = np.maximum(lit / (lit @ LUMINANCE), 0.2)
    chroma = np.sqrt(usual * lit)
    return np.asarray(0.70 * luminance**0.30 * chroma / (chroma @ LUMINANCE))


def bounce_of(lip: Array, skin: Array) -> Array:
    """(3,) the tint, of luminance 1, of light that came by way of lips and skin of these linear colours.

    Browner than a lip, beside which a shadow of its own colour reads as mauve.
    """
    between = np.sqrt(np.maximum(lip * skin, 1e-8)) * [1.0, 0.97, 0.82]
    warm = np.clip(between / max(float(between @ LUMINANCE), 1e-6), 0.3, 2.2)
    return np.asarray(warm / (warm @ LUMINANCE))


def tongue_colour(skin: Array) -> Array:
    """(3,) linear skin -> (3,) linear tongue: pinker than the skin, and less unlike from person to person."""
    luminance = max(float(skin @ LUMINANCE), 1e-4)
    chroma = np.sqrt(skin / luminance * np.array([1.20, 0.88, 1.00]) * np.array([1.90, 0.72, 0.70]))
    return np.asarray(0.40 * luminance**0.7 * chroma / max(float(chroma @ LUMINANCE), 1e-4))


def read_tone(rig: FaceRig) -> Tone:
    """Measure the photo around the face."""
    import cv2

    image = rig.subject.image
    box = box_around(rig.vertices[:FACE_POINTS, :2], 0.05 * rig.scale).clipped(image.width, image.height)
    face = image.pixels[box.slices].astype(np.float32) / image.peak
    shrink = min(WORKING_UNIT / rig.scale, 1.0)
    size = (max(int(face.shape[1] * shrink), 8), max(int(face.shape[0] * shrink), 8))
    small = cv2.resize(face, size, interpolation=cv2.INTER_AREA)
    unit = rig.scale * min(shrink, 1.0)
    to_small = np.array(size) / [face.shape[1], face.shape[0]]
    points = (rig.vertices[:FACE_POINTS, :2] - [box.x0, box.y0] + 0.5) * to_small - 0.5

    soft = cv2.GaussianBlur(small, (0, 0), max(0.03 * unit, 0.5))
    column = np.clip(np.rint(points[:, 0]).astype(int), 0, size[0] - 1)
    row = np.clip(np.rint(points[:, 1]).astype(int), 0, size[1] - 1)
    at_points = soft[row, column].astype(np.float64)  # (468, 3)

    skin = linear(np.median(at_points[list(CHEEKS)], axis=0))
    lip_points = 0.5 * (points[list(LIP_OUTER_LOWER[3:8])] + points[list(LIP_INNER_LOWER[3:8])])
    lip_at = np.clip(np.rint(lip_points).astype(int), 0, np.array(size) - 1)
    fine = cv2.GaussianBlur(small, (0, 0), max(0.008 * unit, 0.4))
    lip = linear(np.median(fine[lip_at[:, 1], lip_at[:, 0]].astype(np.float64), axis=0))

    spread = small.max(axis=2) - small.min(axis=2)
    grey = bool(np.percentile(spread, 95) < 0.05)
    patch = face.mean(axis=2) * 255
    return Tone(
        skin=skin,
        lip=lip,
        tooth=tooth_colour(skin),
        gum=0.35 * lip + 0.65 * skin * np.array([0.98, 0.62, 0.66]),
        tongue=tongue_colour(skin),
        cavity=skin * np.array([0.075, 0.034, 0.032]),
        light=mouth_light(fit_light(rig).direction),
        grey=grey,
        blur=softness(patch),
        grain=grain(patch),
    )


def mouth_light(direction: Array) -> Array:
    """(3,) unit vector towards the light on the teeth.

    direction: (3,) of the directed light on the face, picture axes. It is mixed into light from the
    camera that stands a little above, for the lips let in what comes from the front.
    """
    slope = direction * min(1.0, 0.9 / max(float(np.linalg.norm(direction)), 1e-9))
    light = np.array([0.0, -0.12, -1.0]) + 0.7 * slope
    light[2] = min(light[2], -0.35)
    return np.asarray(light / np.linalg.norm(light))


def softness(luma: NDArray[np.float32]) -> float:
    """Standard deviation in pixels of the blur of a picture (h, w), 0 to 255.

    From the ratio of gradients before and after a known blur at the steepest edges: S. Zhuo and T. Sim,
    "Defocus map estimation from a single image", Pattern Recognition 44 (2011).
    """
    import cv2

    known = 1.0
    again = cv2.GaussianBlur(luma, (0, 0), known)
    before = np.hypot(cv2.Sobel(luma, cv2.CV_32F, 1, 0), cv2.Sobel(luma, cv2.CV_32F, 0, 1))
    after = np.hypot(cv2.Sobel(again, cv2.CV_32F, 1, 0), cv2.Sobel(again, cv2.CV_32F, 0, 1))
    steep = before >= max(float(np.percentile(before, 98.5)), 8.0)
    if steep.sum() < 20:
        return 0.8
    ratio = float(np.median(before[steep] / np.maximum(after[steep], 1e-3)))
    # Central differences over whole pixels are themselves as soft as a variance of 0.42.
    variance = known**2 / max(ratio**2 - 1, 0.05) - 0.42
    return float(np.clip(np.sqrt(max(variance, 0.0)), 0.35, 4.0))


def grain(luma: NDArray[np.float32]) -> float:
    """Standard deviation of the noise, of 255, where the picture (h, w) is smoothest: pores are no grain."""
    import cv2

    fine = luma - cv2.GaussianBlur(luma, (0, 0), 1.0)
    block = max(min(luma.shape) // 24, 4)
    power = cv2.boxFilter(fine * fine, -1, (block, block))[block // 2 :: block, block // 2 :: block]
    return float(min(np.sqrt(max(float(np.percentile(power, 12)), 0.0)) * 1.1, 6.0))
