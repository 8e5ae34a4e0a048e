"""`facekey render`: a photo or a project into a clip, a sequence or a still."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from app.commands.console import tell
from app.commands.controls import add_controls, clamping_notes, last_key, parse_frames, read_controls, with_controls
from app.commands.output import add_output, check_output, parsed_rate, write_frames

NAME = "render"
HELP = "render a photo or a project to a clip, an image sequence or a still"
ORDER = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("input", metavar="INPUT", help="a photo, or a .facekey project")
    add_output(parser)
    add_controls(parser)


def run(arguments: argparse.Namespace) -> int:
    from core.project_file.project import SUFFIX
    from core.rendering.opening import open_input
    from core.values.time import FrameRange

    curves = read_controls(arguments)
    rate = parsed_rate(arguments)
    frames = parse_frames(arguments.frames) if arguments.frames else None
    is_project = Path(arguments.input).suffix.lower() == SUFFIX
    check_output(arguments)
    tell(clamping_notes(curves))
    opened = open_input(arguments.input, arguments.face, rate, FrameRange(0, last_key(curves)))
    document = with_controls(opened.document, curves, own_layer=is_project)
    if rate is not None:
        document = replace(document, rate=rate)
    return write_frames(arguments, opened, document, frames or document.frames)
