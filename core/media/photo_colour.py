"""Any colour space that a photo comes in, to sRGB.

With 8 bits per channel lcms converts (through Pillow: relative colorimetric, black point
compensated, as an image editor does by default); with 16 bits `core.media.icc` does. A profile that
is sRGB already leaves the pixels untouched. No profile means sRGB, and for CMYK the plain
complement. A damaged profile is passed over as browsers do, with a `ProfileWarning`.
"""

from __future__ import annotations

import warnings
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.errors import UnreadableMedia
from core.media.icc import UnsupportedProfile, colour_space, parse_matrix_profile

if TYPE_CHECKING:
    from PIL.Image import Image as PilImage


class ProfileWarning(UserWarning):
    """A photo's colour profile could not be used, so that its colours are taken as sRGB."""


def to_srgb_8(picture: PilImage, profile: bytes | None, name: str) -> NDArray[np.uint8]:
    """`picture` in mode L, RGB, CMYK or LAB -> (H, W, 3)."""
    from PIL import ImageCms

    if picture.mode == "LAB":
        lab = ImageCms.createProfile("LAB")
        return _pixels(_through_lcms(picture, ImageCms.ImageCmsProfile(lab)))
    if profile is None:
        return _pixels(picture)
    try:
        space = colour_space(profile)
        picture = _in_space(picture, space)
        if _is_srgb(profile):
            return _pixels(picture)
        return _pixels(_through_lcms(picture, ImageCms.ImageCmsProfile(BytesIO(profile))))
    except (UnsupportedProfile, ImageCms.PyCMSError, OSError, ValueError) as error:
        _warn(name, error)
        return _pixels(picture)


def to_srgb_16(levels: NDArray[np.uint16], profile: bytes | None, name: str) -> NDArray[np.uint16]:
    """`levels` (H, W), (H, W, 3) RGB or (H, W, 4) CMYK -> (H, W, 3). Raises `UnreadableMedia`."""
    if levels.ndim == 3 and levels.shape[2] == 4:
        if profile is not None:
            raise UnreadableMedia(
                f"'{name}' is CMYK with 16 bits per channel and a colour profile, which is not supported",
                "Convert it to RGB in an image editor, or save it with 8 bits per channel.",
            )
        rest = 65535 - levels.astype(np.uint32)
        return ((rest[..., :3] * rest[..., 3:] + 32767) // 65535).astype(np.uint16)
    plain = levels if levels.ndim == 3 else np.repeat(levels[..., None], 3, axis=2)
    if profile is None:
        return plain
    try:
        space = colour_space(profile)
        if space not in ("RGB", "GRAY") or (space == "GRAY") != (levels.ndim == 2):
            if space != "RGB":
                raise UnsupportedProfile(f"it describes {space}, not the colours of this picture")
            levels = plain
        matrix = parse_matrix_profile(profile)
    except UnsupportedProfile as error:
        if "tables" in str(error):
            raise UnreadableMedia(
                f"'{name}' has 16 bits per channel and a table-based colour profile, which is not supported",
                "Convert it to sRGB or Adobe RGB in an image editor, or save it with 8 bits per channel.",
            ) from error
        _warn(name, error)
        return plain
    return plain if matrix.is_srgb() else matrix.to_srgb(levels)


def _in_space(picture: PilImage, space: str) -> PilImage:
    """`picture` in the mode that a profile for `space` expects; a grey picture may carry an RGB profile."""
    wanted = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}.get(space)
    if wanted == "RGB" and picture.mode == "L":
        return picture.convert("RGB")
    if picture.mode != wanted:
        raise UnsupportedProfile(f"it describes {space}, and the picture is {picture.mode}")
    return picture


def _is_srgb(profile: bytes) -> bool:
    try:
        return parse_matrix_profile(profile).is_srgb()
    except UnsupportedProfile:
        return False


def _through_lcms(picture: PilImage, profile: object) -> PilImage:
    from PIL import ImageCms

    converted = ImageCms.profileToProfile(
        picture,
        profile,  # type: ignore[arg-type]
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    assert converted is not None
    return converted


def _pixels(picture: PilImage) -> NDArray[np.uint8]:
    return np.array(picture if picture.mode == "RGB" else picture.convert("RGB"))


def _warn(name: str, error: Exception) -> None:
    warnings.warn(
        f"The colour profile of '{name}' cannot be used ({error}); its colours are taken as sRGB",
        ProfileWarning,
        stacklevel=4,
    )
