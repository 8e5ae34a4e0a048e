"""Numbered PNG files, and the single still: lossless, 8 or 16 bits as the frames are.

Without `alpha` the pixels are written as they are and the alpha is left out. Every frame is whole or
absent; a sequence that was interrupted can be resumed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import ExportError
from core.export.picture import FrameLike, fitted
from core.export.plan import ExportPlan
from core.export.provenance import XMP_KEYWORD, xmp_packet
from core.export.signing import FileSigner
from core.media.atomic import part_of
from core.media.png import BrokenPng, Chunk, PngHeader, encode_png, international_text, iterate_chunks, read_header

_FINGERPRINT = "Facekey fingerprint"
_START_OVER = "Export without resuming, or under another name."


@contextmanager
def png_writer(plan: ExportPlan) -> Iterator[PngWriter]:
    """See `core.export.formats.Format.writer`."""
    if not plan.signed:
        yield PngWriter(plan, None)
        return
    with FileSigner() as signer:
        yield PngWriter(plan, signer)


class PngWriter:
    """Writes the frames of a plan; a `core.export.formats.Writer`."""

    def __init__(self, plan: ExportPlan, signer: FileSigner | None) -> None:
        self._plan = plan
        self._signer = signer
        self._kind: tuple[int, int, int, int] | None = None
        self._chunks = self._metadata()

    def wanted(self, frame: int) -> bool:
        """False for a whole frame of the same export that is already there, when resuming."""
        if not self._plan.resume:
            return True
        path = self._plan.path_of(frame)
        try:
            data = path.read_bytes()
            header = read_header(data)
        except (FileNotFoundError, BrokenPng):
            return True
        except OSError as error:
            raise ExportError(f"'{path}' cannot be read ({error.strerror})", _START_OVER) from error
        if _fingerprint_in(data) != self._plan.fingerprint:
            raise ExportError(f"'{path.name}' comes from another state of the project", _START_OVER)
        self._require_kind(_kind_of(header), path)
        return False

    def write(self, frame: int, picture: FrameLike) -> None:
        """Raises `ExportError` when the frame differs in kind from those before; `OSError` from the disk."""
        plan = self._plan
        path = plan.path_of(frame)
        pixels, alpha = picture.pixels, picture.alpha if plan.alpha else None
        if plan.size is not None:
            pixels, alpha = fitted(pixels, alpha, plan.size)
        kind = (pixels.shape[1], pixels.shape[0], pixels.itemsize * 8, 2 if alpha is None else 6)
        self._require_kind(kind, path)
        data = encode_png(pixels, alpha, self._chunks)
        if self._signer is not None:
            data = self._signer.signed(data, "image/png", path.name)
        with part_of(path) as part:
            part.write_bytes(data)

    def _metadata(self) -> list[Chunk]:
        chunks = []
        if self._plan.provenance:
            chunks.append(international_text(XMP_KEYWORD, xmp_packet()))
        if self._plan.fingerprint:
            chunks.append(international_text(_FINGERPRINT, self._plan.fingerprint))
        return chunks

    def _require_kind(self, kind: tuple[int, int, int, int], path: Path) -> None:
        """All frames of a sequence share width, height, depth and colour type."""
        if self._kind is None:
            self._kind = kind
        if kind != self._kind:
            raise ExportError(
                f"'{path.name}' is {_described(kind)}, the frames before it are {_described(self._kind)}", _START_OVER
            )


def _kind_of(header: PngHeader) -> tuple[int, int, int, int]:
    return header.width, header.height, header.depth, header.colour_type


def _described(kind: tuple[int, int, int, int]) -> str:
    width, height, depth, colour = kind
    return f"{width} x {height}, {depth} bit, {'with' if colour in (4, 6) else 'without'} alpha"


def _fingerprint_in(data: bytes) -> str:
    start = _FINGERPRINT.encode() + b"\0\0\0\0\0"
    for chunk in iterate_chunks(data):
        if chunk.kind == b"iTXt" and chunk.content.startswith(start):
            return chunk.content[len(start) :].decode("utf-8", "replace")
    return ""
