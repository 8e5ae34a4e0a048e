"""Where a command's frames go: the options of an export, and running one with a line of progress."""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from app.commands.console import tell, terminal_progress
from app.commands.controls import parse_frames, parse_size

if TYPE_CHECKING:
    from core.document.document import Document
    from core.rendering.opening import Opened
    from core.values.time import FrameRange


def add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--out", required=True, metavar="OUT", help="clip.mp4, still.png or folder/name.####.png")
    parser.add_argument("--frames", metavar="A-B", help="the frames to render, both included")
    parser.add_argument("--fps", metavar="R", help="frame rate of a new clip: 25, 23.976 or 30000/1001")
    parser.add_argument("--format", metavar="NAME", help="h264 or png (follows the extension unless given)")
    parser.add_argument("--size", metavar="WxH", help="size of the result (the photo's own unless given)")
    parser.add_argument("--alpha", action="store_true", help="also write the coverage of the subject, straight")
    parser.add_argument(
        "--engine", metavar="NAME", help="what makes the pictures (mesh unless the project says otherwise)"
    )
    parser.add_argument("--face", type=int, metavar="N", help="which face of the photo, from 0, the largest")
    parser.add_argument("--resume", action="store_true", help="keep the frames of a sequence that are already whole")
    parser.add_argument(
        "--no-provenance", action="store_true", help="leave out the statement that the picture is synthetic"
    )
    parser.add_argument("--json", action="store_true", help="report for a machine to read")


@dataclass(frozen=True, slots=True)
class Sound:
    """The sound of `path` from second `start` on accompanies the first frame."""

    path: Path
    start: float = 0.0


def write_frames(
    arguments: argparse.Namespace, opened: Opened, document: Document, frames: FrameRange, sound: Sound | None = None
) -> int:
    """Render `frames` of `document` to `arguments.out` and say what was written.

    A photo that is cut out itself stays so wherever the format holds transparency, and lies on black elsewhere.
    """
    from core.export.formats import find_format
    from core.export.plan import plan_export
    from core.export.run import export
    from core.generation.registry import make_engine
    from core.rendering.frame_cache import FrameCache
    from core.rendering.renderer import Renderer
    from core.rendering.request import FrameResult
    from core.rendering.shot import Shot

    tell(opened.notes)
    photo = None if document.portrait is None else opened.read(document.portrait.photo)
    cut_out = photo is not None and photo.alpha is not None
    alpha = arguments.alpha or (cut_out and find_format(arguments.format, Path(arguments.out)).alpha)
    plan = plan_export(
        arguments.out,
        frames=frames,
        rate=document.rate,
        format=arguments.format,
        size=parse_size(arguments.size) if arguments.size else None,
        alpha=alpha,
        audio=sound.path if sound else None,
        audio_start=sound.start if sound else 0.0,
        provenance=not arguments.no_provenance,
        resume=arguments.resume,
        fingerprint=fingerprint(document, arguments.engine),
        picture_size=(photo.width, photo.height) if photo else None,
        sources=sources_of(arguments, document),
    )
    tell(plan.notes)
    renderer = Renderer(make_engine, FrameCache(0))
    shot = Shot(document, opened.read, renderer, arguments.engine)
    progress = terminal_progress(quiet=arguments.json)

    def source(frame: int) -> FrameResult:
        return shot.frame(frame, with_alpha=alpha or cut_out, progress=progress)

    try:
        report = export(plan, source, progress)
    finally:
        renderer.close()
    if arguments.json:
        print(json.dumps(report.to_json()))
    else:
        print(report.summary())
    return 0


def sources_of(arguments: argparse.Namespace, document: Document | None = None) -> list[Path | str]:
    """The files that a command reads, none of which it may replace: those named, and a project's own photo."""
    named = [arguments.input, getattr(arguments, "performance", None)]
    portrait = None if document is None else document.portrait
    return [path for path in (*named, portrait and portrait.photo.path) if path]


def check_output(arguments: argparse.Namespace) -> None:
    """What can be known to go wrong with the output before minutes of other work. Raises `UserError`."""
    from core.export.plan import plan_export
    from core.values.time import FrameRange

    parsed_rate(arguments)
    plan_export(
        arguments.out,
        frames=parse_frames(arguments.frames) if arguments.frames else FrameRange(0, 0),
        rate=Fraction(25),
        format=arguments.format,
        size=parse_size(arguments.size) if arguments.size else None,
        alpha=arguments.alpha,
        resume=arguments.resume,
        sources=sources_of(arguments),
    )


def require_place(path: Path) -> None:
    """Refuse a file that surely cannot be written, before the work that fills it. Raises `ExportError`."""
    from core.errors import ExportError

    try:
        if path.is_dir():
            raise ExportError(f"'{path}' is a folder", "Add a file name to it.")
        if not path.parent.is_dir():
            raise ExportError(f"The folder '{path.parent}' does not exist", "Make it first, or choose another.")
    except OSError as error:
        raise ExportError(f"'{path}' is no name for a file ({error.strerror})", "Choose another name.") from None
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise ExportError(
            f"Nothing may be written into '{path.parent}'", "Choose another folder, or change its rights."
        )


def make_folder(path: Path) -> None:
    """Make `path` and the folders above it where they are missing. Raises `ExportError`."""
    from core.errors import ExportError

    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise ExportError(f"'{path}' is a file, or lies below one", "Choose another folder.") from None
    except OSError as error:
        raise ExportError(f"The folder '{path}' cannot be made ({error.strerror})", "Choose another folder.") from error


def fingerprint(document: Document, engine: str | None) -> str:
    """Everything that the frames depend on, as one text: a resumed sequence must not mix two documents."""
    from hashlib import blake2b

    from core.generation.registry import engine_info
    from core.project_file.schema import encode_document

    data, arrays = encode_document(document)
    digest = blake2b(data, digest_size=16)
    digest.update("".join(sorted(arrays)).encode())
    info = engine_info(engine or document.engine)
    digest.update(f"{info.name} {info.version}".encode())
    return digest.hexdigest()


def parsed_rate(arguments: argparse.Namespace) -> Fraction | None:
    from core.values.time import parse_rate

    return parse_rate(arguments.fps) if arguments.fps else None
