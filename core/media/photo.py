"""One still picture from a file, upright, in sRGB, alpha straight; and back into a file.

What an artist would expect, decided here: of an animated GIF, WebP or PNG and of a TIFF with pages
the first picture is the photo (`core.media.clip` plays the animated ones); a palette becomes RGB; 16
bits stay 16 bits; an alpha channel that is opaque everywhere is dropped. A file that ends early is an
error, never a picture with a grey rest.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from core.errors import ExportError, UnreadableMedia
from core.media.atomic import write_whole
from core.media.deep_photo import decode_deep_png, decode_deep_tiff, read_tiff_header
from core.media.photo_colour import ProfileWarning, to_srgb_8, to_srgb_16
from core.media.png import encode_png, png_size, read_header
from core.media.source import LARGEST_PHOTO_FILE, picture_kind, require_file
from core.values.image import Image, Pixels, image_of

if TYPE_CHECKING:
    from PIL.Image import Image as PilImage
    from PIL.ImageFile import ImageFile

LevelsT = TypeVar("LevelsT", NDArray[np.uint8], NDArray[np.uint16], Pixels)

MAX_PIXELS = 120_000_000
"""The largest photo that is decoded unless the caller says otherwise: 120 megapixels."""

_ORIENTATION = 274
_READABLE = "Facekey reads JPEG, PNG, WebP, TIFF, GIF and BMP"
_DAMAGED = "Export or copy it again; if another program still opens it, save it from there as PNG."
_CONVERT = {
    "heif": "HEIC photo", "avif": "AVIF picture", "psd": "Photoshop document", "openexr": "OpenEXR picture",
    "jpeg 2000": "JPEG 2000 picture", "svg": "drawing made of shapes (SVG)", "raw": "camera raw file",
}  # fmt: skip


def read_photo(path: Path | str, *, max_pixels: int = MAX_PIXELS) -> Image:
    """Decode the photo at `path`.

    JPEG, PNG, WebP, TIFF, GIF and BMP; sRGB after conversion from the embedded profile or CMYK; uint16
    when the file has 16 bits per channel, else uint8; turned upright after EXIF. The size is read
    from the header and compared with `max_pixels` before anything is unpacked. Raises
    `UnreadableMedia`; warns with `ProfileWarning` when an embedded profile is damaged.
    """
    return decode_photo(photo_bytes(path), Path(path).name, max_pixels=max_pixels)


def photo_bytes(path: Path | str) -> bytes:
    """The photo's file as it is. Raises `UnreadableMedia`."""
    path = require_file(path)
    if path.stat().st_size > LARGEST_PHOTO_FILE:
        raise UnreadableMedia(f"'{path.name}' is larger than 2 GB", "Save a smaller copy of it.")
    return path.read_bytes()


def decode_photo(data: bytes, name: str, *, max_pixels: int = MAX_PIXELS) -> Image:
    """`read_photo` for a file that is in memory; `name` is for the errors."""
    kind = picture_kind(data[:32])
    if kind in _CONVERT:
        raise UnreadableMedia(f"'{name}' is a {_CONVERT[kind]}", f"{_READABLE}: save it as PNG or TIFF first.")
    if kind is None:
        raise UnreadableMedia(f"'{name}' is not a picture", f"{_READABLE}.")
    try:
        return _decode(data, kind, name, max_pixels)
    except UnreadableMedia:
        raise
    except MemoryError:
        raise UnreadableMedia(f"'{name}' does not fit into memory", "Save a smaller copy of it.") from None
    except Exception as error:
        # Decoders answer damaged files with about a dozen kinds of exception.
        if isinstance(error, ProfileWarning):
            raise
        raise UnreadableMedia(f"'{name}' is damaged or incomplete ({_first_line(error)})", _DAMAGED) from error


def write_photo(image: Image, path: Path | str) -> None:
    """Write `image` in the format that the extension names; the file appears whole or not at all.

    `.png` and `.tif`/`.tiff` keep every pixel, 8 or 16 bits, and alpha; `.webp` keeps every pixel of 8
    bits; `.jpg`/`.jpeg` is lossy (quality 95, full chroma) and drops alpha. WebP and JPEG round 16 bits
    to 8. Raises `ExportError`.
    """
    path = Path(path)
    encode = _ENCODERS.get(path.suffix.lower())
    if encode is None:
        raise ExportError(
            f"'{path.name}' ends in no picture format that can be written",
            f"Choose one of {', '.join(sorted(_ENCODERS))}.",
        )
    write_whole(path, encode(image))


def upright(array: LevelsT, orientation: int) -> LevelsT:
    """`array` (H, W) or (H, W, C) turned after the EXIF orientation (Exif 2.3, tag 274: 1 to 8)."""
    turns: dict[int, Callable[[LevelsT], LevelsT]] = {
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.swapaxes(0, 1),
        6: lambda a: a[::-1].swapaxes(0, 1),
        7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
        8: lambda a: a[:, ::-1].swapaxes(0, 1),
    }
    if orientation not in turns:
        return array
    return cast("LevelsT", np.ascontiguousarray(turns[orientation](array)))


def _decode(data: bytes, kind: str, name: str, max_pixels: int) -> Image:
    if kind == "png":
        _require_size(png_size(data), name, max_pixels)
        header = read_header(data)
        orientation = _exif_orientation(header.exif)
        if header.depth == 16:
            levels, deep_alpha = decode_deep_png(data, header)
            return _image(to_srgb_16(levels, header.profile, name), deep_alpha, orientation)
        picture = _opened(data, kind)
        return _decode_8(picture, header.profile, orientation, name)
    if kind == "tiff":
        tiff = read_tiff_header(data)
        _require_size((tiff.width, tiff.height), name, max_pixels)
        if tiff.depth > 16 or tiff.kind != "uint":
            raise UnreadableMedia(
                f"'{name}' holds {tiff.depth} bit {tiff.kind} values",
                "Convert it to 8 or 16 bits per channel, developed for viewing (sRGB), in an image editor.",
            )
        if tiff.depth > 8:
            deep = decode_deep_tiff(data, name)
            return _image(to_srgb_16(deep.levels, deep.profile, name), deep.alpha, deep.orientation)
    picture = _opened(data, kind)
    _require_size(picture.size, name, max_pixels)
    # Pillow turns a TIFF upright while it loads it, and no other format.
    orientation = 1 if kind == "tiff" else _orientation_of(picture)
    return _decode_8(picture, picture.info.get("icc_profile"), orientation, name)


def _opened(data: bytes, kind: str) -> ImageFile:
    """The picture with its header read and its pixels not: through the plugin itself, whose size limit
    is the caller's, not Pillow's global one."""
    from PIL import BmpImagePlugin, GifImagePlugin, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin

    plugins: dict[str, Callable[[BytesIO], ImageFile]] = {
        "jpeg": JpegImagePlugin.JpegImageFile,
        "png": PngImagePlugin.PngImageFile,
        "webp": WebPImagePlugin.WebPImageFile,
        "tiff": TiffImagePlugin.TiffImageFile,
        "gif": GifImagePlugin.GifImageFile,
        "bmp": BmpImagePlugin.BmpImageFile,
    }
    with silent_pillow():
        return plugins[kind](BytesIO(data))


def decode_with_notes(data: bytes, name: str) -> tuple[Image, tuple[str, ...]]:
    """`decode_photo`, with its `ProfileWarning`s as sentences for the person."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ProfileWarning)
        image = decode_photo(data, name)
    return image, tuple(f"{each.message}." for each in caught if issubclass(each.category, ProfileWarning))


@contextmanager
def silent_pillow() -> Iterator[None]:
    """Pillow warns about metadata that it cannot read; what matters here it raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _decode_8(picture: PilImage, profile: bytes | None, orientation: int, name: str) -> Image:
    with silent_pillow():
        picture.load()
    if picture.mode not in ("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB"):
        raise UnreadableMedia(
            f"'{name}' holds its colours in a way that is not supported ({picture.mode})",
            "Convert it to RGB with 8 or 16 bits per channel in an image editor.",
        )
    alpha = None
    if picture.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        alpha = np.array(picture.getchannel("A"))
        picture = picture.convert("RGB")
    elif picture.mode in ("1", "P", "RGBX", "YCbCr"):
        picture = picture.convert("L" if picture.mode == "1" else "RGB")
    return _image(to_srgb_8(picture, profile, name), alpha, orientation)


def _image(pixels: Pixels, alpha: Pixels | None, orientation: int) -> Image:
    peak = 255 if pixels.dtype == np.uint8 else 65535
    if alpha is not None and bool((alpha == peak).all()):
        alpha = None
    pixels = upright(pixels, orientation)
    alpha = None if alpha is None else upright(alpha, orientation)
    for array in (pixels, alpha):
        if array is not None:
            array.flags.writeable = False
    return image_of(pixels, alpha)


def _require_size(size: tuple[int, int], name: str, max_pixels: int) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise UnreadableMedia(f"'{name}' says that it is {width} x {height} pixels", _DAMAGED)
    if width * height > max_pixels:
        raise UnreadableMedia(
            f"'{name}' says that it is {width} x {height} pixels, more than the limit of "
            f"{max_pixels / 1e6:.0f} megapixels",
            "Save a smaller copy of it; a face needs no more than about 4000 pixels.",
        )


def _orientation_of(picture: PilImage) -> int:
    """The EXIF orientation, 1 when there is none or the block is damaged."""
    with silent_pillow():
        try:
            return _valid_orientation(picture.getexif().get(_ORIENTATION))
        except Exception:  # a damaged EXIF block says nothing about the pixels
            return 1


def _exif_orientation(block: bytes | None) -> int:
    from PIL.Image import Exif

    if block is None:
        return 1
    exif = Exif()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exif.load(block)
            return _valid_orientation(exif.get(_ORIENTATION))
        except Exception:  # a damaged EXIF block says nothing about the pixels
            return 1


def _valid_orientation(value: object) -> int:
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:120]


def _encode_png(image: Image) -> bytes:
    return encode_png(image.pixels, image.alpha)


def _encode_tiff(image: Image) -> bytes:
    import tifffile

    samples = image.pixels if image.alpha is None else np.dstack([image.pixels, image.alpha])
    stream = BytesIO()
    extra = {} if image.alpha is None else {"extrasamples": ["unassalpha"]}
    tifffile.imwrite(stream, samples, photometric="rgb", compression="deflate", metadata=None, **extra)
    return stream.getvalue()


def _encode_webp(image: Image) -> bytes:
    return _pillow_encoded(image, keep_alpha=True, format="WEBP", lossless=True, exact=True)


def _encode_jpeg(image: Image) -> bytes:
    return _pillow_encoded(image, keep_alpha=False, format="JPEG", quality=95, subsampling=0)


def _pillow_encoded(image: Image, *, keep_alpha: bool, **options: object) -> bytes:
    from PIL import Image as Pillow

    pixels = image.pixels if image.alpha is None or not keep_alpha else np.dstack([image.pixels, image.alpha])
    if pixels.dtype == np.uint16:
        pixels = ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)
    stream = BytesIO()
    Pillow.fromarray(pixels).save(stream, **options)  # type: ignore[arg-type]
    return stream.getvalue()


_ENCODERS: dict[str, Callable[[Image], bytes]] = {
    ".png": _encode_png,
    ".tif": _encode_tiff,
    ".tiff": _encode_tiff,
    ".webp": _encode_webp,
    ".jpg": _encode_jpeg,
    ".jpeg": _encode_jpeg,
}
