"""Photos with 16 bits per channel: PNG and TIFF, decoded without passing through 8 bits."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import UnreadableMedia
from core.media.png import SIGNATURE, PngHeader, iterate_chunks

Levels = NDArray[np.uint16]

_RESAVE = "Save it as an ordinary 8 or 16 bit RGB TIFF or PNG in an image editor."


@dataclass(frozen=True, slots=True, eq=False)
class DeepPicture:
    """`levels` (H, W), (H, W, 3) RGB or (H, W, 4) CMYK; `alpha` (H, W) straight or None."""

    levels: Levels
    alpha: Levels | None
    profile: bytes | None
    orientation: int


@dataclass(frozen=True, slots=True)
class TiffHeader:
    """The first page of a TIFF, as far as deciding about it needs."""

    width: int
    height: int
    depth: int
    kind: str
    """'uint', 'int', 'float' ..."""


def decode_deep_png(data: bytes, header: PngHeader) -> tuple[Levels, Levels | None]:
    """Levels (H, W) or (H, W, 3) and alpha of a PNG of depth 16. Raises `ValueError`."""
    import cv2

    # Only the critical chunks: OpenCV's reader applies gAMA and tRNS in ways that vary by version.
    bare = SIGNATURE + b"".join(c.encoded() for c in iterate_chunks(data) if c.kind in (b"IHDR", b"IDAT", b"IEND"))
    decoded = cv2.imdecode(np.frombuffer(bare, np.uint8), cv2.IMREAD_UNCHANGED)
    if decoded is None or decoded.dtype != np.uint16 or decoded.shape[:2] != (header.height, header.width):
        raise ValueError("its pixels cannot be unpacked")
    if header.colour_type == 0:
        levels: Levels = decoded.astype(np.uint16)
        return levels, _keyed_alpha(levels[..., None], header.transparent)
    levels = np.ascontiguousarray(decoded[..., 2::-1])
    if header.colour_type == 2:
        return levels, _keyed_alpha(levels, header.transparent)
    alpha = np.ascontiguousarray(decoded[..., 3])
    return (np.ascontiguousarray(levels[..., 0]) if header.colour_type == 4 else levels), alpha


def read_tiff_header(data: bytes) -> TiffHeader:
    """Raises `ValueError` and what tifffile raises for damaged files."""
    page = _first_page(data)
    kind = {1: "uint", 2: "int", 3: "float", 4: "unknown", 5: "complex", 6: "complex"}
    depth = page.bitspersample
    depths = depth if isinstance(depth, tuple) else (depth,)
    return TiffHeader(int(page.imagewidth), int(page.imagelength), max(depths), kind.get(page.sampleformat, "unknown"))


def decode_deep_tiff(data: bytes, name: str) -> DeepPicture:
    """The first page of a TIFF of 16 bits. Raises `UnreadableMedia`, and `ValueError` when damaged."""
    page = _first_page(data)
    _require_whole(page, len(data))
    tags = {tag.code: tag.value for tag in page.tags}
    samples = _samples(page, data, name)  # (H, W, channels)
    photometric = int(page.photometric)
    colours = {0: 1, 1: 1, 2: 3, 5: 4}.get(photometric)
    if colours is None or samples.shape[2] < colours or (photometric == 5 and tags.get(332, 1) != 1):
        raise UnreadableMedia(f"'{name}' is a 16 bit TIFF of a kind that is not supported", _RESAVE)
    levels, extra = samples[..., :colours], samples[..., colours:]
    if photometric == 0:
        levels = np.bitwise_not(levels)
    alpha = None
    meaning = [int(value) for value in page.extrasamples]
    for i, what in enumerate(meaning[: extra.shape[2]]):
        if what in (1, 2):
            alpha = np.ascontiguousarray(extra[..., i])
            levels = _unpremultiplied(levels, alpha) if what == 1 else levels
            break
    levels = np.ascontiguousarray(levels[..., 0] if colours == 1 else levels)
    orientation = tags.get(274, 1)
    profile = tags.get(34675)
    return DeepPicture(levels, alpha, bytes(profile) if profile else None, int(orientation))


def _first_page(data: bytes) -> Any:
    import tifffile

    return tifffile.TiffFile(BytesIO(data)).pages[0]


def _require_whole(page: Any, size: int) -> None:
    """tifffile fills what is missing with zeros; a photo that ends early is an error here."""
    if not page.dataoffsets or any(
        offset + count > size for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True)
    ):
        raise ValueError("it ends before its last row")


def _samples(page: Any, data: bytes, name: str) -> Levels:
    """All samples of the page as (H, W, channels)."""
    compression = int(page.compression)
    if compression in (1, 8, 32773, 32946):
        array = np.asarray(page.asarray())
        if int(page.planarconfig) == 2 and int(page.samplesperpixel) > 1:
            array = np.moveaxis(array, 0, -1)
    else:
        # tifffile needs a further package for LZW and the like; libtiff inside OpenCV has it.
        import cv2

        decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        understood = int(page.photometric) in (1, 2) and int(page.planarconfig) == 1
        if decoded is None or not understood or int(page.samplesperpixel) not in (1, 3, 4):
            raise UnreadableMedia(
                f"'{name}' is a 16 bit TIFF with a compression that is not supported",
                "Save it again with ZIP or no compression.",
            )
        array = decoded
        if array.ndim == 3:
            array = array[..., [2, 1, 0, 3][: array.shape[2]]]
    if array.dtype != np.uint16:
        raise ValueError(f"its samples are {array.dtype}")
    array = array if array.ndim == 3 else array[..., None]
    if array.shape != (page.imagelength, page.imagewidth, page.samplesperpixel):
        raise ValueError(f"its pixels have the shape {array.shape}")
    return np.ascontiguousarray(array)


def _keyed_alpha(levels: Levels, key: bytes | None) -> Levels | None:
    """PNG's tRNS for pictures without alpha: one colour is transparent, all others opaque."""
    channels = levels.shape[2]
    if key is None or len(key) != 2 * channels:
        return None
    hit = (levels == np.frombuffer(key, ">u2").astype(np.uint16)).all(axis=2)
    return np.where(hit, 0, 65535).astype(np.uint16)


def _unpremultiplied(levels: Levels, alpha: Levels) -> Levels:
    weight = np.maximum(alpha.astype(np.float64), 1.0)[..., None]
    return np.clip(np.rint(levels * 65535.0 / weight), 0, 65535).astype(np.uint16)
