"""PNG as a container: its chunks read with their checksums, and pixels written with chunks of our own.

Written here rather than taken from a library because Pillow reduces 16 bits per channel to 8, and
OpenCV drops every chunk but the pixels.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from core.values.image import Pixels

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_LARGEST_METADATA = 1 << 24


class BrokenPng(ValueError):
    """The file is not a whole PNG: the text says where it breaks."""


@dataclass(frozen=True, slots=True)
class PngHeader:
    """What stands in a PNG beside its pixels. `transparent` is tRNS, `profile` the inflated iCCP."""

    width: int
    height: int
    depth: int
    colour_type: int
    transparent: bytes | None
    profile: bytes | None
    exif: bytes | None


@dataclass(frozen=True, slots=True)
class Chunk:
    """One PNG chunk: its four-letter kind and its bytes."""

    kind: bytes
    content: bytes

    def encoded(self) -> bytes:
        body = self.kind + self.content
        return struct.pack(">I", len(self.content)) + body + struct.pack(">I", zlib.crc32(body))


def iterate_chunks(data: bytes) -> Iterable[Chunk]:
    """Every chunk up to and with IEND, checksums verified. Raises `BrokenPng`."""
    if data[:8] != SIGNATURE:
        raise BrokenPng("it does not begin like a PNG")
    at = 8
    while True:
        if at + 12 > len(data):
            raise BrokenPng("it ends before its last chunk")
        (size,) = struct.unpack_from(">I", data, at)
        end = at + 12 + size
        if end > len(data):
            raise BrokenPng("it ends in the middle of a chunk")
        kind = data[at + 4 : at + 8]
        if zlib.crc32(memoryview(data)[at + 4 : end - 4]) != struct.unpack_from(">I", data, end - 4)[0]:
            raise BrokenPng(f"the checksum of its {kind.decode('latin-1')} part is wrong")
        yield Chunk(kind, data[at + 8 : end - 4])
        if kind == b"IEND":
            return
        at = end


def png_size(data: bytes) -> tuple[int, int]:
    """Width and height from the first chunk alone. Raises `BrokenPng`."""
    if len(data) < 33 or data[:8] != SIGNATURE or data[12:16] != b"IHDR":
        raise BrokenPng("it has no header")
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def read_header(data: bytes) -> PngHeader:
    """Walk the whole file and collect what matters to a reader. Raises `BrokenPng`."""
    header: tuple[int, int, int, int] | None = None
    transparent = profile = exif = None
    pixels = False
    for chunk in iterate_chunks(data):
        if chunk.kind == b"IHDR" and len(chunk.content) == 13:
            header = struct.unpack(">IIBB", chunk.content[:10])
        elif chunk.kind == b"tRNS":
            transparent = chunk.content
        elif chunk.kind == b"iCCP":
            profile = _inflated_profile(chunk.content)
        elif chunk.kind == b"eXIf":
            exif = chunk.content
        elif chunk.kind == b"IDAT":
            pixels = True
    if header is None or not pixels:
        raise BrokenPng("it holds no picture")
    return PngHeader(*header, transparent, profile, exif)


def international_text(keyword: str, text: str) -> Chunk:
    """An iTXt chunk (PNG 1.2, section 4.2.3.3), uncompressed, as XMP wants it."""
    return Chunk(b"iTXt", keyword.encode("latin-1") + b"\0\0\0\0\0" + text.encode("utf-8"))


def encode_png(pixels: Pixels, alpha: Pixels | None = None, chunks: Iterable[Chunk] = ()) -> bytes:
    """`pixels` (H, W, 3) and `alpha` (H, W), uint8 or uint16, as a PNG tagged sRGB; `chunks` go before the pixels."""
    import cv2

    # OpenCV's encoder takes its channels as B, G, R (, A).
    if alpha is None:
        swapped = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    else:
        swapped = cv2.cvtColor(np.dstack([pixels, alpha]), cv2.COLOR_RGBA2BGRA)
    # On photographs run lengths pack better than zlib's search for repeats, in half the time.
    packing = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE]
    done, encoded = cv2.imencode(".png", swapped, packing)
    if not done:
        raise ValueError(f"a picture of {pixels.shape} could not be encoded as PNG")
    extra = b"".join(chunk.encoded() for chunk in (Chunk(b"sRGB", b"\0"), *chunks))
    return encoded[:33].tobytes() + extra + encoded[33:].tobytes()


def _inflated_profile(content: bytes) -> bytes | None:
    """The ICC profile of an iCCP chunk; None when it is damaged, as browsers take it."""
    name, _, rest = content.partition(b"\0")
    if not 1 <= len(name) <= 79 or len(rest) < 2:
        return None
    try:
        return zlib.decompressobj().decompress(rest[1:], _LARGEST_METADATA)
    except zlib.error:
        return None
