"""What can be written: one entry per format, which names its writer as a string, so that listing
formats imports no codec."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, cast

from core.errors import ExportError

if TYPE_CHECKING:
    from core.export.picture import FrameLike
    from core.export.plan import ExportPlan

Kind = Literal["video", "pictures"]


class Writer(Protocol):
    """Takes the frames of one export in order."""

    def wanted(self, frame: int) -> bool:
        """Whether `frame` still has to be written; raises `ExportError` when what is there does not fit."""

    def write(self, frame: int, picture: FrameLike) -> None:
        """Raises `ExportError`, and `OSError` from the disk."""


@dataclass(frozen=True, slots=True)
class Format:
    """`writer` 'module:function', which is given the plan and returns a context: left well it finishes the
    file, left by an error it leaves nothing behind (but for the whole frames of a sequence).
    `bytes_per_pixel` a low estimate per frame, for the check of the disk; `encoders` those of FFmpeg that
    it needs; `signed` whether its files get a C2PA manifest.
    """

    name: str
    title: str
    extensions: tuple[str, ...]
    kind: Kind
    writer: str
    alpha: bool
    sound: bool
    even_size: bool
    signed: bool
    bytes_per_pixel: float
    largest_side: int
    encoders: tuple[str, ...] = ()

    def open(self, plan: ExportPlan) -> AbstractContextManager[Writer]:
        module, _, name = self.writer.partition(":")
        return cast("AbstractContextManager[Writer]", getattr(import_module(module), name)(plan))


FORMATS: dict[str, Format] = {
    entry.name: entry
    for entry in (
        Format(
            name="h264",
            title="H.264 video, 4:2:0, BT.709",
            extensions=(".mp4", ".m4v"),
            kind="video",
            writer="core.export.video:h264_writer",
            alpha=False,
            sound=True,
            even_size=True,
            signed=True,
            bytes_per_pixel=0.005,
            largest_side=8192,
            encoders=("libx264",),
        ),
        Format(
            name="png",
            title="PNG, a numbered sequence (name.####.png) or one still",
            extensions=(".png",),
            kind="pictures",
            writer="core.export.sequence:png_writer",
            alpha=True,
            sound=False,
            even_size=False,
            signed=False,
            bytes_per_pixel=0.3,
            largest_side=32767,
        ),
    )
}


def find_format(name: str | None, out: Path) -> Format:
    """The format called `name`, or the one that `out`'s extension stands for. Raises `ExportError`."""
    known = ", ".join(sorted(FORMATS))
    if name is not None:
        if name not in FORMATS:
            raise ExportError(f"There is no export format '{name}'", f"Choose one of {known}.")
        found = FORMATS[name]
        if out.suffix.lower() not in found.extensions:
            raise ExportError(
                f"'{out.name}' does not end like {found.name}", f"End the name in {' or '.join(found.extensions)}."
            )
        return found
    for entry in FORMATS.values():
        if out.suffix.lower() in entry.extensions:
            return entry
    extensions = ", ".join(sorted({end for entry in FORMATS.values() for end in entry.extensions}))
    raise ExportError(
        f"'{out.name}' does not say which format to write", f"End the name in one of {extensions} (formats: {known})."
    )
