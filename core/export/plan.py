"""What is to be written, decided and checked before the first frame is rendered."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal, get_args

from core.errors import ExportError
from core.export.formats import FORMATS, Format, find_format
from core.media.container import open_container
from core.media.photo import MAX_PIXELS
from core.media.source import require_file
from core.values.time import FrameRange

Quality = Literal["draft", "standard", "high"]

_SMALLEST_SIDE = 16
_HASHES = re.compile(r"#+")


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """Built by `plan_export`.

    `out` a file, or for a sequence its pattern with one run of '#'. `size` (width, height) that the
    picture is fitted into, None for the frames' own. `audio` a file with sound of which the second
    `audio_start` (counted from its first picture) sounds with the first frame. `resume` keeps the
    frames of a sequence that are there and whole, provided that they carry the same `fingerprint`, a
    text that stands for everything the frames depend on. `notes` what the person should know, as
    whole sentences.
    """

    out: Path
    format: str
    frames: FrameRange
    rate: Fraction
    size: tuple[int, int] | None = None
    alpha: bool = False
    audio: Path | None = None
    audio_start: float = 0.0
    quality: Quality = "standard"
    provenance: bool = True
    resume: bool = False
    fingerprint: str = ""
    notes: tuple[str, ...] = ()

    @property
    def entry(self) -> Format:
        return FORMATS[self.format]

    @property
    def is_sequence(self) -> bool:
        return self.entry.kind == "pictures" and "#" in self.out.name

    @property
    def signed(self) -> bool:
        """Whether the finished file gets a C2PA manifest: videos and stills do; the frames of a sequence
        carry the unsigned statement alone, as signing costs 45 ms and 70 kB for each."""
        return self.provenance and (self.entry.signed or (self.entry.kind == "pictures" and not self.is_sequence))

    def path_of(self, frame: int) -> Path:
        """The file that `frame` goes into."""
        if not self.is_sequence:
            return self.out
        return self.out.with_name(_HASHES.sub(lambda run: f"{frame:0{len(run[0])}d}", self.out.name))


def plan_export(
    out: Path | str,
    frames: FrameRange,
    rate: Fraction,
    *,
    format: str | None = None,
    size: tuple[int, int] | None = None,
    alpha: bool = False,
    audio: Path | str | None = None,
    audio_start: float = 0.0,
    quality: str = "standard",
    provenance: bool = True,
    resume: bool = False,
    fingerprint: str = "",
    picture_size: tuple[int, int] | None = None,
    sources: Sequence[Path | str] = (),
) -> ExportPlan:
    """Check everything that can be known and return the plan. Raises `UserError`s; writes nothing.

    The format follows the extension unless `format` names it. A `.png` without '#' is one still, of the
    first frame. Folders that are missing are made when the export starts. An odd width or height in a
    4:2:0 video gets its last column or row repeated. `picture_size` is the frames' own (width, height),
    where known: then the room on the disk is checked too. `sources` are what the frames are made from, which an
    export may not replace.
    """
    out = Path(os.path.abspath(out))
    entry = find_format(format, out)
    notes: list[str] = []
    is_pattern = "#" in out.name
    if entry.kind == "video" and is_pattern:
        raise ExportError(f"'{out.name}' has '#' in it, but a video is one file", "Leave the '#' out.")
    if len(_HASHES.findall(out.name)) > 1:
        raise ExportError(f"'{out}' has '#' in more than one place", "Write the frame number once: name.####.png.")
    if entry.kind == "pictures" and not is_pattern and len(frames) > 1:
        notes.append(
            f"Only frame {frames.first} is written; for all of them name the file {out.stem}.####{out.suffix}."
        )
        frames = FrameRange(frames.first, frames.first)
    _check_place(out)
    if size is not None:
        _check_size(size, entry)
    width, height = size or picture_size or (0, 0)
    if max(width, height) > entry.largest_side:
        raise ExportError(
            f"{width} x {height} pixels are more than {entry.name} holds",
            f"Give a size of at most {entry.largest_side}.",
        )
    if entry.even_size and (width % 2 or height % 2):
        notes.append(f"{width} x {height} is odd; the last column or row is repeated to make it even.")
    if alpha and not entry.alpha:
        raise ExportError(f"{entry.title} holds no transparency", "Choose png (name.####.png), or leave alpha off.")
    if resume and not is_pattern:
        raise ExportError("Only a sequence can be resumed", "Name the file like name.####.png, or start over.")
    if quality not in get_args(Quality):
        raise ExportError(f"There is no quality '{quality}'", f"Choose one of {', '.join(get_args(Quality))}.")
    if entry.encoders:
        _check_encoders(entry)
    if audio is not None:
        if not entry.sound:
            raise ExportError(f"{entry.title} holds no sound", "Choose a video (.mp4), or leave the sound out.")
        audio = require_file(audio)
        _check_sound(audio)
    plan = ExportPlan(
        out=out,
        format=entry.name,
        frames=frames,
        rate=rate,
        size=size,
        alpha=alpha,
        audio=audio,
        audio_start=audio_start,
        quality=quality,  # type: ignore[arg-type]
        provenance=provenance,
        resume=resume,
        fingerprint=fingerprint,
        notes=tuple(notes),
    )
    _check_sources(plan, sources)
    _check_room(plan, (width, height))
    return plan


def existing_folder(path: Path) -> Path:
    """The nearest folder above `path` that exists."""
    folder = path.parent
    while not folder.exists() and folder.parent != folder:
        folder = folder.parent
    return folder


def _check_place(out: Path) -> None:
    try:
        is_folder = out.is_dir()
        folder = existing_folder(out)
    except OSError as error:
        raise ExportError(f"'{out}' is no name for a file ({error.strerror})", "Choose another name.") from None
    if is_folder:
        raise ExportError(f"'{out}' is a folder", "Add a file name to it.")
    if not folder.is_dir():
        raise ExportError(f"'{folder}' is a file, not a folder", "Choose another place.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ExportError(f"Nothing may be written into '{folder}'", "Choose another folder, or change its rights.")


def _check_size(size: tuple[int, int], entry: Format) -> None:
    if min(size) < _SMALLEST_SIDE:
        raise ExportError(
            f"{size[0]} x {size[1]} pixels are too few", f"Give a size of at least {_SMALLEST_SIDE} x {_SMALLEST_SIDE}."
        )
    if size[0] * size[1] > MAX_PIXELS and max(size) <= entry.largest_side:
        raise ExportError(
            f"{size[0]} x {size[1]} pixels are more than the limit of {MAX_PIXELS / 1e6:.0f} megapixels",
            "Give a smaller size.",
        )


def _check_sources(plan: ExportPlan, sources: Sequence[Path | str]) -> None:
    for source in map(Path, sources):
        if not source.exists():
            continue
        # By what the names stand for, so that links and other spellings of a name are seen through.
        for path in {plan.path_of(frame) for frame in _near_name(plan, source)}:
            if path.exists() and path.samefile(source):
                raise ExportError(
                    f"'{path}' is what the pictures are made from, and would be replaced", "Choose another name."
                )


def _near_name(plan: ExportPlan, source: Path) -> Iterable[int]:
    """The frames of `plan` whose file may be `source`: of a long sequence only those with its number."""
    if not plan.is_sequence:
        return (plan.frames.first,)
    numbers = {int(digits) for digits in re.findall(r"-?\d+", source.resolve().stem + " " + source.stem)}
    return [number for number in numbers | {-n for n in numbers} if number in plan.frames]


def _check_encoders(entry: Format) -> None:
    from av.codec.codec import codecs_available

    missing = [name for name in entry.encoders if name not in codecs_available]
    if missing:
        raise ExportError(
            f"The video library on this machine has no encoder {', '.join(missing)}",
            "Install the 'av' package from PyPI, which brings it, or export a PNG sequence (name.####.png).",
        )


def _check_sound(path: Path) -> None:
    import av

    try:
        with open_container(path) as container:
            if container.streams.audio:
                return
    except (av.FFmpegError, OSError, ValueError) as error:
        raise ExportError(f"The sound of '{path.name}' cannot be read", "Convert it to WAV or AAC.") from error
    raise ExportError(f"'{path.name}' has no sound", "Choose another file, or leave the sound out.")


def _check_room(plan: ExportPlan, size: tuple[int, int]) -> None:
    """Refuse what will not fit even when it compresses well; a disk that fills later is told then."""
    needed = size[0] * size[1] * len(plan.frames) * plan.entry.bytes_per_pixel
    folder = existing_folder(plan.out)
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise ExportError(
            f"The export needs at least {needed / 1e6:.0f} MB, and '{folder}' has {free / 1e6:.0f} MB left",
            "Make room, choose another disk, or export fewer or smaller frames.",
        )
