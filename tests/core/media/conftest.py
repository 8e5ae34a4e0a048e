"""Small media files, made on the spot: the ones that read well and the ones that must fail well."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def build_png(
    samples: NDArray[np.integer], colour_type: int, depth: int = 16, before: Sequence[tuple[bytes, bytes]] = ()
) -> bytes:
    """A PNG written from the specification alone: no filter, one IDAT; an oracle for the reader."""
    height, width = samples.shape[:2]
    rows = samples.reshape(height, -1).astype(">u2" if depth == 16 else "u1")
    packed = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    extra = b"".join(_chunk(kind, content) for kind, content in before)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + extra + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def build_profile(
    primaries: Sequence[Sequence[float]], gamma: float = 2.2, space: bytes = b"RGB ", parametric: bool = False
) -> bytes:
    """An ICC v2 (v4 with `parametric`) matrix profile; `primaries` XYZ (D50) of red, green and blue."""

    def xyz(values: Sequence[float]) -> bytes:
        return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(v * 65536) for v in values))

    if parametric:
        curve = b"para\0\0\0\0" + struct.pack(
            ">HH5i", 3, 0, *(round(v * 65536) for v in (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045))
        )
    else:
        curve = b"curv\0\0\0\0" + struct.pack(">IHH", 1, round(gamma * 256), 0)
    white = (0.9642, 1.0, 0.8249)
    text = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + b"\0" * 78
    tags = {b"desc": text, b"wtpt": xyz(white), b"cprt": b"text\0\0\0\0none\0"}
    if space == b"RGB ":
        tags |= dict(zip((b"rXYZ", b"gXYZ", b"bXYZ"), map(xyz, primaries), strict=True))
        tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    else:
        tags |= {b"kTRC": curve}
    body, table, offset = b"", b"", 132 + 12 * len(tags)
    for name, content in tags.items():
        content += b"\0" * (-len(content) % 4)
        table += struct.pack(">4sII", name, offset + len(body), len(content))
        body += content
    header = struct.pack(">I4sI4s4s4s", offset + len(body), b"none", 0x04200000 if parametric else 0x02100000,
                         b"mntr", space, b"XYZ ")  # fmt: skip
    header += struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28
    header += struct.pack(">3i", *(round(v * 65536) for v in white))
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


# Adobe RGB (1998) and sRGB primaries, Bradford-adapted to D50.
ADOBE = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
SRGB = ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.7141))


@pytest.fixture(scope="session")
def png_of() -> Callable[..., bytes]:
    return build_png


@pytest.fixture(scope="session")
def adobe_profile() -> bytes:
    return build_profile(ADOBE)


@pytest.fixture(scope="session")
def srgb_profile() -> bytes:
    return build_profile(SRGB, parametric=True)


@pytest.fixture(scope="session")
def grey_profile() -> bytes:
    return build_profile((), gamma=1.8, space=b"GRAY")


@dataclass(frozen=True)
class ClipWriter:
    """Writes clips whose every frame tells its number: `number_in` reads it back from the pixels."""

    folder: Path

    def write(
        self,
        name: str,
        count: int = 24,
        *,
        size: tuple[int, int] = (64, 48),
        rate: Fraction | int = 25,
        codec: str = "libx264",
        pixel_format: str = "yuv420p",
        options: dict[str, str] | None = None,
        pts: Sequence[int] | None = None,
        time_base: Fraction | None = None,
        rotation: float | None = None,
        container: str | None = None,
        container_options: dict[str, str] | None = None,
    ) -> Path:
        import av

        path = self.folder / name
        with av.open(str(path), "w", format=container, options=container_options or {}) as file:
            stream = file.add_stream(codec, rate=rate, options={"crf": "12"} if options is None else options)
            stream.width, stream.height = size
            stream.pix_fmt = pixel_format
            if time_base is not None:
                stream.codec_context.time_base = time_base
            if rotation is not None:
                stream.set_display_rotation(rotation)
            for n in range(count):
                frame = av.VideoFrame.from_ndarray(self.picture(n, size), "rgb24")
                frame.pts = n if pts is None else pts[n]
                if time_base is not None:
                    frame.time_base = time_base
                file.mux(stream.encode(frame))
            file.mux(stream.encode())
        return path

    @staticmethod
    def picture(n: int, size: tuple[int, int] = (64, 48)) -> NDArray[np.uint8]:
        """The number in binary as eight wide bars over the upper half, red at the lower left."""
        width, height = size
        picture = np.zeros((height, width, 3), np.uint8)
        for bit in range(8):
            picture[: height // 2, bit * width // 8 : (bit + 1) * width // 8] = 230 if n >> bit & 1 else 25
        picture[height // 2 :, : width // 2, 0] = 200
        return picture

    @staticmethod
    def number_in(picture: NDArray[np.uint8]) -> int:
        height, width = picture.shape[:2]
        bars = [picture[height // 4, (2 * bit + 1) * width // 16].mean() > 127 for bit in range(8)]
        return sum(1 << bit for bit, on in enumerate(bars) if on)


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> ClipWriter:
    return ClipWriter(tmp_path_factory.mktemp("clips"))
